/**
 * The one source of time: machines, streams, breakers and traces read it, nothing reads the wall clock beside it.
 * Structurally an XState `Clock` with `now`.
 */
export interface Clock {
  /** Epoch milliseconds. Steady: when it is set back, waits last that much longer. */
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /**
   * How often a process that waits makes sure that it still runs, milliseconds: time that is found missing (a laptop asleep, a
   * process stopped or blocked) counts for no timeout. Default: found when a wait is due.
   */
  pulseMs?: number;
  /** Calls back once input that has arrived in the meantime has been read. Default: `setTimeout(fn, 0)`. */
  afterInput?(fn: () => void): void;
}

/** Time between two instants, milliseconds; 0 when the clock was set back between them. */
export function elapsedMs(from: number, to: number): number {
  return Math.max(0, to - from);
}

const startedAt = Date.now() - performance.now();

/**
 * The system's time as it was when this was loaded, and steady from then on: when the clock of the machine is set, no
 * wait becomes an hour longer and no attempt is late by one. What is read from a journal is put right when it is read.
 */
export const systemClock: Clock = {
  now: () => Math.round(startedAt + performance.now()),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  pulseMs: 1000,
  // The first turn reads what there is, the second one lets streams pass it on.
  afterInput: (fn) => {
    if (typeof setImmediate === 'function') setImmediate(() => setImmediate(fn));
    else setTimeout(fn, 0);
  },
};
