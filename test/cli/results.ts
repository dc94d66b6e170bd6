import type { RunResult } from '../../src/run/result.ts';
import type { ErrorKind } from '../../src/types/error-kind.ts';
import type { TaskOutcome } from '../../src/types/task.ts';

/** An outcome with everything a test does not care about filled in. */
export function outcome(given: Partial<TaskOutcome> & Pick<TaskOutcome, 'taskId' | 'status'>): TaskOutcome {
  return {
    agentId: 'sh',
    via: given.status === 'skipped' ? null : 'agent',
    output: '',
    outputTruncated: false,
    error: null,
    attempts: [],
    wave: 1,
    partialContext: false,
    queuedMs: 0,
    startedAt: 0,
    settledAt: 1000,
    durationMs: 1000,
    ...given,
  };
}

export function failed(taskId: string, kind: ErrorKind, message: string = kind): TaskOutcome {
  return outcome({ taskId, status: 'failed', error: { kind, message, retryable: false } });
}

/** A result of these outcomes. */
export function resultOf(
  status: RunResult['status'],
  outcomes: TaskOutcome[],
  more: Partial<RunResult> = {},
): RunResult {
  const count = (wanted: TaskOutcome['status']) => outcomes.filter((one) => one.status === wanted).length;
  return {
    runId: 'run',
    status,
    outcomes,
    metadata: {
      totalTasks: outcomes.length,
      succeeded: count('succeeded'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      skipped: count('skipped'),
      waves: [outcomes.map(({ taskId }) => taskId)],
      fallbackCount: 0,
      retriedTasks: [],
      circuitBlocked: [],
      earlyTerminations: [],
      breakers: {},
      rateLimits: [],
      heartbeats: [],
      phases: [],
      cacheHits: 0,
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      peakConcurrency: 1,
      totalDurationMs: 1000,
      criticalPathMs: 1000,
    },
    ...more,
  };
}
