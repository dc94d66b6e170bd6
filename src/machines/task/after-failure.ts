import type { AttemptResult } from '../../actors/attempt.ts';
import { elapsedMs } from '../../base/clock.ts';
import { retryDelayMs } from '../../policy/backoff.ts';
import { machineDelayMs } from '../../policy/machine-trouble.ts';
import { inWords } from '../../policy/timeouts.ts';
import type { TaskNotes } from '../../run/task-report.ts';
import type { TaskError } from '../../types/task.ts';
import type { TaskContext } from './events.ts';

/** Reaction of a task to an unsuccessful attempt. */
export type Next = 'cool' | 'retry' | 'pause' | 'awaitVerdict' | 'askAgain' | 'fallback' | 'fail' | 'giveUp';

export function nextAfter(context: TaskContext, result: AttemptResult): Next {
  const next = nextWithin(context, result);
  const { services, runId } = context.input;
  // Without a budget there is no next attempt, so there is no point in waiting for it.
  return next !== 'fail' && services.isSpent(runId) ? 'giveUp' : next;
}

function nextWithin(context: TaskContext, result: AttemptResult): Next {
  const isFallback = isOnFallback(context);
  const otherwise = context.fallback && !isFallback ? 'fallback' : 'fail';
  if (result.fault === 'machine') return nextDelay(context) === null ? otherwise : 'pause';
  if (result.verdict) return result.verdict === 'pending' ? 'awaitVerdict' : 'askAgain';
  if (isFallback) return 'fail';
  if (result.status === 'rate_limited') return canCool(context, result) ? 'cool' : otherwise;
  return canRetry(context, result) ? 'retry' : otherwise;
}

/** Whether the failure is not the agent's, so the same agent is asked again. */
export function triesAgain(context: TaskContext, result: AttemptResult): boolean {
  return ['pause', 'awaitVerdict', 'askAgain'].includes(nextWithin(context, result));
}

const nextDelay = ({ waits }: TaskContext) => machineDelayMs(waits.machineTries, waits.machineMs);

/** Context after this machine lacked something: a wait that consumes no retry. */
export function paused(context: TaskContext, result: AttemptResult): Partial<TaskContext> {
  const { waits, notes } = context;
  const delayMs = nextDelay(context) ?? 0;
  return {
    notes: pardoned(notes),
    waits: {
      ...waits,
      machineTries: waits.machineTries + 1,
      machineMs: waits.machineMs + delayMs,
      since: result.endedAt,
      until: result.endedAt + delayMs,
      reason: `waits for this machine: ${result.error?.message ?? 'it lacked something'}`,
    },
  };
}

export function refuted({ waits, notes }: TaskContext): Partial<TaskContext> {
  return { notes: pardoned(notes), waits: { ...waits, refuted: waits.refuted + 1 } };
}

function pardoned(notes: TaskNotes): TaskNotes {
  return { ...notes, pardons: (notes.pardons ?? 0) + 1 };
}

function canRetry({ input, notes }: TaskContext, { error, earlyTermination }: AttemptResult): boolean {
  const { retry } = input.policy;
  if (notes.retries >= retry.retries || !error?.retryable) return false;
  if (earlyTermination) return retry.retryOnEarlyTermination;
  return TIMEOUTS.has(error.kind) ? retry.retryOnTimeout : true;
}

const TIMEOUTS: ReadonlySet<string> = new Set(['timeout', 'idle_timeout', 'start_timeout']);

function canCool(context: TaskContext, result: AttemptResult): boolean {
  return coolingBound(context, result) === null;
}

/** Cooling has two bounds: how often, and how long over the task's life. Returns the bound that was reached, in words, or null. */
function coolingBound(context: TaskContext, result: AttemptResult): string | null {
  const { maxRateLimits, maxCoolingMs } = context.input.policy.cooling;
  const { rateLimited, coolingMs } = context.waits;
  if (rateLimited >= maxRateLimits) return `\`maxRateLimits\` allows a task ${maxRateLimits}`;
  const neededMs = coolingMs + coolingEnd(context, result) - result.endedAt;
  if (neededMs <= maxCoolingMs) return null;
  return `waiting takes ${inWords(neededMs)} in all, and \`maxCoolingMs\` allows ${inWords(maxCoolingMs)}`;
}

/**
 * The error of an attempt. A rate limit that the task does not wait for says which setting would have; trouble of this machine
 * says how long the task has put up with it, once that was enough.
 */
export function explained(context: TaskContext, result: AttemptResult): TaskError | null {
  const { error } = result;
  if (error && result.fault === 'machine' && nextDelay(context) === null) {
    const { machineTries, machineMs } = context.waits;
    const tried = `it was tried ${machineTries + 1} times in ${inWords(machineMs)}`;
    return { ...error, message: `${error.message} (${tried})`, retryable: false };
  }
  const bound = error && result.status === 'rate_limited' ? coolingBound(context, result) : null;
  if (!error || bound === null) return error;
  return { ...error, message: `${error.message} (${bound}; set it in \`policy.cooling\` of the plan)` };
}

/** When a rate-limited task may start again: as the provider said, else as the gate estimated, else after the default. */
export function coolingEnd({ waits, input }: TaskContext, result: AttemptResult): number {
  const estimate = waits.resumeAt ?? result.endedAt + input.policy.cooling.defaultCoolingMs;
  return Math.max(result.endedAt, result.retryAt ?? estimate);
}

export function cooling(context: TaskContext, result: AttemptResult): Partial<TaskContext> {
  const { waits } = context;
  const until = coolingEnd(context, result);
  const coolingMs = waits.coolingMs + until - result.endedAt;
  return {
    waits: { ...waits, rateLimited: waits.rateLimited + 1, coolingMs, since: result.endedAt, until, resumeAt: null },
  };
}

export function retrying({ input, notes, waits }: TaskContext, now: number): Partial<TaskContext> {
  const retries = notes.retries + 1;
  const until = now + retryDelayMs(input.policy.retry, retries, input.services.random);
  return { waits: { ...waits, since: now, until, reason: null }, notes: { ...notes, retries } };
}

/** Context after the breaker refused a start. A refused fallback keeps the error of the task's own agent. */
export function blocked(context: TaskContext, reason: string, now: number): Partial<TaskContext> {
  const { notes, waits } = context;
  const refused = { ...context, waits: { ...waits, refusals: waits.refusals + 1 } };
  if (isOnFallback(context)) return opened(refused, reason, now);
  return {
    ...opened(refused, reason, now),
    notes: { ...notes, circuitBlocked: [...notes.circuitBlocked, reason] },
  };
}

/** Context after the failure of the probe that the task waited for: the rest of `maxOpenWaitMs` begins. */
export function opened(context: TaskContext, reason: string, now: number): Partial<TaskContext> {
  const { waits, input, error } = context;
  const left = Math.max(0, input.policy.breaker.maxOpenWaitMs - waits.openMs);
  return {
    error: isOnFallback(context) ? error : { kind: 'circuit_open', message: reason, retryable: false },
    waits: { ...waits, since: now, until: now + left },
  };
}

/** Whether the task's fallback is up: it waits for a start, or has started. */
export function isOnFallback({ attemptAgent, input }: TaskContext): boolean {
  return attemptAgent !== input.agent;
}

/** Whether a refused task waits for the probe that is out: one with a fallback takes that at once. */
export function canAwaitProbe(context: TaskContext, { probeUntil }: { probeUntil?: number }): boolean {
  return probeUntil !== undefined && (context.fallback === null || isOnFallback(context));
}

/** Context of a task that waits for a probe: that wait has a limit of its own. */
export function probed({ waits }: TaskContext, until: number, now: number): Partial<TaskContext> {
  return { waits: { ...waits, since: now, until } };
}

export function waitedOpen({ waits }: TaskContext, now: number): Partial<TaskContext> {
  return { waits: { ...waits, openMs: waits.openMs + elapsedMs(waits.since, now) } };
}
