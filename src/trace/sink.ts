import type { TraceRecord } from './trace.schema.ts';

/**
 * `compact`: actors, their moves from state to state, and the events of the run. `full`: also every event with its
 * sender, moves that change no state, and the names of the actions executed.
 */
export type TraceMode = 'compact' | 'full';

/** Where a recorder writes to. What it throws, or rejects with, never reaches the run. */
export interface TraceSink {
  /** How much it wants. Default: the recorder's mode. */
  readonly mode?: TraceMode;
  /** Called at once, in order of `seq`. Records are never changed afterwards; a sink must not change them either. */
  write(record: TraceRecord): void;
  /**
   * Calls an agent, and returns what it returns; the attempt has been recorded. For tracing that makes its span the active one
   * while the agent works. Default: the agent is called as it is.
   */
  around?<R>(attempt: { runId: string; taskId: string }, call: () => R): R;
  /** Called once, when no record follows. */
  close?(): void | Promise<void>;
}
