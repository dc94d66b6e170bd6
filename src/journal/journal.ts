import type { RunHeader, RunSummary, StoredBreaker, StoredPace, StoredRun } from '../run/entries.ts';
import type { RunLog } from '../run/log.ts';
import type { AnswerStore } from './answers.ts';

import type { LeftBehind } from './journal-store.ts';

/**
 * The record that runs can be resumed from. What is appended is committed at the end of the turn (the next microtask), all
 * of it at once; from then on no end of the process undoes it. It is durable, and may be announced, when not even a loss of
 * power would; a journal may take its time for that, while the run continues.
 */
export interface Journal {
  /**
   * Opens the log of a new run and owns it; committed when it returns.
   *
   * @throws SoarError `invalid-options` when there is a run of this id already, `io` when it cannot be written.
   */
  begin(header: RunHeader): RunLog;
  /** Everything known of a run; null when there is no such run. */
  load(runId: string): StoredRun | null;
  /** Newest first. */
  list(): RunSummary[];
  /** Ids of runs that the list leaves out since their lines in it are damaged; `load` throws why. Absent where that cannot be. */
  damaged?(): readonly string[];
  /**
   * Takes over a run that has not ended.
   *
   * @throws SoarError `unknown-run`, or `run-owned` when a live process, or this journal itself, has it.
   */
  attach(runId: string): RunLog;
  /**
   * Ends processes that a dead owner of a run left behind, and waits until they are gone. To be called before anything of the run is
   * repeated. Rejects when some of them would not end.
   */
  endProcesses(left: LeftBehind): Promise<void>;
  /** Last states of breakers, by agent. */
  breakers(): ReadonlyMap<string, StoredBreaker>;
  saveBreaker(breaker: StoredBreaker): void;
  /** When providers were asked last, and whether they cool, by provider. */
  paces(): ReadonlyMap<string, StoredPace>;
  savePace(pace: StoredPace): void;
  /** Answers of tasks, for tasks of other runs that ask the same. */
  readonly answers: AnswerStore;
  /** Commits what is left, gives up every run it owns and lets go of its store. Harmless when called again. */
  close(): void;
}
