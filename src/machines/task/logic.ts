import type { AttemptResult, AttemptSpec } from '../../actors/attempt.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import { elapsedMs } from '../../base/clock.ts';
import { stopGraceMs } from '../../policy/timeouts.ts';
import { NO_ANSWER, NO_WAITS, type ParkedTask } from '../../run/parked-task.ts';
import { NO_NOTES, type StopReason, type TaskNotes, type TaskReport } from '../../run/task-report.ts';
import type { InsteadOf } from '../../types/agent.ts';
import type { AttemptRecord, TaskError, TaskOutcome, TaskStatus } from '../../types/task.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { GateReply, StartRequest } from '../gate/events.ts';
import { coolingEnd, explained, isOnFallback, triesAgain } from './after-failure.ts';
import type { TaskContext, TaskEvent, TaskInput } from './events.ts';
import { previousAttempt } from './previous-attempt.ts';

export function initialContext(input: TaskInput): TaskContext {
  const { resumed } = input;
  const attempts = resumed?.attempts ?? [];
  return {
    input,
    fallback: input.fallback && input.fallback.id !== input.agent.id ? input.fallback : null,
    attempts,
    attempt: attempts.reduce((most, { n }) => Math.max(most, n), 0),
    attemptAgent: input.agent,
    attemptStartedAt: 0,
    leaseId: '',
    permitId: null,
    status: 'failed',
    answer: resumed?.answer ?? NO_ANSWER,
    error: resumed?.error ?? null,
    // A journal of an earlier version lacks later fields.
    waits: { ...NO_WAITS, ...resumed?.waits },
    notes: resumed?.notes ?? NO_NOTES,
  };
}

/** Journal form of a waiting task. */
export function parked(context: TaskContext, state: ParkedTask['state']): ParkedTask {
  const { attempts, notes, waits, error, answer } = context;
  return { state, attempts, notes, waits, error, answer };
}

/** Where a task is known to gate and breaker: unique over all runs of an engine. */
export function taskKey({ input: { runId, task } }: TaskContext): string {
  return `${runId}/${task.id}`;
}

/** The id of the attempt in flight, or of the last one. */
export function attemptId(context: TaskContext): string {
  return `${taskKey(context)}/${context.attempt}`;
}

/** The id of the request under way: between two requests there is an attempt or a refusal, so none repeats. */
export function requestId(context: TaskContext): string {
  return `${taskKey(context)}#${context.attempt}.${context.waits.refusals}`;
}

export function startRequest(context: TaskContext, agent: ResolvedAgent, ref: Addressee<TaskEvent>): StartRequest {
  const { runId, task, policy, services } = context.input;
  const limitMs = (task.spec.timeoutMs ?? policy.clocks.maxTimeoutMs) + stopGraceMs(agent, services.killGraceMs);
  const wish = { requestId: requestId(context), runId, taskId: task.id, agent, limitMs };
  return { type: 'start.request', ...wish, breaker: policy.breaker.enabled, ref };
}

/** Context after a start was granted to `agent`: a new attempt with a new number. */
export function started(
  context: TaskContext,
  granted: Extract<GateReply, { type: 'start.granted' }>,
  agent: ResolvedAgent,
): Partial<TaskContext> {
  return {
    attempt: context.attempt + 1,
    attemptAgent: agent,
    attemptStartedAt: granted.at,
    leaseId: granted.leaseId,
    permitId: granted.permitId,
  };
}

export function attemptSpec(context: TaskContext, ref: Addressee<TaskEvent>): AttemptSpec {
  const { attempt, attemptAgent, leaseId, permitId } = context;
  const { task, agent, prepared, runId, policy, services, query, publish, log } = context.input;
  const { spec } = task;
  const id = attemptId(context);
  const previous = previousAttempt(context.attempts, attemptAgent.id);
  return {
    attemptId: id,
    agent: attemptAgent,
    policy,
    timeoutMs: spec.timeoutMs,
    killGraceMs: services.killGraceMs,
    mayBeRefuted: context.waits.refuted < MOST_REFUTED,
    leaseId,
    permitId,
    publish,
    log: log ?? null,
    ref,
    request: {
      prompt: prepared.prompt,
      question: spec.prompt,
      taskId: task.id,
      agentId: attemptAgent.id,
      runId,
      attempt,
      key: id,
      dependencies: prepared.dependencies,
      ...(query === undefined ? undefined : { query }),
      ...(spec.passages ? { passages: spec.passages } : undefined),
      ...(spec.env ? { env: spec.env } : undefined),
      ...(spec.cwd === undefined ? undefined : { cwd: spec.cwd }),
      ...(previous ? { previous } : undefined),
      ...(attemptAgent === agent ? undefined : { insteadOf: insteadOf(context) }),
    },
  };
}

/** Note to a fallback about the agent that it stands in for. */
function insteadOf({ attempts, error, input: { agent } }: TaskContext): InsteadOf {
  return { agentId: agent.id, attempts: attempts.filter((one) => one.agentId === agent.id).length, error };
}

/** Context after the end of an attempt. */
export function ended(context: TaskContext, result: AttemptResult): Partial<TaskContext> {
  const { attemptAgent: agent, answer } = context;
  const { output, truncated, data, usage, session } = result;
  const record: AttemptRecord = {
    n: context.attempt,
    agentId: agent.id,
    key: attemptId(context),
    startedAt: context.attemptStartedAt,
    endedAt: Math.max(context.attemptStartedAt, result.endedAt),
    result: result.status,
    error: result.error,
    ...(usage ? { usage } : undefined),
    ...(session === undefined ? undefined : { session }),
  };
  const keepsOld = result.status !== 'succeeded' && output === '';
  return {
    status: result.status === 'succeeded' ? 'succeeded' : 'failed',
    attempts: [...context.attempts, record],
    answer: keepsOld ? answer : { output, truncated, data },
    error: errorAfter(context, result),
    notes: noted(context, result),
  };
}

/** Other attempts of an agent may refute that many 401s of one task. */
export const MOST_REFUTED = 3;

/** A fallback that is to try again leaves the error of the task's own agent as it is. */
function errorAfter(context: TaskContext, result: AttemptResult): TaskError | null {
  const error = explained(context, result);
  if (!isOnFallback(context)) return error;
  return triesAgain(context, result) ? context.error : withFirstError(context, error);
}

/** Context after a confirmed 401. */
export function confirmed(context: TaskContext): Partial<TaskContext> {
  const error = context.attempts.at(-1)?.error ?? null;
  return { error: isOnFallback(context) ? withFirstError(context, error) : error };
}

/** Whether the agent had stated its answer before the stop: the work is done, and it counts. */
export function hadAnswered({ status, concluded }: AttemptResult): boolean {
  return status === 'succeeded' && concluded === true;
}

function noted(context: TaskContext, result: AttemptResult): TaskNotes {
  const { notes, attemptAgent, input } = context;
  const { heartbeat: before } = notes;
  const ids = { taskId: input.task.id, agentId: attemptAgent.id };
  const early = result.earlyTermination;
  const isLimited = result.status === 'rate_limited';
  return {
    ...notes,
    usedFallback: notes.usedFallback || attemptAgent !== input.agent,
    earlyTerminations: early ? [...notes.earlyTerminations, { ...ids, ...early }] : notes.earlyTerminations,
    rateLimits: isLimited ? [...notes.rateLimits, { ...ids, resumeAt: coolingEnd(context, result) }] : notes.rateLimits,
    heartbeat: {
      events: before.events + result.heartbeat.events,
      longestSilenceMs: Math.max(before.longestSilenceMs, result.heartbeat.longestSilenceMs),
    },
  };
}

/** A failed fallback says what it stood in for. */
function withFirstError({ error: first, fallback }: TaskContext, error: TaskError | null): TaskError | null {
  if (!error || !first) return error;
  return { ...error, message: `Fallback ${fallback?.id} failed: ${error.message} (before it: ${first.message})` };
}

/** Outcome of a stopped task; its output is kept. */
export function stopped({ kind, message }: StopReason, status: TaskStatus): Partial<TaskContext> {
  return { status, error: { kind, message, retryable: false } };
}

/** A fallback that was refused: the task fails by what its own agent failed of. */
export function fallbackBlocked({ error, fallback }: TaskContext, reason: string): Partial<TaskContext> {
  const blocked = `fallback ${fallback?.id} refused: ${reason}`;
  const kind = error?.kind ?? 'circuit_open';
  return { error: { kind, message: error ? `${error.message} (${blocked})` : blocked, retryable: false } };
}

/** The task's outcome, from everything it went through: the one place an outcome of a started task is made. */
export function settle(context: TaskContext, now: number): TaskReport {
  const { status, attempts, notes, answer, input } = context;
  const { task, agent, readyAt, prepared } = input;
  const startedAt = attempts[0]?.startedAt ?? null;
  const last = attempts.at(-1);
  const outcome: TaskOutcome = {
    taskId: task.id,
    agentId: agent.id,
    status,
    via: last ? (last.agentId === agent.id ? 'agent' : 'fallback') : null,
    output: answer.output,
    outputTruncated: answer.truncated,
    ...(answer.data === undefined ? undefined : { data: answer.data }),
    error: status === 'succeeded' ? null : context.error,
    attempts: attempts as AttemptRecord[],
    wave: task.wave,
    partialContext: prepared.partialContext,
    queuedMs: elapsedMs(readyAt, startedAt ?? now),
    startedAt,
    settledAt: now,
    durationMs: startedAt === null ? 0 : elapsedMs(startedAt, now),
  };
  return { outcome, notes };
}

/** Whether an answer belongs to the request or attempt the task has under way. */
export function isCurrent(context: TaskContext, event: TaskEvent): boolean {
  if ('attemptId' in event) return event.attemptId === attemptId(context);
  if ('requestId' in event) return event.requestId === requestId(context);
  return true;
}
