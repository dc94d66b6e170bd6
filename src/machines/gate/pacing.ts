import type { StoredPace } from '../../run/entries.ts';

/** How fast one provider may be asked. Changed in place by the functions below. */
export interface Pace {
  lastStart: number;
  /** Added to the gap after rate limits, milliseconds. */
  extraMs: number;
  /** No start before, epoch milliseconds. */
  coolUntil: number;
  /** When the cooling began: attempts that were already running then say nothing new. */
  cooledAt: number;
  /** Rate limits in a row. */
  streak: number;
}

export const SMALLEST_EXTRA_MS = 500;
export const LARGEST_EXTRA_MS = 60_000;
/** No cooling that we guess is longer. */
export const LONGEST_GUESS_MS = 300_000;

export function newPace(lastStart: number): Pace {
  return { lastStart, extraMs: 0, coolUntil: Number.NEGATIVE_INFINITY, cooledAt: Number.NEGATIVE_INFINITY, streak: 0 };
}

/**
 * Cools a provider after a rate limit: until the instant it named, else 5 s (`defaultMs`), doubling with each rate
 * limit in a row. Several attempts in flight that are limited together count as one.
 */
export function coolingAfter(
  pace: Pace,
  retryAt: number | null,
  attemptStartedAt: number,
  now: number,
  defaultMs: number,
): void {
  const isNews = attemptStartedAt >= pace.cooledAt;
  if (isNews) {
    pace.streak += 1;
    pace.cooledAt = now;
  }
  const guess = now + Math.min(LONGEST_GUESS_MS, defaultMs * 2 ** Math.max(0, pace.streak - 1));
  if (retryAt !== null) pace.coolUntil = Math.max(pace.coolUntil, retryAt);
  else if (isNews || pace.coolUntil <= now) pace.coolUntil = Math.max(pace.coolUntil, guess);
}

/** A rate limit doubles the gap. */
export function widened(pace: Pace, gapMs: number): void {
  const gap = Math.max(SMALLEST_EXTRA_MS, gapMs + pace.extraMs);
  pace.extraMs = Math.min(LARGEST_EXTRA_MS, pace.extraMs + gap);
}

/** A success takes a quarter of the extra gap back. */
export function narrowed(pace: Pace): void {
  pace.streak = 0;
  if (pace.extraMs === 0) return;
  pace.extraMs = pace.extraMs < SMALLEST_EXTRA_MS / 2 ? 0 : pace.extraMs * 0.75;
}

/** Whether it was rate-limited, ever. */
export function hasLearned({ cooledAt }: Pace): boolean {
  return cooledAt > Number.NEGATIVE_INFINITY;
}

/** Half-life of an idle provider's added gap, milliseconds. */
export const QUIET_HALF_LIFE_MS = 60_000;

/** Idle time after which nothing is left of a provider's added gap, milliseconds. */
const QUIET_FOR_GOOD_MS = 10 * QUIET_HALF_LIFE_MS;

/** Whether nothing of it matters to the next start, with gaps of at most `gapMs`. */
export function isMoot({ lastStart, coolUntil, extraMs, streak }: Pace, now: number, gapMs: number): boolean {
  const quietMs = now - Math.max(lastStart, coolUntil);
  return quietMs >= (extraMs > 0 || streak > 0 ? Math.max(gapMs, QUIET_FOR_GOOD_MS) : gapMs);
}

/**
 * Pace of a provider that another process has used before. A cooling lasts until its time, but not longer than a
 * task would wait for it (`maxCoolingMs`): then one is tried. Quiet has narrowed the gap meanwhile. Where the clock was put
 * back since, the rest of the cooling stays the same.
 */
export function restoredPace(stored: StoredPace, now: number, maxCoolingMs: number): Pace {
  const { extraMs, streak } = stored;
  const lastStart = Math.min(stored.lastStart, now);
  if (stored.coolUntil === null || stored.cooledAt === null) return { ...newPace(lastStart), extraMs };
  const aheadMs = Math.max(0, stored.at - now);
  const coolUntil = Math.min(stored.coolUntil - aheadMs, now + maxCoolingMs);
  const quietMs = Math.max(0, now - Math.max(lastStart, coolUntil));
  const left = extraMs * 0.5 ** (quietMs / QUIET_HALF_LIFE_MS);
  return {
    lastStart,
    extraMs: left < SMALLEST_EXTRA_MS / 4 ? 0 : left,
    coolUntil,
    cooledAt: Math.min(stored.cooledAt, now),
    streak: quietMs < LONGEST_GUESS_MS ? streak : 0,
  };
}

/** Its part in a journal. */
export function storedPace(provider: string, pace: Pace, now: number): StoredPace {
  const { lastStart, extraMs, streak } = pace;
  const cooling = hasLearned(pace) ? { coolUntil: pace.coolUntil, cooledAt: pace.cooledAt } : null;
  return { provider, lastStart, extraMs, streak, ...(cooling ?? { coolUntil: null, cooledAt: null }), at: now };
}
