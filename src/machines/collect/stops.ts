import type { StopReason } from '../../run/task-report.ts';
import type { CollectEvent } from './events.ts';
import { endsRun } from './logic.ts';
import type { CollectRun } from './run.ts';

/** Why a run stops before its plan is through. */
export type StopCause = 'request' | 'time' | 'failure' | 'budget';

export interface Stop extends StopReason {
  cause: StopCause;
}

/** Effect of a stop on tasks, by its cause. */
export const STOPS = {
  request: { unadmitted: 'cancelled', admitted: 'cancel' },
  time: { unadmitted: 'cancelled', admitted: 'cancel' },
  failure: { unadmitted: 'skipped', admitted: 'both' },
  budget: { unadmitted: 'skipped', admitted: 'skip' },
} as const;

/** The stop that an event of the given cause is. */
export function stopOf(run: CollectRun, cause: StopCause, event: CollectEvent): Stop {
  return { cause, ...reasonOf(run, cause, event) };
}

function reasonOf(run: CollectRun, cause: StopCause, event: CollectEvent): StopReason {
  if (event.type === 'run.cancel') return { kind: event.kind, message: event.message };
  if (cause === 'time') return { kind: 'timeout', message: run.limit.timeUp };
  if (cause === 'budget') {
    const what = event.type === 'budget.spent' ? event.what : 'time';
    return { kind: 'budget', message: `The run's budget of ${what} is spent.` };
  }
  const ending = run.book.reports().find((report) => endsRun(run.plan, report, run.settings))?.outcome;
  if (!ending) return { kind: 'dependency', message: 'A task failed that the run depends on.' };
  const { taskId, status, error } = ending;
  // A skipped task names the root cause already.
  const message = status === 'failed' ? `Task \`${taskId}\` failed: ${error?.message ?? ''}` : error?.message;
  return { kind: 'dependency', message: message ?? `Task \`${taskId}\` was skipped.` };
}
