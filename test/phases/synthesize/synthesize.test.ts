import { describe, expect, it } from 'vitest';
import { synthesize } from '../../../src/phases/synthesize/synthesize.ts';
import type { TaskSpec } from '../../../src/plan/types.ts';
import type { Passage } from '../../../src/types/passage.ts';
import type { TaskOutcome } from '../../../src/types/task.ts';
import { failedOutcome, taskOutcome } from '../../support/task-outcome.ts';

const passages: Passage[] = [
  {
    id: 'a.md:1-3',
    path: 'a.md',
    startLine: 1,
    endLine: 3,
    text: 'The gate paces starts.\nIt grants a lease.\nDone.',
    score: 2,
  },
];
const tasks: TaskSpec[] = [
  { id: 'gate', prompt: 'What does the gate do?' },
  { id: 'lease', prompt: 'What is a lease?' },
  { id: 'all', prompt: 'Bring together', dependsOn: ['gate', 'lease'] },
];
const run = (outcomes: TaskOutcome[], more: { query?: string; passages?: Passage[]; tasks?: TaskSpec[] } = {}) =>
  synthesize({
    query: more.query ?? 'What does the gate pace?',
    complexity: 'medium',
    plan: { tasks: more.tasks ?? tasks },
    outcomes,
    passages: more.passages ?? passages,
  });

describe('synthesize', () => {
  it('puts every answer under its question, in the order of the plan', () => {
    const { answer } = run([
      taskOutcome('all', 'Together.'),
      taskOutcome('gate', 'It paces.'),
      taskOutcome('lease', 'A right.'),
    ]);
    expect(answer).toBe(
      '### What does the gate do?\nIt paces.\n\n### What is a lease?\nA right.\n\n### Bring together\nTogether.',
    );
  });

  it('has no confidence, as it judges nothing', () => {
    expect(run(tasks.map(({ id }) => taskOutcome(id, 'The gate paces starts. (a.md:1)')))).not.toHaveProperty(
      'confidence',
    );
  });

  it('joins outputs and tasks by id, whatever order they come in', () => {
    const outcomes = [
      taskOutcome('gate', 'It paces.'),
      taskOutcome('lease', 'A right.'),
      taskOutcome('all', 'Together.'),
    ];
    expect(run(outcomes.toReversed()).answer).toBe(run(outcomes).answer);
  });

  it('states what failed and why', () => {
    const { answer } = run([
      failedOutcome('gate'),
      taskOutcome('lease', 'A right.'),
      taskOutcome('all', '', { status: 'skipped' }),
    ]);
    expect(answer).toContain('### What failed\n- gate: failed (timeout): It took too long.\n- all: skipped');
  });

  it('states what the last attempt ended with of a task that was kept from another', () => {
    const exit = { kind: 'exit', message: 'no such\nfile', retryable: true } as const;
    const blocked = failedOutcome('gate', {
      error: { kind: 'circuit_open', message: 'Circuit open for sh', retryable: false },
      attempts: [{ n: 1, agentId: 'sh', key: 'k', startedAt: 0, endedAt: 1, result: 'failed', error: exit }],
    });
    expect(run([blocked]).answer).toContain(
      '- gate: failed (circuit_open): Circuit open for sh (before it: exit: no such file)\n',
    );
  });

  it('states a task without an outcome', () => {
    expect(run([taskOutcome('gate', 'It paces.')]).answer).toContain('- lease: it has no outcome');
  });

  it('lists the citations that point into a passage, once each', () => {
    const { sources } = run([
      taskOutcome('gate', 'It paces (a.md:1). It is (b.md:1) (a.md:9).'),
      taskOutcome('all', 'So (a.md:1) (a.md:1-2).'),
    ]);
    expect(sources).toEqual([
      { taskId: 'gate', path: 'a.md', startLine: 1, endLine: 1 },
      { taskId: 'all', path: 'a.md', startLine: 1, endLine: 2 },
    ]);
  });

  it('has no answer and no sources when nothing succeeded', () => {
    const { answer, sources } = run([failedOutcome('gate'), failedOutcome('lease'), failedOutcome('all')]);
    expect(answer).toMatch(/^No task succeeded, so there is no answer\./);
    expect(sources).toEqual([]);
  });

  it('says that nothing was found when every task says so', () => {
    const error = { kind: 'not_found', message: 'No passage matches.', retryable: false } as const;
    expect(run(tasks.map(({ id }) => failedOutcome(id, { error }))).answer).toMatch(/^Nothing was found\./);
  });

  it('gives the output of a single task as it is', () => {
    expect(run([taskOutcome('gate', 'It paces.')], { tasks: tasks.slice(0, 1) }).answer).toBe('It paces.');
  });
});
