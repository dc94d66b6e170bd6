/**
 * How long a task puts up with trouble of this machine (no process, file handle, memory or disk left, a program that is gone
 * for a moment), milliseconds. It tries again after `firstDelayMs`, twice as long each time up to `maxDelayMs`, and fails
 * once it has waited `maxWaitMs` in all. None of that consumes a retry.
 */
export const MACHINE_TROUBLE = Object.freeze({ firstDelayMs: 200, maxDelayMs: 5000, maxWaitMs: 60_000 });

/** The next wait of a task that has waited `tries` times and `waitedMs` in all; null when that was enough. */
export function machineDelayMs(tries: number, waitedMs: number): number | null {
  const { firstDelayMs, maxDelayMs, maxWaitMs } = MACHINE_TROUBLE;
  if (waitedMs >= maxWaitMs) return null;
  return Math.min(firstDelayMs * 2 ** tries, maxDelayMs, maxWaitMs - waitedMs);
}
