import { captureContext } from '../base/async-context.ts';
import { microtask } from '../base/microtask.ts';
import { SoarError } from '../errors/soar-error.ts';
import type { LogEntry, RunHeader, RunSummary, StoredBreaker, StoredPace, StoredRun } from '../run/entries.ts';
import type { RunLog } from '../run/log.ts';
import { type AnswerStore, keptAnswers } from './answers.ts';
import { BufferedLog } from './buffered-log.ts';
import type { Journal } from './journal.ts';
import type { JournalStore, LeftBehind, RunWrite } from './journal-store.ts';
import { jsonOf } from './json-of.ts';
import { unknownRun } from './run-errors.ts';

export interface BufferedJournalOptions {
  /** Replaces secrets in a JSON text, and leaves it JSON. Default: leaves it as it is. */
  mask?: (json: string) => string;
}

/** A journal over a store: collects what one turn appends and commits it at once. */
export class BufferedJournal implements Journal {
  readonly answers: AnswerStore;
  readonly #store: JournalStore;
  readonly #mask: (json: string) => string;
  /** Whether nothing is masked. */
  readonly #keepsAll: boolean;
  readonly #live = new Map<string, BufferedLog>();
  /** A commit writes records of several runs, so it carries the async context of none. */
  readonly #within = captureContext();
  #writes: RunWrite[] = [];
  #breakers = new Map<string, StoredBreaker>();
  #paces = new Map<string, StoredPace>();
  #waiting: (() => void)[] = [];
  #undurable: (() => void)[] = [];
  #isSyncing = false;
  epoch = 0;
  #isScheduled = false;
  #isClosed = false;
  #isDead = false;
  /** Its last run was taken over: what this process observes from then on is stale. */
  #isStale = false;

  constructor(store: JournalStore, options: BufferedJournalOptions = {}) {
    this.#store = store;
    store.onLost?.((runId, error) => this.#lose(this.#live.get(runId), error));
    this.#keepsAll = options.mask === undefined;
    this.#mask = options.mask ?? ((json) => json);
    this.answers = keptAnswers(store, this.#mask, () => this.#isClosed);
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
    const stored = this.#store.load(runId);
    return stored && this.#keepsAll ? { ...stored, lost: new Set() } : stored;
  }

  list(): RunSummary[] {
    this.#requireOpen();
    this.#commit();
    return this.#store.list();
  }

  damaged(): readonly string[] {
    this.#requireOpen();
    return this.#store.damaged?.() ?? [];
  }

  attach(runId: string): RunLog {
    this.#requireOpen();
    if (this.#live.has(runId)) {
      throw new SoarError('run-owned', `Run \`${runId}\` is under way in this process.`);
    }
    if (!this.#store.claim(runId)) throw unknownRun(runId);
    return this.#open(runId);
  }

  endProcesses(left: LeftBehind): Promise<void> {
    return this.#store.endProcesses(left);
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    this.#requireOpen();
    return this.#store.breakers();
  }

  saveBreaker(breaker: StoredBreaker): void {
    if (this.#isClosed || this.#isStale) return;
    this.#breakers.set(breaker.agentId, breaker);
    this.#schedule();
  }

  paces(): ReadonlyMap<string, StoredPace> {
    this.#requireOpen();
    return this.#store.paces();
  }

  savePace(pace: StoredPace): void {
    if (this.#isClosed || this.#isStale) return;
    this.#paces.set(pace.provider, pace);
    this.#schedule();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#commit();
    this.#isClosed = true;
    this.#store.release([...this.#live.keys()]);
    this.#live.clear();
    this.#store.close();
    const callbacks = this.#undurable;
    this.#undurable = [];
    for (const callback of callbacks) callback();
  }

  /** Ends as its process would: nothing it receives from now on happens. */
  protected die(): void {
    this.#isDead = true;
    this.#isClosed = true;
    this.#writes = [];
    this.#waiting = [];
    this.#undurable = [];
    this.#live.clear();
  }

  /** The live run of this journal that a key `run/task/attempt` belongs to: of run ids that all fit, the longest. */
  logOf(key: string): RunLog | null {
    const fitting = [...this.#live.values()].filter(({ runId }) => key.startsWith(`${runId}/`));
    return fitting.reduce<RunLog | null>(
      (best, log) => (log.runId.length > (best?.runId.length ?? 0) ? log : best),
      null,
    );
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
    this.#isStale = false;
    return log;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const commit = () => {
      this.#isScheduled = false;
      this.#commit();
    };
    this.#within(() => microtask(commit));
  }

  #commit(): void {
    if (this.#isClosed || this.#writes.length + this.#breakers.size + this.#paces.size === 0) return;
    const writes = this.#writes;
    const learned = { breakers: [...this.#breakers.values()], paces: [...this.#paces.values()] };
    const waiting = this.#waiting;
    this.#writes = [];
    this.#breakers = new Map();
    this.#paces = new Map();
    this.#waiting = [];
    try {
      this.#store.commit(writes, learned);
    } catch (error) {
      this.#commitApart(writes, error);
    }
    for (const { runId, entry } of writes) {
      if (entry.type === 'run.settled' || entry.type === 'run.interrupted') this.#live.delete(runId);
    }
    for (const callback of waiting) callback();
    this.#sync();
  }

  /** Runs one at a time; later commits wait for the next. */
  #sync(): void {
    if (this.#isSyncing || this.#undurable.length === 0) return;
    const callbacks = this.#undurable;
    this.#undurable = [];
    this.epoch += 1;
    const report = () => {
      for (const callback of callbacks) callback();
    };
    if (!this.#store.sync) {
      report();
      return;
    }
    this.#isSyncing = true;
    const over = () => {
      if (this.#isDead) return;
      this.#isSyncing = false;
      report();
      if (this.#writes.length > 0) this.#commit();
      else this.#sync();
    };
    this.#store.sync().then(over, (error) => {
      for (const log of [...this.#live.values()]) this.#lose(log, error);
      over();
    });
  }

  /** A fault of one run must not lose the records of another. */
  #commitApart(writes: readonly RunWrite[], error: unknown): void {
    const byRun = Map.groupBy(writes, ({ runId }) => runId);
    for (const [runId, own] of byRun) {
      const log = this.#live.get(runId);
      if (byRun.size > 1) {
        try {
          this.#store.commit(own, { breakers: [], paces: [] });
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
    if (this.#live.size === 0 && SoarError.isInstance(error) && error.code === 'run-owned') {
      this.#isStale = true;
      this.#breakers.clear();
      this.#paces.clear();
    }
    log.fail(error instanceof Error ? error : new Error(String(error)));
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SoarError('io', 'The journal was closed.');
  }
}
