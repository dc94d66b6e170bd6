import type { Behaviour, Case, CaseTask } from './random-case.ts';

export type SimulatedAttempt = { n: number; agentId: string; startedAt: number; endedAt: number; result: string };

export interface SimulatedOutcome {
  taskId: string;
  status: string;
  via: 'agent' | 'fallback' | null;
  kind: string | null;
  attempts: SimulatedAttempt[];
  settledAt: number;
}

/** What a run comes to. */
export interface Simulated {
  status: string;
  outcomes: SimulatedOutcome[];
  /** Task ids, in the order in which they settled. */
  order: string[];
  /** Two things happened at one instant, and which comes first decides and is nowhere fixed. */
  isTied: boolean;
}

export type Why = 'cancelled' | 'timeout' | 'dependency' | 'budget';
export type Ending = { result: string; kind: string | null; retryAt: number | null };
export type Flight = {
  n: number;
  agentId: string;
  startedAt: number;
  task: Sim;
  hangs: boolean;
  dueAt: number;
  ending: Ending;
};

/** A task on its way. */
export interface Sim extends SimulatedOutcome {
  /** 401s that others have refuted. */
  refuted: number;
  spec: CaseTask;
  wave: number;
  state: 'pending' | 'queued' | 'running' | 'sleeping' | 'judged' | 'open' | 'settled';
  onFallback: boolean;
  retries: number;
  limits: number;
  coolingMs: number;
  openMs: number;
  openSince: number;
  stop: Why | null;
  flight: Flight | null;
  /** Makes timers of states that were left meaningless. */
  epoch: number;
}

/** A task that has not been let in. */
export function newSim(spec: CaseTask, wave: number): Sim {
  return {
    ...{ taskId: spec.id, spec, wave, status: '', via: null, kind: null, attempts: [], settledAt: 0 },
    ...{
      state: 'pending',
      onFallback: false,
      refuted: 0,
      retries: 0,
      limits: 0,
      coolingMs: 0,
      openMs: 0,
      openSince: 0,
    },
    ...{ stop: null, flight: null, epoch: 0 },
  };
}

/** How an attempt that is not stopped ends. */
function endingOf({ does, ms, retryAfterMs }: Behaviour, now: number): Ending {
  const retryAt = retryAfterMs === null ? null : now + ms + retryAfterMs;
  if (does === 'limit') return { result: 'rate_limited', kind: 'rate_limited', retryAt };
  if (does === 'succeed') return { result: 'succeeded', kind: null, retryAt: null };
  return { result: 'failed', kind: does === 'permanent' ? 'auth' : 'transient', retryAt: null };
}

/** How long a task waits that has waited so often before. */
function backoffMs({ strategy, baseDelayMs, factor }: Case['backoff'], before: number): number {
  const times = { immediate: 0, fixed: 1, linear: 1 + factor * before, exponential: factor ** before }[strategy];
  return Math.floor(Math.min(30_000, baseDelayMs * times));
}

/** The run's status; the first that matches. */
export function statusOf(
  outcomes: readonly SimulatedOutcome[],
  stopped: Why | null,
  tasks: readonly CaseTask[],
): string {
  if (stopped === 'cancelled' || stopped === 'timeout') return 'cancelled';
  const criticalFailed = outcomes.some(({ status }, i) => status === 'failed' && tasks[i]?.critical);
  if (stopped === 'dependency' || criticalFailed) return 'failed';
  const succeeded = outcomes.filter(({ status }) => status === 'succeeded').length;
  if (succeeded === outcomes.length) return 'succeeded';
  return succeeded > 0 ? 'partial' : 'failed';
}

export function canFallBack({ spec }: Sim, { fallback }: Case): boolean {
  return fallback !== null && fallback !== spec.agent;
}

/** What a task does after a failed attempt: fails, takes its fallback, or sleeps until an instant. */
export function nextOf(
  task: Sim,
  { ending }: Flight,
  given: Case,
  now: number,
  coolUntil: number,
): 'fail' | 'fallback' | number {
  if (task.onFallback) return 'fail';
  const otherwise = canFallBack(task, given) ? 'fallback' : 'fail';
  if (ending.result === 'rate_limited') {
    const until = Math.max(now, ending.retryAt ?? coolUntil);
    if (task.limits >= given.maxRateLimits || task.coolingMs + until - now > given.maxCoolingMs) return otherwise;
    task.limits += 1;
    task.coolingMs += until - now;
    return until;
  }
  if (ending.kind === 'auth' || task.retries >= given.retries) return otherwise;
  task.retries += 1;
  return now + backoffMs(given.backoff, task.retries - 1);
}

/** An attempt that starts now, when it ends if it is not stopped, and its hard limit, milliseconds. */
export function flightOf(task: Sim, agentId: string, given: Case, now: number) {
  const n = task.attempts.length + 1;
  const does = (task.spec.script[n - 1] ?? task.spec.script.at(-1)) as Behaviour;
  const limit = task.spec.timeoutMs ?? given.maxTimeoutMs;
  const hangs = does.does === 'hang';
  const isLate = hangs || does.ms > limit;
  const late = { result: hangs ? 'abandoned' : 'failed', kind: 'timeout', retryAt: null };
  const ending = isLate ? late : endingOf(does, now);
  const flight: Flight = { n, agentId, startedAt: now, task, hangs, dueAt: 0, ending };
  const endsAt = now + (isLate ? limit + (hangs ? given.killGraceMs : 0) : does.ms);
  // It ends at the instant at which it is due to be stopped: either may come first.
  return { flight, limit, endsAt, isTied: !hangs && does.ms === limit };
}
