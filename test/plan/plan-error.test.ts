import { expect, it } from 'vitest';
import { parsePlan, planJsonSchema } from '../../src/plan/plan.schema.ts';
import { ownAgents } from '../../src/plan/plan-agents.ts';
import { planError } from '../../src/plan/plan-error.ts';
import { planFailure } from '../support/plan-failure.ts';

it('keeps of a fault what was said of it, and nothing else', () => {
  const cause = new Error('why');
  const error = planError(
    [{ path: 'a', message: 'A.', at: ['a'] } as never, { path: 'b', message: 'B.', taskId: 't', code: 'c' }],
    { cause },
  );
  expect(error.issues).toStrictEqual([
    { path: 'a', message: 'A.' },
    { path: 'b', message: 'B.', taskId: 't', code: 'c' },
  ]);
  expect(error.cause).toBe(cause);
  expect(planError([{ path: '', message: 'A.' }])).not.toHaveProperty('cause');
  expect(planError([{ path: '', message: 'A.' }], { cause }).cause).toBe(cause);
});

it('says what an id must be', () => {
  const messageOf = (id: string) => planFailure(() => parsePlan({ tasks: [{ id, prompt: '' }] })).message;
  expect(messageOf(' ')).toContain('Expected `tasks[0].id` to be an id of at least one character');
  expect(messageOf('x'.repeat(201))).toContain('Expected `tasks[0].id` to be at most 200 characters long');
  expect(messageOf('a\tb')).toContain('Expected `tasks[0].id` to be an id of printable characters');
  for (const hidden of ['\u202e', '\u2066', '\u200b', '\u200d', '\ufeff', '\u009b']) {
    expect(messageOf(`a${hidden}b`)).toMatch(/without invisible or bidirectional ones, got `"a\\u[0-9a-f]{4}b"`/);
  }
  expect(parsePlan({ tasks: [{ id: 'überprüfen 👩‍💻', prompt: '' }] }).tasks).toHaveLength(1);
  expect(parsePlan({ tasks: [{ id: 'x'.repeat(200), prompt: '' }] }).tasks).toHaveLength(1);
});

it('names the task a fault stands in, when that is known', () => {
  const tasksOf = (plan: unknown) => planFailure(() => parsePlan(plan)).issues.map(({ taskId }) => taskId);
  expect(
    tasksOf({
      tasks: [
        { id: 'a', prompt: 5 },
        { id: 7, prompt: 5 },
      ],
    }),
  ).toEqual(['a', '7']);
  expect(tasksOf({ tasks: [{ id: null, prompt: '' }, null, 'x'] })).toEqual([undefined, undefined, undefined]);
  expect(tasksOf({ tasks: 'xyz' })).toEqual([undefined]);
  expect(tasksOf({ tasks: [{ id: 'a', prompt: '' }], agents: { 0: { kind: 'x' } }, retries: -1 })).toEqual([
    undefined,
    undefined,
  ]);
  expect(tasksOf({ tasks: { 0: { id: 'a' } } })).toEqual([undefined]);
  expect(tasksOf(null)).toEqual([undefined]);
});

it('describes itself to editors by name', () => {
  expect(planJsonSchema()).toMatchObject({
    $id: 'urn:soar-machine:plan',
    title: 'soar-machine plan',
    description: 'A set of tasks with dependencies, and the agents that do them.',
  });
});

it('distinguishes agents from parts that others play', () => {
  const sh = { kind: 'command', command: ['sh'] } as const;
  const part = { kind: 'adHoc', base: 'sh', role: 'reviewer' } as const;
  expect(ownAgents({ sh, part })).toEqual({ sh });
  expect(ownAgents(undefined)).toEqual({});
});
