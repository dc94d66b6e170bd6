import type { LogEntry, RunHeader } from '../run/entries.ts';
import type { ReplayedRun } from './replayed-run.ts';

/** The latest instant on record of a run, epoch milliseconds: a process worked on it then. */
export function lastInstant({ startedAt }: RunHeader, entries: readonly LogEntry[]): number {
  return entries.reduce((latest, entry) => Math.max(latest, timeOf(entry)), startedAt);
}

function timeOf(entry: LogEntry): number {
  switch (entry.type) {
    case 'task.settled':
      return entry.report.outcome.settledAt;
    case 'task.parked':
      return entry.waits.since;
    default:
      return 'at' in entry ? entry.at : 0;
  }
}

/**
 * Moves a run's points in time to a clock that was set back: the rest of a wait stays the same, not an hour longer. A
 * clock that was set forward cannot be distinguished from time that has passed.
 */
export function rollBackClock(run: ReplayedRun, byMs: number): void {
  if (byMs === 0) return;
  const moved = <T extends number | null>(at: T): T => (at === null ? at : at - byMs) as T;
  run.startedAt = moved(run.startedAt);
  run.deadlineAt = moved(run.deadlineAt);
  run.limitAt = moved(run.limitAt);
  run.heldUntil = moved(run.heldUntil);
  run.budgetAt = moved(run.budgetAt);
  run.lastStartAt = moved(run.lastStartAt);
  for (const [taskId, task] of run.tasks) {
    const { since, until, resumeAt } = task.waits;
    const waits = { ...task.waits, since: moved(since), until: moved(until), resumeAt: moved(resumeAt) };
    run.tasks.set(taskId, { ...task, waits });
  }
}
