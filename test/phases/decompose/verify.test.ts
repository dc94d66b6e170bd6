import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECOMPOSE_EXAMPLES } from '../../../src/phases/decompose/decompose.prompt.ts';
import { type Proposal, readProposal } from '../../../src/phases/decompose/decomposition.schema.ts';
import { decompositionOf } from '../../../src/phases/decompose/model-decompose.ts';
import { verify } from '../../../src/phases/decompose/verify.ts';
import { route } from '../../../src/phases/route/route.ts';
import type { AgentInfo } from '../../../src/phases/types.ts';
import { compilePlan } from '../../../src/plan/compile.ts';
import type { Complexity } from '../../../src/run/result.ts';

const agents: AgentInfo[] = ['reader', 'tester'].map((id) => ({
  id,
  description: '',
  capabilities: [],
  kind: 'model',
}));

function proposal(subgoals: unknown[]): Proposal {
  const read = readProposal({ subgoals });
  if (!('value' in read)) throw new Error(read.faults.join(' '));
  return read.value;
}
const part = (id: string, more: object = {}) => ({ id, prompt: `Do ${id}`, ...more });
const codes = (subgoals: unknown[], complexity: Complexity = 'medium') =>
  verify(proposal(subgoals), { query: 'q', complexity, agents }).issues.map(({ code, subgoalId }) =>
    subgoalId === null ? code : `${code} ${subgoalId}`,
  );

describe('verify', () => {
  it.each<[string, unknown[], Complexity, string[]]>([
    ['one subgoal for a medium question', [part('a')], 'medium', []],
    ['nothing', [], 'medium', ['too-few']],
    ['one for a complex question', [part('a')], 'complex', ['too-few']],
    ['two for a critical question', [part('a'), part('b')], 'critical', ['too-few']],
    ['five for a medium question', [...'abcde'].map((id) => part(id)), 'medium', ['too-many']],
    ['a blank prompt', [part('a', { prompt: ' \n ' })], 'medium', ['empty-prompt a']],
    ['the same twice', [part('a'), part('b', { prompt: ' do  A' })], 'medium', ['repeated b']],
    ['the same of two agents', [part('a', { agent: 'reader' }), part('b', { prompt: 'Do a' })], 'medium', []],
    ['an id twice', [part('a'), part('a', { prompt: 'Other' })], 'medium', ['duplicate-id a']],
    ['an unknown dependency', [part('a', { dependsOn: ['nine'] })], 'medium', ['unknown-dependency a']],
    ['a dependency by position', [part('a'), part('b', { dependsOn: [0] })], 'medium', ['unknown-dependency b']],
    ['a dependency on itself', [part('a', { dependsOn: ['a'] })], 'medium', ['self-dependency a']],
    [
      'a circle',
      [part('a', { dependsOn: ['b'] }), part('b', { dependsOn: ['a'] })],
      'medium',
      ['circular-dependency a'],
    ],
    ['an unknown agent', [part('a', { agent: 'redaer' })], 'medium', ['unknown-agent a']],
    ['an agent with an at sign', [part('a', { agent: '@reader' })], 'medium', []],
    ['no agent that fits, and no ideal', [part('a', { match: 'insufficient' })], 'medium', ['no-ideal-agent a']],
    [
      'an ideal agent without a description',
      [part('a', { idealAgent: { name: 'x', description: '' } })],
      'medium',
      ['undescribed-agent a'],
    ],
    [
      'an unknown agent that is described',
      [part('a', { agent: 'x', idealAgent: { name: 'x', description: 'Does x' } })],
      'medium',
      [],
    ],
  ])('judges %s', (_, subgoals, complexity, expected) => {
    expect(codes(subgoals, complexity)).toEqual(expected);
  });

  it('names a circle with its path, as subgoals', () => {
    const circle = [part('a', { dependsOn: ['b'] }), part('b', { dependsOn: ['c'] }), part('c', { dependsOn: ['a'] })];
    const { issues } = verify(proposal(circle), { query: 'q', complexity: 'medium', agents });
    expect(issues[0]?.message).toBe('Subgoals depend on each other in a circle: a → b → c → a.');
  });

  it('is concerned about a part of the question that no subgoal speaks of', () => {
    const { concerns } = verify(proposal([part('a', { prompt: 'Read how leases are granted' })]), {
      query: 'How are leases granted, and what does the breaker count?',
      complexity: 'medium',
      agents,
    });
    expect(concerns.map(({ message }) => message)).toEqual([
      'No subgoal seems to cover this part: What does the breaker count?',
    ]);
  });

  it('takes the examples of the prompt', () => {
    for (const { question, answer } of DECOMPOSE_EXAMPLES) {
      const read = readProposal(answer);
      if (!('value' in read)) throw new Error(read.faults.join(' '));
      const complexity = read.value.subgoals.length > 2 ? 'critical' : 'complex';
      expect(verify(read.value, { query: question, complexity, agents })).toEqual({ issues: [], concerns: [] });
    }
  });

  it('lets nothing pass that is not a plan, and loses no subgoal of what passes', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'A', 'a b', '1', '', '  ', 'sg-1', '{{prompt}}', 'ünï');
    const anyId = fc.oneof(id, fc.integer({ min: 0, max: 3 }), fc.string({ maxLength: 5 }));
    const subgoal = fc.record(
      {
        id: anyId,
        prompt: fc.oneof(fc.constantFrom('x', 'y', 'z', ''), fc.string({ maxLength: 20 })),
        dependsOn: fc.array(anyId, { maxLength: 3 }),
        agent: fc.constantFrom('reader', '@tester', 'nobody', null),
        match: fc.constantFrom('excellent', 'insufficient', null),
        idealAgent: fc.constantFrom(null, { name: 'expert', description: 'Knows' }, { name: '', description: '' }),
      },
      { requiredKeys: ['prompt'] },
    );
    // Ids of their own and dependencies that go back, so that enough of them pass.
    const sound = fc.array(subgoal, { minLength: 1, maxLength: 6 }).map((all) => ({
      subgoals: all.map((one, at) => ({
        ...one,
        id: `P ${at}`,
        prompt: `${at} ${one.prompt}`,
        dependsOn: at > 1 ? [`P ${at - 2}`, `P ${at - 2}`] : [],
        ...(one.agent === 'nobody' ? { agent: null } : {}),
      })),
    }));
    const value = fc.oneof(
      sound,
      fc.record({ subgoals: fc.array(subgoal, { maxLength: 7 }) }),
      fc.array(subgoal, { maxLength: 7 }),
      fc.jsonValue(),
    );
    const level = fc.constantFrom<Complexity>('simple', 'medium', 'complex', 'critical');
    let passed = 0;
    fc.assert(
      fc.property(value, level, (given, complexity) => {
        const read = readProposal(given);
        if (!('value' in read)) return void expect(read.faults.length).toBeGreaterThan(0);
        const input = { query: 'Do all of it', complexity, agents, passages: [] };
        const { issues } = verify(read.value, input);
        for (const { message } of issues) expect(message).toMatch(/^[A-Z].*[.?]$/s);
        if (issues.length > 0) return;
        passed++;
        const decomposition = decompositionOf(read.value, input);
        expect(decomposition.subgoals).toHaveLength(read.value.subgoals.length);
        expect(decomposition.subgoals.flatMap(({ dependsOn }) => dependsOn)).toHaveLength(
          read.value.subgoals.flatMap(({ dependsOn }) => [...new Set(dependsOn)]).length,
        );
        const { plan } = route({ ...input, decomposition, fallback: null, defaultAgent: 'reader' });
        expect(compilePlan(plan, { agents: ['reader', 'tester'] }).tasks).toHaveLength(read.value.subgoals.length);
      }),
      { numRuns: 2000 },
    );
    expect(passed).toBeGreaterThan(100);
  });
});
