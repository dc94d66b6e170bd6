import type { TaskOutcome } from '../../src/types/task.ts';

/** The outcome of a task that succeeded at once, by default. */
export function taskOutcome(taskId: string, output: string, more: Partial<TaskOutcome> = {}): TaskOutcome {
  return {
    taskId,
    agentId: 'x',
    status: 'succeeded',
    via: 'agent',
    output,
    outputTruncated: false,
    error: null,
    attempts: [],
    wave: 1,
    partialContext: false,
    queuedMs: 0,
    startedAt: 0,
    settledAt: 0,
    durationMs: 0,
    ...more,
  };
}

/** The outcome of a task that failed by a timeout, by default. */
export function failedOutcome(taskId: string, more: Partial<TaskOutcome> = {}): TaskOutcome {
  const error = { kind: 'timeout', message: 'It took too long.', retryable: true } as const;
  return taskOutcome(taskId, '', { status: 'failed', error, ...more });
}
