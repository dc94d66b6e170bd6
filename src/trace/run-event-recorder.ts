import type { RunEvent } from '../run/events.ts';
import type { AttemptRecord, TaskError } from '../types/task.ts';
import type { UsageTotals } from '../types/usage.ts';
import type { Outlet } from './outlet.ts';
import type { Texts } from './texts.ts';
import type { RecordOf } from './trace.schema.ts';

/** At most one `activity` record a task in this time, by mode, milliseconds. */
export const ACTIVITY_MS = Object.freeze({ compact: 1000, full: 100 });

const TITLE_CHARS = 200;

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/**
 * Records what a run reports itself. States of tasks, waves and attempts are left to inspection: it sees them in the
 * order in which they really happen.
 */
export function runEventRecorder(outlet: Outlet, texts: Texts): (event: RunEvent) => void {
  const lastActivity = new Map<string, number>();
  const errorOf = (error: TaskError): TaskError => ({ ...error, message: texts.line(error.message) });

  const activity = (event: Of<'attempt.output' | 'attempt.heartbeat' | 'attempt.progress'>) => {
    const { runId, taskId, at } = event;
    const key = `${runId}/${taskId}`;
    if (at - (lastActivity.get(key) ?? Number.NEGATIVE_INFINITY) < ACTIVITY_MS[outlet.mode]) return;
    lastActivity.set(key, at);
    const kind = event.type.slice('attempt.'.length) as 'output' | 'heartbeat' | 'progress';
    const record: RecordOf<'activity'> = { type: 'activity', ...outlet.stamp(), runId, taskId, kind };
    if (event.type === 'attempt.progress') {
      if (event.message !== undefined) record.message = texts.line(event.message);
      if (event.done !== undefined) record.done = event.done;
      if (event.total !== undefined) record.total = event.total;
    }
    outlet.write(record);
  };

  const settled = ({ outcome, settled, total, runId }: Of<'task.settled'>) => {
    lastActivity.delete(`${runId}/${outcome.taskId}`);
    const { output, error } = outcome;
    const reference = output === '' ? undefined : texts.refer(`output/${runId}/${outcome.taskId}`, output);
    const record: RecordOf<'task.settled'> = {
      type: 'task.settled',
      seq: outlet.next(),
      at: outlet.at,
      runId,
      taskId: outcome.taskId,
      agentId: outcome.agentId,
      status: outcome.status,
      via: outcome.via,
      wave: outcome.wave,
      error: error && errorOf(error),
      attempts: outcome.attempts.map((attempt) => attemptOf(attempt, errorOf)),
      queuedMs: outcome.queuedMs,
      startedAt: outcome.startedAt,
      settledAt: outcome.settledAt,
      settled,
      total,
    };
    if (outcome.partialContext) record.partialContext = true;
    if (reference) record.output = reference;
    if (outcome.outputTruncated) record.outputTruncated = true;
    outlet.write(record);
  };

  return (event) => {
    const { runId } = event;
    switch (event.type) {
      case 'run.started': {
        const { query } = event;
        const title = query ?? event.goal;
        const reference = query === undefined ? undefined : texts.refer(`query/${runId}`, query);
        outlet.write({
          type: 'run.started',
          ...outlet.stamp(),
          runId,
          ...(title === undefined ? undefined : { title: texts.line(title, TITLE_CHARS) }),
          ...(reference ? { query: reference } : undefined),
        });
        return;
      }
      case 'phase.started':
        outlet.write({ type: 'phase.started', ...outlet.stamp(), runId, phase: event.phase });
        return;
      case 'phase.completed': {
        const { phase, complexity, by, cached } = event;
        const summary = texts.line(event.summary);
        const extra = { ...(complexity && { complexity }), ...(by && { by }), ...(cached && { cached }) };
        outlet.write({ type: 'phase.completed', ...outlet.stamp(), runId, phase, summary, ...extra });
        return;
      }
      case 'phase.note': {
        const message = texts.line(event.message);
        outlet.write({ type: 'phase.note', ...outlet.stamp(), runId, phase: event.phase, message });
        return;
      }
      case 'call.settled': {
        const { phase, taskId, agentId, status, error, durationMs, via } = event;
        lastActivity.delete(`${runId}/${taskId}`);
        const settled = { runId, phase, taskId, agentId, status, error: error && errorOf(error), durationMs };
        outlet.write({ type: 'call.settled', ...outlet.stamp(), ...settled, ...(via ? { via } : {}) });
        return;
      }
      case 'attempt.output':
      case 'attempt.heartbeat':
      case 'attempt.progress':
        activity(event);
        return;
      case 'task.state': {
        // A task that waits for its duplicate has no actor; any other's states are recognized by inspection.
        if (event.waitingFor !== 'duplicate' || event.reason === undefined) return;
        const { taskId, agentId, wave } = event;
        outlet.write({
          type: 'task.held',
          ...outlet.stamp(),
          runId,
          taskId,
          agentId,
          wave,
          reason: texts.line(event.reason),
        });
        return;
      }
      case 'task.settled':
        settled(event);
        return;
      case 'run.stopping':
        outlet.write({
          type: 'run.stopping',
          ...outlet.stamp(),
          runId,
          kind: event.kind,
          reason: texts.line(event.reason),
        });
        return;
      case 'run.settled':
        outlet.write(runSettled(event, outlet, texts, errorOf));
        return;
      case 'warning': {
        const task = event.taskId === undefined ? undefined : { taskId: event.taskId };
        outlet.write({ type: 'warning', ...outlet.stamp(), runId, ...task, message: texts.line(event.message) });
        return;
      }
    }
  };
}

/** Whether any attempt reported its usage. */
export function isUsed({ totalTokens, costUsd }: UsageTotals): boolean {
  return totalTokens > 0 || costUsd !== undefined;
}

function attemptOf(
  { n, agentId, startedAt, endedAt, result, error, usage }: AttemptRecord,
  errorOf: (error: TaskError) => TaskError,
): RecordOf<'task.settled'>['attempts'][number] {
  const attempt = { n, agentId, startedAt, endedAt, result, error: error && errorOf(error) };
  return usage ? { ...attempt, usage } : attempt;
}

function runSettled(
  { result, runId }: Of<'run.settled'>,
  outlet: Outlet,
  texts: Texts,
  errorOf: (error: TaskError) => TaskError,
): RecordOf<'run.settled'> {
  const { totalTasks: total, succeeded, failed, cancelled, skipped, ...metadata } = result.metadata;
  const answer = result.answer === undefined ? undefined : texts.refer(`answer/${runId}`, result.answer);
  return {
    type: 'run.settled',
    ...outlet.stamp(),
    runId,
    status: result.status,
    counts: { total, succeeded, failed, cancelled, skipped },
    durationMs: metadata.totalDurationMs,
    criticalPathMs: metadata.criticalPathMs,
    peakConcurrency: metadata.peakConcurrency,
    ...(isUsed(metadata.usage) ? { usage: metadata.usage } : undefined),
    ...(result.error ? { error: errorOf(result.error) } : undefined),
    ...(answer ? { answer } : undefined),
  };
}
