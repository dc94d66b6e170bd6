import type { LogEntry } from './entries.ts';

/** Log of one run, held by its owner. */
export interface RunLog {
  readonly runId: string;
  append(entry: LogEntry): void;
  /** Calls back when everything appended so far is committed: at once if it is, else at the end of this turn. */
  committed(callback: () => void): void;
  /** Whether a record that a caller waits for is not durable yet. */
  readonly isDirty: boolean;
  /** Calls back when everything appended so far is durable: at once if it is. In the order of the calls. */
  durable(callback: () => void): void;
  /** Changes whenever a call of {@link durable} will be answered later than the one before. */
  readonly epoch: number;
  /**
   * From now on a task that settles as cancelled by its run has not settled for the log, and the run's end is not an end: it
   * can be resumed.
   */
  interrupt(): void;
  readonly isInterrupted: boolean;
  /** Gives the run up as it is, for another owner. */
  release(): void;
  /** Calls back once when the log can be written no more: the disk is full, or another process owns the run. */
  failed(callback: (error: Error) => void): void;
  /** Why the log can be written no more; null while it can. Nothing may start then. */
  readonly failure: Error | null;
}
