/**
 * The one source of time: machines, streams, breakers and traces read it, nothing reads the wall clock beside it.
 * Structurally an XState `Clock` with `now`.
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

const startedAt = Date.now() - performance.now();

/**
 * The system's time as it was when this was loaded, and steady from then on: when somebody sets the clock of the machine, no
 * wait becomes an hour longer and no attempt is late by one. What is read from a journal is put right when it is read.
 */
export const systemClock: Clock = {
  now: () => Math.round(startedAt + performance.now()),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};
