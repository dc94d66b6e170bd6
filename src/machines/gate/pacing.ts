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
