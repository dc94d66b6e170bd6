import type { CollectOutput } from './events.ts';
import { agentOf, fallbackOf, statusOf } from './logic.ts';
import { buildMetadata } from './metadata.ts';
import type { CollectRun } from './run.ts';
import type { Stop } from './stops.ts';

/** The result of a run. The only place that makes one. */
export function conclude(run: CollectRun, stop: Stop | null, now: number): CollectOutput {
  const reports = run.book.reports();
  const outcomes = reports.map(({ outcome }) => outcome);
  const { fault, plan, services, agents } = run;
  const criticalFailed = outcomes.some(
    ({ status, taskId }) => status === 'failed' && plan.byId.get(taskId)?.critical === true,
  );
  const status = statusOf({
    cancelled: stop?.kind !== 'internal' && (stop?.cause === 'request' || stop?.cause === 'time'),
    broke: fault !== null || criticalFailed || stop?.cause === 'failure' || stop?.kind === 'internal',
    succeeded: run.book.counts.succeeded,
    total: run.book.total,
  });
  const breakers: CollectOutput['metadata']['breakers'] = {};
  for (const task of plan.tasks) {
    for (const agent of [agentOf(task, agents), fallbackOf(task, run.settings, agents)]) {
      const metrics = agent && !breakers[agent.id] ? services.breakerMetrics(agent, run.runId) : null;
      if (agent && metrics) breakers[agent.id] = metrics;
    }
  }
  const metadata = buildMetadata(plan, reports, {
    startedAt: run.startedAt,
    endedAt: now,
    peakConcurrency: run.inFlight.peak,
    breakers,
  });
  const unpaid = outcomes.find((outcome) => outcome.error?.kind === 'budget')?.error ?? null;
  const isMoot = stop?.cause === 'budget' && !unpaid;
  const stopped = stop && !isMoot ? { kind: stop.kind, message: stop.message, retryable: false } : null;
  // The last task of a run may hear of a spent budget before the run does.
  const error = fault ?? stopped ?? unpaid;
  return { status, outcomes, metadata, error };
}
