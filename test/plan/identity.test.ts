import { expect, it } from 'vitest';
import { agentIdentity, lastingKey, type Work, workKey } from '../../src/plan/identity.ts';

const work: Work = { agentId: 'one', prompt: 'ask', question: 'ask', dependencies: {} };
const passage = { id: 'p', path: 'a.md', startLine: 1, endLine: 2, text: 'hear, hear', score: 1 };

it('is the same for the same work', () => {
  expect(workKey({ ...work })).toBe(workKey({ ...work }));
  expect(workKey(work)).toMatch(/^[0-9a-f]{64}$/);
});

it.each<[string, Partial<Work>]>([
  ['agent', { agentId: 'two' }],
  ['prompt', { prompt: 'ask more' }],
  ['question', { question: 'ask less' }],
  ['output of a dependency, where the prompt has it cut', { dependencies: { a: '1' } }],
  ['passage', { passages: [passage] }],
  ['query', { query: 'why?' }],
  ['environment', { env: { A: '1' } }],
  ['directory', { cwd: 'elsewhere' }],
])('is another for another %s', (_, other) => {
  expect(workKey({ ...work, ...other })).not.toBe(workKey(work));
});

it('distinguishes what only looks alike when it is put together', () => {
  expect(workKey({ ...work, prompt: 'ab', question: 'c' })).not.toBe(workKey({ ...work, prompt: 'a', question: 'bc' }));
  expect(workKey({ ...work, env: { cwd: 'x' } })).not.toBe(workKey({ ...work, cwd: 'x' }));
});

it('does not mind how a passage scored, or in which order variables stand', () => {
  const other = { ...passage, id: 'q', score: 2 };
  expect(workKey({ ...work, passages: [other] })).toBe(workKey({ ...work, passages: [passage] }));
  expect(workKey({ ...work, env: { A: '1', B: '2' } })).toBe(workKey({ ...work, env: { B: '2', A: '1' } }));
});

it('lasts as long as its agent is what it was', () => {
  expect(lastingKey('key', 'v1')).toBe(lastingKey('key', 'v1'));
  expect(lastingKey('key', 'v1')).not.toBe(lastingKey('key', 'v2'));
});

it.each([{ path: 'b.md' }, { startLine: 2 }, { endLine: 3 }, { text: 'hear' }])(
  'is another for another passage: %o',
  (other) => {
    const passages = [{ ...passage, ...other }];
    expect(workKey({ ...work, passages })).not.toBe(workKey({ ...work, passages: [passage] }));
  },
);

it('names an agent by its id and all that is said of it, in whatever order', () => {
  const spec = { kind: 'command', command: ['a', 'b'], env: { A: '1', B: '2' } } as const;
  const sameSpec = { env: { B: '2', A: '1' }, cwd: undefined, command: ['a', 'b'], kind: 'command' } as const;
  expect(agentIdentity('one', sameSpec)).toBe(agentIdentity('one', spec));
  const others = [{ command: ['b', 'a'] }, { env: { A: '1' } }, { cwd: '.' }, { maxConcurrent: 1 }];
  const names = [agentIdentity('two', spec), ...others.map((other) => agentIdentity('one', { ...spec, ...other }))];
  expect(new Set([agentIdentity('one', spec), ...names]).size).toBe(6);
  expect(agentIdentity('one', spec)).toMatch(/^one#[0-9a-f]{32}$/);
});
