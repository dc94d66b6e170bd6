import { afterAll, describe, test } from 'vitest';
import type { SnapshotFrom } from 'xstate';
import type { AttemptResult } from '../../src/actors/attempt.ts';
import { resolveAgent } from '../../src/agents/resolve.ts';
import type { TaskEvent, TaskInput } from '../../src/machines/task/events.ts';
import { attemptId, MOST_REFUTED, requestId } from '../../src/machines/task/logic.ts';
import { taskMachine } from '../../src/machines/task/machine.ts';
import { MACHINE_TROUBLE } from '../../src/policy/machine-trouble.ts';
import { resolvePolicy } from '../../src/policy/presets.ts';
import { NO_ANSWER, NO_WAITS } from '../../src/run/parked-task.ts';
import { NO_NOTES } from '../../src/run/task-report.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import { fakeServices, fakeTask } from './fakes.ts';

type Task = SnapshotFrom<typeof taskMachine>;

const base: AttemptResult = {
  status: 'succeeded',
  output: 'done',
  truncated: false,
  error: null,
  retryAt: null,
  endedAt: 0,
  heartbeat: { events: 0, longestSilenceMs: 0 },
  earlyTermination: null,
};
const results: AttemptResult[] = [
  base,
  { ...base, concluded: true },
  { ...base, status: 'failed', output: '', error: { kind: 'transient', message: 'busy', retryable: true } },
  { ...base, status: 'failed', output: '', error: { kind: 'auth', message: 'who?', retryable: false } },
  ...(['pending', 'refuted'] as const).map((verdict) => ({
    ...base,
    status: 'failed' as const,
    output: '',
    error: { kind: 'auth' as const, message: 'who?', retryable: false },
    verdict,
  })),
  {
    ...base,
    status: 'failed',
    output: '',
    error: { kind: 'spawn', message: 'EAGAIN', retryable: true },
    fault: 'machine',
  },
  { ...base, status: 'rate_limited', output: '', error: { kind: 'rate_limited', message: '429', retryable: true } },
];

function samples({ context }: Task): TaskEvent[] {
  const task = { taskId: 'one' };
  const stop = { kind: 'cancelled', message: 'enough' } as const;
  const requests = [requestId(context), 'of another time'].flatMap((id): TaskEvent[] => [
    { type: 'start.granted', requestId: id, leaseId: id, permitId: id, at: 0 },
    ...([{ cause: 'circuit_open' }, { cause: 'circuit_open', probeUntil: 1e15 }, { cause: 'budget' }] as const).map(
      (given) => ({
        type: 'start.refused' as const,
        requestId: id,
        reason: `It is ${given.cause}.`,
        retryAt: null,
        ...given,
      }),
    ),
  ]);
  const attempts = [attemptId(context), 'of another time'].flatMap((id): TaskEvent[] => [
    ...results
      .filter(({ verdict }) => !verdict || context.waits.refuted < MOST_REFUTED)
      .map((result) => ({ type: 'attempt.ended' as const, ...task, attemptId: id, result })),
    { type: 'attempt.stalled', ...task, attemptId: id },
    { type: 'attempt.resumed', ...task, attemptId: id },
    { type: 'auth.refuted', ...task, attemptId: id },
    { type: 'auth.confirmed', ...task, attemptId: id },
    { type: 'attempt.stopping', ...task, attemptId: id, kind: 'timeout', reason: 'late' },
  ]);
  return [
    ...requests,
    ...attempts,
    { type: 'provider.cooled', provider: 'a', resumeAt: 1000 },
    { type: 'permit.available', agentId: 'a' },
    { type: 'probe.started', agentId: 'a', until: 2e15 },
    { type: 'circuit.opened', agentId: 'a', reason: 'It failed again.' },
    { type: 'run.cancel', ...stop },
    { type: 'task.skip', ...stop },
  ];
}

interface Given {
  onOpen?: 'fail' | 'wait';
  hasFallback?: boolean;
  isSpent?: boolean;
  /** How often it may try again: after failures and rate limits, or after what is not its agent's fault. */
  retries?: number;
  pardons?: number;
}

function input({ onOpen = 'fail', hasFallback = false, isSpent = false, retries = 0, pardons = 0 }: Given): TaskInput {
  return {
    task: fakeTask('one'),
    runId: 'run',
    agent: resolveAgent('a', () => ''),
    fallback: hasFallback ? resolveAgent('b', () => '') : null,
    policy: resolvePolicy({
      retry: { retries, jitter: 0 },
      breaker: { onOpen },
      cooling: { maxRateLimits: retries },
    }),
    prepared: { prompt: 'Do one', dependencies: {}, partialContext: false },
    readyAt: 0,
    resumed: {
      state: 'staggered',
      attempts: [],
      notes: NO_NOTES,
      waits: { ...NO_WAITS, refuted: MOST_REFUTED - pardons, machineMs: MACHINE_TROUBLE.maxWaitMs - pardons },
      error: null,
      answer: NO_ANSWER,
    },
    services: fakeServices({ isSpent }),
    publish: () => {},
  };
}

/** What the task has done, bounded: how often a breaker refused it does not matter beyond once. */
function project({ status, value, context }: Task) {
  const { attempts, attemptAgent, notes, waits, error } = context;
  return {
    status,
    value,
    outcome: context.status,
    error,
    answer: context.answer.output,
    last: attempts.slice(-1).map(({ agentId, result }) => `${agentId} ${result}`),
    retries: notes.retries,
    rateLimited: waits.rateLimited,
    refuted: waits.refuted,
    machineMs: waits.machineMs,
    resumeAt: waits.resumeAt,
    turn: attemptAgent.id,
    wasRefused: waits.refusals > 0,
  };
}

describe('the task machine', () => {
  const coverage = transitionCoverage(taskMachine);
  const cases: Given[] = [
    { retries: 1 },
    { pardons: 1 },
    { hasFallback: true, pardons: 1 },
    { onOpen: 'wait' },
    { isSpent: true, hasFallback: true, pardons: 1 },
  ];

  test.each(cases)('does on every path what its chart says, with %o', async (given) => {
    const harness = { input: () => input(given), project };
    for (const path of testPaths(taskMachine, { ...harness, samples, denied: true })) {
      await runPath(path, taskMachine, { ...harness, inspect: coverage });
    }
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
