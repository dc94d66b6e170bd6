import type {
  LogEntry,
  RunHeader,
  RunSummary,
  StoredBreaker,
  StoredPace,
  StoredProcess,
  StoredRun,
} from '../run/entries.ts';

/** A record on its way into a store, with the text that is stored. */
export interface RunWrite {
  runId: string;
  entry: LogEntry;
  body: string;
}

/** State of agents and providers that belongs to no run. */
export interface Learned {
  breakers: readonly StoredBreaker[];
  paces: readonly StoredPace[];
}

/** Processes that may still work for a run whose owner has died. */
export interface LeftBehind {
  runId: string;
  /** As they were recorded. Nothing in it is believed: it may be damaged, and pids are used again. */
  processes: readonly StoredProcess[];
  /** Whether a task never runs again: what it left behind is left alone. */
  isSettled(taskId: string): boolean;
}

/** Where a journal keeps things. Every call is atomic, and outlives the process when it returns. */
export interface JournalStore {
  /** Makes the run, owned by this store's owner. False when there is one of this id. */
  create(header: RunHeader, body: string): boolean;
  /**
   * Writes all of it or nothing. Runs that have ended have no owner afterwards.
   *
   * @throws SoarError `run-owned` when one of the runs belongs to another owner, `io` when it cannot be written.
   */
  commit(writes: readonly RunWrite[], learned: Learned): void;
  /** Makes committed records outlive a loss of power. Absent where it does at once, or where nothing does. */
  sync?(): Promise<void>;
  /** Makes the run this owner's. Throws `run-owned` when a live owner has it; false when there is no such run. */
  claim(runId: string): boolean;
  /** Gives up runs. */
  release(runIds: readonly string[]): void;
  /**
   * Returned records outlive a loss of power: their writer may have died before that was so, and the process that resumes the run reports
   * it.
   */
  load(runId: string): StoredRun | null;
  list(): RunSummary[];
  /** Ids of runs that the list leaves out since their lines are damaged. Absent where that cannot be. */
  damaged?(): string[];
  breakers(): ReadonlyMap<string, StoredBreaker>;
  paces(): ReadonlyMap<string, StoredPace>;
  /** The JSON of an answer; null when the key is unknown. */
  findAnswer(key: string): string | null;
  /** Keeps an answer in the place of an older one, and forgets the oldest. */
  saveAnswer(key: string, at: number, body: string): void;
  /** Ends processes and waits until they are gone. Rejects when some would not end. */
  endProcesses(left: LeftBehind): Promise<void>;
  /** Calls back for every run of this owner that another has taken over, without waiting for a commit. Absent: only commits report it. */
  onLost?(callback: (runId: string, error: Error) => void): void;
  close(): void;
}
