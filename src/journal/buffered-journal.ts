import { SoarError } from '../errors/soar-error.ts';
import type { LogEntry, RunHeader, RunSummary, StoredBreaker, StoredProcess, StoredRun } from './entries.ts';
import type { Journal, RunLog } from './journal.ts';

/** A record on its way into a store, with the text that is stored. */
export interface RunWrite {
  runId: string;
  entry: LogEntry;
  body: string;
}

/** Where a journal keeps things. Every call is atomic, and outlives the process when it returns. */
export interface JournalStore {
  /** Makes the run, owned by this store's owner. False when there is one of this id. */
  create(header: RunHeader, body: string): boolean;
  /**
   * Writes all of it or nothing. Runs that have ended belong to nobody afterwards.
   *
   * @throws SoarError `run-owned` when one of the runs belongs to another owner, `io` when it cannot be written.
   */
  commit(writes: readonly RunWrite[], breakers: readonly StoredBreaker[]): void;
  /** Makes what was committed outlive a loss of power. Absent where it does at once, or where nothing does. */
  sync?(): Promise<void>;
  /** Makes the run this owner's. Throws `run-owned` when a live owner has it; false when there is no such run. */
  claim(runId: string): boolean;
  /** Gives up runs. */
  release(runIds: readonly string[]): void;
  load(runId: string): StoredRun | null;
  list(): RunSummary[];
  breakers(): ReadonlyMap<string, StoredBreaker>;
  endProcesses(processes: readonly StoredProcess[]): Promise<void>;
  close(): void;
}

export interface BufferedJournalOptions {
  /** Replaces secrets in a JSON text, and leaves it JSON. Default: leaves it as it is. */
  mask?: (json: string) => string;
}

/** A journal over a store: collects what one turn appends and commits it at once. */
export class BufferedJournal implements Journal {
  readonly #store: JournalStore;
  readonly #mask: (json: string) => string;
  readonly #live = new Map<string, BufferedLog>();
  #writes: RunWrite[] = [];
  #breakers = new Map<string, StoredBreaker>();
  #waiting: (() => void)[] = [];
  #undurable: (() => void)[] = [];
  #isSyncing = false;
  epoch = 0;
  #isScheduled = false;
  #isClosed = false;
  #isDead = false;

  constructor(store: JournalStore, options: BufferedJournalOptions = {}) {
    this.#store = store;
    this.#mask = options.mask ?? ((json) => json);
  }

  begin(header: RunHeader): RunLog {
    this.#requireOpen();
    if (!this.#store.create(header, this.#mask(jsonOf(header)))) {
      const message = `There is a run \`${header.runId}\` in the journal. Choose another runId, or resume it.`;
      throw new SoarError('invalid-options', message);
    }
    return this.#open(header.runId);
  }

  load(runId: string): StoredRun | null {
    this.#requireOpen();
    this.#commit();
    return this.#store.load(runId);
  }

  list(): RunSummary[] {
    this.#requireOpen();
    this.#commit();
    return this.#store.list();
  }

  attach(runId: string): RunLog {
    this.#requireOpen();
    if (this.#live.has(runId)) {
      throw new SoarError('run-owned', `Run \`${runId}\` is under way in this process.`);
    }
    if (!this.#store.claim(runId)) throw unknownRun(runId);
    return this.#open(runId);
  }

  endProcesses(processes: readonly StoredProcess[]): Promise<void> {
    return this.#store.endProcesses(processes);
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    this.#requireOpen();
    return this.#store.breakers();
  }

  saveBreaker(breaker: StoredBreaker): void {
    if (this.#isClosed) return;
    this.#breakers.set(breaker.agentId, breaker);
    this.#schedule();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#commit();
    this.#isClosed = true;
    this.#store.release([...this.#live.keys()]);
    this.#live.clear();
    this.#store.close();
    const told = this.#undurable;
    this.#undurable = [];
    for (const callback of told) callback();
  }

  /** Ends as its process would: nothing it is told from now on happens. */
  protected die(): void {
    this.#isDead = true;
    this.#isClosed = true;
    this.#writes = [];
    this.#waiting = [];
    this.#undurable = [];
    this.#live.clear();
  }

  /** The live runs of this journal that a key `run/task/attempt` may belong to. */
  logOf(key: string): RunLog | null {
    for (const log of this.#live.values()) if (key.startsWith(`${log.runId}/`)) return log;
    return null;
  }

  get isDirty(): boolean {
    return this.#writes.length > 0 || this.#isSyncing || this.#undurable.length > 0 || this.#isDead;
  }

  append(log: BufferedLog, entry: LogEntry): void {
    if (this.#live.get(log.runId) !== log) return;
    this.#writes.push({ runId: log.runId, entry, body: this.#mask(jsonOf(entry)) });
    this.#schedule();
  }

  release(log: BufferedLog): void {
    if (this.#live.get(log.runId) !== log) return;
    this.#commit();
    this.#live.delete(log.runId);
    this.#store.release([log.runId]);
  }

  committed(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#writes.length > 0) this.#waiting.push(callback);
    else callback();
  }

  durable(callback: () => void): void {
    if (this.#isDead) return;
    if (this.isDirty) this.#undurable.push(callback);
    else callback();
  }

  #open(runId: string): RunLog {
    const log = new BufferedLog(runId, this);
    this.#live.set(runId, log);
    return log;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    if (this.#isClosed || (this.#writes.length === 0 && this.#breakers.size === 0)) return;
    const writes = this.#writes;
    const breakers = [...this.#breakers.values()];
    const waiting = this.#waiting;
    this.#writes = [];
    this.#breakers = new Map();
    this.#waiting = [];
    try {
      this.#store.commit(writes, breakers);
    } catch (error) {
      this.#commitApart(writes, error);
    }
    for (const { runId, entry } of writes) {
      if (entry.type === 'run.settled' || entry.type === 'run.interrupted') this.#live.delete(runId);
    }
    for (const callback of waiting) callback();
    this.#sync();
  }

  /** One at a time; what is committed meanwhile waits for the next. */
  #sync(): void {
    if (this.#isSyncing || this.#undurable.length === 0) return;
    const told = this.#undurable;
    this.#undurable = [];
    this.epoch += 1;
    const tell = () => {
      for (const callback of told) callback();
    };
    if (!this.#store.sync) {
      tell();
      return;
    }
    this.#isSyncing = true;
    const over = () => {
      if (this.#isDead) return;
      this.#isSyncing = false;
      tell();
      if (this.#writes.length > 0) this.#commit();
      else this.#sync();
    };
    this.#store.sync().then(over, (error) => {
      for (const log of [...this.#live.values()]) this.#lose(log, error);
      over();
    });
  }

  /** What is wrong with one run is no reason to lose what another has to say. */
  #commitApart(writes: readonly RunWrite[], error: unknown): void {
    const byRun = Map.groupBy(writes, ({ runId }) => runId);
    for (const [runId, own] of byRun) {
      const log = this.#live.get(runId);
      if (byRun.size > 1) {
        try {
          this.#store.commit(own, []);
        } catch (cause) {
          this.#lose(log, cause);
        }
      } else {
        this.#lose(log, error);
      }
    }
  }

  #lose(log: BufferedLog | undefined, error: unknown): void {
    if (!log) return;
    this.#live.delete(log.runId);
    log.fail(error instanceof Error ? error : new Error(String(error)));
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SoarError('io', 'The journal was closed.');
  }
}

export class BufferedLog implements RunLog {
  readonly runId: string;
  readonly #journal: BufferedJournal;
  readonly #onFailure: ((error: Error) => void)[] = [];
  isInterrupted = false;

  constructor(runId: string, journal: BufferedJournal) {
    this.runId = runId;
    this.#journal = journal;
  }

  get isDirty(): boolean {
    return this.#journal.isDirty;
  }

  append(entry: LogEntry): void {
    if (this.isInterrupted && entry.type === 'task.settled') {
      const { status, error, taskId, attempts } = entry.report.outcome;
      if (status === 'cancelled' && error?.kind === 'cancelled') {
        if (attempts.length > 0) this.#journal.append(this, { type: 'task.interrupted', taskId, attempts });
        return;
      }
    }
    this.#journal.append(this, entry);
  }

  committed(callback: () => void): void {
    this.#journal.committed(callback);
  }

  durable(callback: () => void): void {
    this.#journal.durable(callback);
  }

  get epoch(): number {
    return this.#journal.epoch;
  }

  interrupt(): void {
    this.isInterrupted = true;
  }

  release(): void {
    this.#journal.release(this);
  }

  failed(callback: (error: Error) => void): void {
    this.#onFailure.push(callback);
  }

  fail(error: Error): void {
    for (const callback of this.#onFailure) callback(error);
  }
}

export function unknownRun(runId: string): SoarError {
  return new SoarError('unknown-run', `There is no run \`${runId}\` in the journal.`);
}

/** JSON of anything: what an agent gave as `data` may be cyclic, or hold what JSON cannot say. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(sayable(value, new Set()));
  }
}

function sayable(value: unknown, above: Set<object>): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  above.add(value);
  try {
    if (Array.isArray(value)) return value.map((one) => sayable(one, above));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, sayable(one, above)]));
  } catch {
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
}
