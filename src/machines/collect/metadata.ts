import { elapsedMs } from '../../base/clock.ts';
import { criticalPath } from '../../plan/critical-path.ts';
import type { CompiledPlan } from '../../plan/types.ts';
import { sumUsage } from '../../policy/usage.ts';
import type { BreakerMetrics, RunMetadata } from '../../run/result.ts';
import type { TaskReport } from '../../run/task-report.ts';
import type { TaskOutcome } from '../../types/task.ts';

/** Sources of the metadata beside the tasks. */
export interface RunFigures {
  startedAt: number;
  endedAt: number;
  peakConcurrency: number;
  breakers: Record<string, BreakerMetrics>;
}

/** Everything a run records about itself, from the reports of its tasks: counts can never disagree with outcomes. */
export function buildMetadata(plan: CompiledPlan, reports: readonly TaskReport[], figures: RunFigures): RunMetadata {
  const durations = new Map(reports.map(({ outcome }) => [outcome.taskId, outcome.durationMs]));
  const metadata: RunMetadata = {
    totalTasks: plan.tasks.length,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    waves: plan.waves.map((wave) => wave.map(({ id }) => id)),
    fallbackCount: 0,
    retriedTasks: [],
    circuitBlocked: [],
    earlyTerminations: [],
    breakers: figures.breakers,
    rateLimits: [],
    heartbeats: [],
    phases: [],
    cacheHits: 0,
    usage: sumUsage(reports.flatMap(({ outcome }) => outcome.attempts.map(({ usage }) => usage))),
    peakConcurrency: figures.peakConcurrency,
    totalDurationMs: elapsedMs(figures.startedAt, figures.endedAt),
    criticalPathMs: criticalPath(plan.waves.flat(), ({ id }) => durations.get(id) ?? 0).durationMs,
  };
  for (const { outcome, notes } of reports) {
    const { taskId, agentId } = outcome;
    metadata[outcome.status] += 1;
    if (notes.usedFallback) metadata.fallbackCount += 1;
    if (outcome.via === 'cache') metadata.cacheHits += 1;
    const retries = Math.max(0, retriesOf(outcome) - (notes.pardons ?? 0));
    if (retries > 0) metadata.retriedTasks.push({ taskId, agentId, retries });
    for (const reason of notes.circuitBlocked) metadata.circuitBlocked.push({ taskId, agentId, reason });
    metadata.earlyTerminations.push(...notes.earlyTerminations);
    metadata.rateLimits.push(...notes.rateLimits);
    if (outcome.attempts.length > 0) metadata.heartbeats.push({ taskId, agentId, ...notes.heartbeat });
  }
  return metadata;
}

/** Executions of the task's own agent that followed a failure of it; planned ones do not count. */
function retriesOf({ attempts, agentId }: TaskOutcome): number {
  return attempts.filter((attempt, at) => {
    const before = attempts[at - 1]?.result;
    return attempt.agentId === agentId && (before === 'failed' || before === 'abandoned');
  }).length;
}
