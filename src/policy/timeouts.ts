import type { ClockPolicy } from './policy.ts';

/** The clocks of one attempt. Instants are epoch milliseconds. */
export interface AttemptClock {
  readonly startedAt: number;
  /** The limit in force: a progressive one that may be extended, or the last one. */
  deadlineAt: number;
  /** No extension goes beyond. */
  readonly hardDeadlineAt: number;
  lastActivityAt: number;
  /** Whether there was any output or heartbeat; the start alone is not activity. */
  heard: boolean;
  /** Silent for too long, and tolerated. */
  stalled: boolean;
  /** False when the task has a limit of its own: that one is then the only clock. */
  readonly watchesSilence: boolean;
}

export interface ClockCheck {
  verdict: 'ok' | 'stalled' | 'resumed' | 'stop';
  /** With `stop`. */
  kind?: 'timeout' | 'idle_timeout' | 'start_timeout';
  /** With `stop`: why, in plain words. */
  reason?: string;
  clock: AttemptClock;
  /** When to check again unless there is activity after a `stalled`; `Infinity` after `stop`. */
  nextAt: number;
}

/**
 * The clocks of an attempt that starts now.
 *
 * @param timeoutMs The task's own limit of one attempt. It wins over the policy: nothing extends it, and no other clock
 * runs beside it.
 */
export function startClock(clocks: ClockPolicy, now: number, timeoutMs?: number): AttemptClock {
  const hardMs = timeoutMs ?? clocks.maxTimeoutMs;
  const grows = timeoutMs === undefined && clocks.mode === 'progressive';
  return {
    startedAt: now,
    deadlineAt: now + (grows ? Math.min(clocks.initialTimeoutMs, hardMs) : hardMs),
    hardDeadlineAt: now + hardMs,
    lastActivityAt: now,
    heard: false,
    stalled: false,
    watchesSilence: timeoutMs === undefined,
  };
}

/** The clocks of an attempt whose silence no longer matters: only the limits remain. */
export function withoutSilence(clock: AttemptClock): AttemptClock {
  return clock.watchesSilence ? { ...clock, watchesSilence: false } : clock;
}

const KILL_SLACK_MS = 500;

/**
 * Time for an attempt to end after it is asked to stop, milliseconds. An agent that kills its own process first asks
 * it politely for one grace, so its last resort comes that much later.
 */
export function stopGraceMs({ killsItself }: { killsItself: boolean }, killGraceMs: number): number {
  return killsItself ? 2 * killGraceMs + KILL_SLACK_MS : killGraceMs;
}

/** Notes that the attempt is alive. Called for every chunk of output, so it changes the clock in place. */
export function markActivity(clock: AttemptClock, now: number): void {
  clock.lastActivityAt = now;
  clock.heard = true;
}

/** The clocks after time in which this process did not run: it was not silence, and counts for no limit. */
export function withGrantedTime(clock: AttemptClock, ms: number, now: number): AttemptClock {
  return {
    ...clock,
    startedAt: clock.startedAt + ms,
    deadlineAt: clock.deadlineAt + ms,
    hardDeadlineAt: clock.hardDeadlineAt + ms,
    // Output that arrived in that time counts from when it was read.
    lastActivityAt: Math.min(now, clock.lastActivityAt + ms),
  };
}

/**
 * Reads the clocks at `now`. When several are due, the one that was due first counts.
 *
 * - Until the first output or heartbeat `startTimeoutMs` runs; when that is null the idle clock runs from the start.
 * - An idle clock that is due stops the attempt, or (`onIdle: 'stall'`) says `stalled` once; `resumed` after activity.
 * - A progressive limit that is due is extended (× `extensionFactor`, at most to the hard limit) when there was activity
 *   within `extensionThresholdMs` before it.
 */
export function checkClock(clock: AttemptClock, clocks: ClockPolicy, now: number): ClockCheck {
  const deadlineAt = extended(clock, clocks, now);
  const silence = silenceOf(clock, clocks);
  const silenceIsDue = silence.dueAt <= now;
  if (silenceIsDue && silence.stops && silence.dueAt <= deadlineAt) {
    return stop({ ...clock, deadlineAt }, silence.kind, silence.reason);
  }
  if (deadlineAt <= now) {
    return stop({ ...clock, deadlineAt }, 'timeout', `Timed out after ${inWords(deadlineAt - clock.startedAt)}`);
  }
  const stalled = silenceIsDue && !silence.stops;
  const verdict = stalled === clock.stalled ? 'ok' : stalled ? 'stalled' : 'resumed';
  const same = stalled === clock.stalled && deadlineAt === clock.deadlineAt;
  const nextAt = Math.min(deadlineAt, silenceIsDue ? Number.POSITIVE_INFINITY : silence.dueAt);
  return { verdict, clock: same ? clock : { ...clock, deadlineAt, stalled }, nextAt };
}

function stop(clock: AttemptClock, kind: NonNullable<ClockCheck['kind']>, reason: string): ClockCheck {
  return { verdict: 'stop', kind, reason, clock, nextAt: Number.POSITIVE_INFINITY };
}

/** The limit in force at `now`: extended as often as it was due with activity shortly before. */
function extended(clock: AttemptClock, clocks: ClockPolicy, now: number): number {
  const { startedAt, hardDeadlineAt, lastActivityAt, heard } = clock;
  let { deadlineAt } = clock;
  while (heard && deadlineAt <= now && deadlineAt < hardDeadlineAt) {
    if (deadlineAt - lastActivityAt > clocks.extensionThresholdMs) break;
    const next = Math.min(startedAt + Math.round((deadlineAt - startedAt) * clocks.extensionFactor), hardDeadlineAt);
    if (!(next > deadlineAt)) break;
    deadlineAt = next;
  }
  return deadlineAt;
}

interface Silence {
  dueAt: number;
  stops: boolean;
  kind: 'idle_timeout' | 'start_timeout';
  reason: string;
}

const NEVER: Silence = { dueAt: Number.POSITIVE_INFINITY, stops: false, kind: 'idle_timeout', reason: '' };

function silenceOf(clock: AttemptClock, clocks: ClockPolicy): Silence {
  const { startTimeoutMs, idleTimeoutMs } = clocks;
  if (!clock.watchesSilence) return NEVER;
  if (!clock.heard && startTimeoutMs !== null) {
    const reason = `Nothing heard within ${inWords(startTimeoutMs)} of the start`;
    return { dueAt: clock.startedAt + startTimeoutMs, stops: true, kind: 'start_timeout', reason };
  }
  if (idleTimeoutMs === null) return NEVER;
  const reason = `No activity for ${inWords(idleTimeoutMs)}`;
  return { dueAt: clock.lastActivityAt + idleTimeoutMs, stops: clocks.onIdle === 'stop', kind: 'idle_timeout', reason };
}

/** `120 seconds`, `1.5 seconds`, `250 milliseconds` */
export function inWords(ms: number): string {
  if (ms < 1000) return `${ms} ${ms === 1 ? 'millisecond' : 'milliseconds'}`;
  const seconds = Math.round(ms / 100) / 10;
  return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
}
