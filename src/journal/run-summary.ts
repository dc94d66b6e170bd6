import type { LogEntry, RunHeader, RunSummary } from '../run/entries.ts';

/** A run that has just begun, as one finds it when its owner is gone. */
export function initialSummary({ runId, goal, query, startedAt }: RunHeader): RunSummary {
  const about = { goal: goal ?? null, query: query ?? null };
  return { runId, ...about, status: 'interrupted', startedAt, endedAt: null, tasks: 0, settled: 0 };
}

/** The summary after one more record. */
export function summaryAfter(summary: RunSummary, entry: LogEntry): RunSummary {
  switch (entry.type) {
    case 'plan.compiled':
      return summary.tasks > 0 ? summary : { ...summary, tasks: entry.tasks, settled: entry.ticked };
    case 'task.settled':
      return { ...summary, settled: summary.settled + 1 };
    case 'run.settled':
      return { ...summary, status: entry.result.status, endedAt: entry.at };
    default:
      return summary;
  }
}
