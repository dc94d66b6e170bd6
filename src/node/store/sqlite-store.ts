import type { DatabaseSync } from 'node:sqlite';
import { SoarError } from '../../errors/soar-error.ts';
import { ANSWER_TTL_MS, MAX_ANSWERS } from '../../journal/answers.ts';
import type { JournalStore, Learned, LeftBehind, RunWrite } from '../../journal/journal-store.ts';
import { mergedPace } from '../../journal/merged-pace.ts';
import { damagedRun, takenOver } from '../../journal/run-errors.ts';
import { initialSummary, summaryAfter } from '../../journal/run-summary.ts';
import type { RunHeader, RunSummary, StoredBreaker, StoredPace, StoredRun } from '../../run/entries.ts';
import { readWhole } from '../../text/mask/unmask.ts';
import { fileId, syncFile, syncFileNow } from '../files/sync-file.ts';
import { endOrphans } from '../process/end-orphans.ts';
import { blobsIn, withBlobs } from './blobs.ts';
import { wrapped } from './sqlite-file.ts';
import { Owners, type OwnersOptions } from './sqlite-owners.ts';
import { type RunRow, type Statements, statementsOf } from './sqlite-statements.ts';
import { breakerOf, OPENED, paceOf, type Row, RunReader, runRowOf } from './stored-rows.ts';

export interface SqliteStoreOptions extends OwnersOptions {
  /** Loss that a durable commit survives. Default `power`. */
  durability?: 'power' | 'process';
  /** Of what will be run. */
  unmask?: (json: string, lost?: string) => string;
  /** Of what was said. */
  unseal?: (json: string) => string;
}

/** Records of what will be run, or asked again unless it is the same. */
const RUN_AGAIN: ReadonlySet<string> = new Set([OPENED, 'phase.completed', 'plan.approved', 'call.settled']);

interface OwnedRun {
  number: number;
  seq: number;
  summary: RunSummary;
}

/** A journal's store in SQLite. One writer at a time over all processes; each call is one transaction. */
export class SqliteStore implements JournalStore {
  /** Distinguishes this store from others of the machine, wherever it is seen from; a copy is another. */
  readonly id: string;
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #unmask: (json: string, lost?: string) => string;
  readonly #unseal: (json: string) => string;
  /** Absent where outliving the process is enough. */
  readonly sync?: () => Promise<void>;
  readonly #isDurable: boolean;
  readonly #owned = new Map<string, OwnedRun>();
  /** Runs that end in the present transaction. */
  readonly #left = new Set<string>();
  #onLost: (runId: string, error: Error) => void = () => {};
  readonly #sql: Statements;
  readonly #owners: Owners;

  constructor(db: DatabaseSync, path: string, options: SqliteStoreOptions = {}) {
    this.#db = db;
    this.#path = path;
    this.id = fileId(path);
    this.#unmask = options.unmask ?? ((json) => json);
    this.#unseal = options.unseal ?? ((json) => json);
    this.#isDurable = options.durability !== 'process';
    if (this.#isDurable) this.sync = () => syncFile(`${path}-wal`);
    this.#sql = wrapped(path, () => statementsOf(db));
    this.#owners = new Owners(this.#sql, () => this.#ownsAny(), options);
  }

  create(header: RunHeader, body: string): boolean {
    return this.#transaction(() => {
      this.#owners.appear();
      const { runId, goal, query, startedAt } = header;
      const about = JSON.parse(body) as Partial<RunHeader>;
      const made = this.#sql.createRun.run(
        runId,
        this.#owners.id,
        goal === undefined ? null : (about.goal ?? goal),
        query === undefined ? null : (about.query ?? query),
        startedAt,
      );
      if (made.changes === 0) return false;
      const number = Number(made.lastInsertRowid);
      this.#sql.addEntry.run(number, 0, OPENED, this.#stored(body));
      this.#owned.set(runId, { number, seq: 1, summary: initialSummary(header) });
      return true;
    });
  }

  commit(writes: readonly RunWrite[], { breakers, paces }: Learned): void {
    const before = new Map<string, OwnedRun>();
    try {
      this.#transaction(() => {
        for (const write of writes) this.#write(write, before);
        for (const runId of before.keys()) this.#update(runId);
        for (const breaker of breakers) this.#sql.saveBreaker.run(breaker.agentId, JSON.stringify(breaker));
        for (const pace of paces) this.#savePace(pace);
      });
    } catch (error) {
      for (const [runId, owned] of before) this.#owned.set(runId, owned);
      throw error;
    }
  }

  #write({ runId, entry, body }: RunWrite, before: Map<string, OwnedRun>): void {
    const isFirst = !before.has(runId);
    const run = isFirst ? this.#requireOwned(runId) : (this.#owned.get(runId) as OwnedRun);
    if (isFirst) before.set(runId, { ...run });
    this.#sql.addEntry.run(run.number, run.seq, entry.type, this.#stored(body));
    run.seq += 1;
    run.summary = summaryAfter(run.summary, entry);
    if (entry.type === 'run.settled' || entry.type === 'run.interrupted') this.#left.add(runId);
  }

  /** The run's line in the list, and at the same time the proof that it is still ours. */
  #update(runId: string): void {
    const { number, summary } = this.#owned.get(runId) as OwnedRun;
    const { endedAt, tasks, settled, status } = summary;
    const owner = this.#left.has(runId) ? null : this.#owners.id;
    const ended = endedAt === null ? null : status;
    const { changes } = this.#sql.updateRun.run(owner, ended, endedAt, tasks, settled, number, this.#owners.id);
    if (changes === 0) throw takenOver(runId, { kind: 'gone' });
  }

  onLost(callback: (runId: string, error: Error) => void): void {
    this.#onLost = callback;
  }

  #requireOwned(runId: string): OwnedRun {
    return this.#owners.requireOwned(runId, this.#owned.get(runId));
  }

  /** Whether any run is still this owner's; reports those that were taken over. */
  #ownsAny(): boolean {
    for (const runId of this.#owned.keys()) {
      try {
        this.#requireOwned(runId);
      } catch (error) {
        if (!SoarError.isInstance(error)) continue;
        this.#owned.delete(runId);
        this.#onLost(runId, error);
      }
    }
    return this.#owned.size > 0;
  }

  claim(runId: string): boolean {
    return this.#transaction(() => {
      const run = this.#findRun(runId);
      if (!run) return false;
      this.#owners.requireFree(runId, run.owner);
      this.#owners.appear();
      this.#sql.setOwner.run(this.#owners.id, run.number);
      const seq = Number(this.#sql.countEntries.get(run.number)?.n ?? 0);
      this.#owned.set(runId, { number: run.number, seq, summary: summaryOf(run, 'interrupted') });
      return true;
    });
  }

  release(runIds: readonly string[]): void {
    if (runIds.length === 0) return;
    this.#transaction(() => {
      for (const runId of runIds) {
        const run = this.#owned.get(runId);
        if (run) this.#sql.releaseRun.run(run.number, this.#owners.id);
        this.#owned.delete(runId);
      }
    });
  }

  load(runId: string): StoredRun | null {
    return wrapped(this.#path, () => {
      const run = this.#findRun(runId);
      if (!run) return null;
      const rows: readonly Row[] = this.#sql.entriesOf.all(run.number);
      if (this.#isDurable) syncFileNow(`${this.#path}-wal`);
      // What will be run is made whole again; what was said stays as it was stored.
      const lost = new Set<string>();
      const reader = new RunReader(runId, this.#path, (type, body) => {
        const text = this.#whole(body);
        return RUN_AGAIN.has(type) ? readWhole(text, this.#unmask, lost) : JSON.parse(this.#unseal(text));
      });
      return { ...reader.read(rows), lost };
    });
  }

  #findRun(runId: string): RunRow | null {
    const row = this.#sql.findRun.get(runId);
    if (!row) return null;
    const run = runRowOf(row);
    if (!run) throw damagedRun(runId, 'its line in the list of runs is not as expected', { store: this.#path });
    return run;
  }

  list(): RunSummary[] {
    return wrapped(this.#path, () => {
      const alive = this.#owners.alive();
      return this.#sql.runs.all().flatMap((row) => {
        const run = runRowOf(row);
        return run ? [summaryOf(run, run.owner !== null && alive.has(run.owner) ? 'running' : 'interrupted')] : [];
      });
    });
  }

  damaged(): string[] {
    return wrapped(this.#path, () => this.#sql.runs.all().flatMap((row) => (runRowOf(row) ? [] : [String(row.id)])));
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    const rows = wrapped(this.#path, () => this.#sql.breakers.all());
    const breakers = rows.flatMap(({ body }) => breakerOf(body) ?? []);
    return new Map(breakers.map((breaker) => [breaker.agentId, breaker]));
  }

  paces(): ReadonlyMap<string, StoredPace> {
    const rows = wrapped(this.#path, () => this.#sql.paces.all());
    const paces = rows.flatMap(({ body }) => paceOf(body) ?? []);
    return new Map(paces.map((pace) => [pace.provider, pace]));
  }

  #savePace(pace: StoredPace): void {
    const stored = paceOf(this.#sql.findPace.get(pace.provider)?.body);
    this.#sql.savePace.run(pace.provider, JSON.stringify(mergedPace(stored ?? undefined, pace)));
  }

  findAnswer(key: string): string | null {
    return wrapped(this.#path, () => {
      const body = this.#sql.findAnswer.get(key)?.body as string | undefined;
      return body === undefined ? null : this.#whole(body);
    });
  }

  saveAnswer(key: string, at: number, body: string): void {
    this.#transaction(() => {
      this.#sql.saveAnswer.run(key, at, this.#stored(body));
      this.#sql.forgetAnswers.run(at - ANSWER_TTL_MS);
      this.#sql.trimAnswers.run(MAX_ANSWERS);
    });
  }

  endProcesses(left: LeftBehind): Promise<void> {
    return endOrphans(left, this.id, () => this.#requireOwned(left.runId));
  }

  close(): void {
    this.#owners.leave();
    this.#db.close();
  }

  /** A record as its row has it: large texts stand once in a place of their own. */
  #stored(json: string): string {
    const { body, blobs } = blobsIn(json);
    for (const [sha256, text] of blobs) this.#sql.addBlob.run(sha256, text);
    return body;
  }

  #whole(body: string): string {
    return withBlobs(body, (sha256) => this.#sql.findBlob.get(sha256)?.text);
  }

  #transaction<T>(work: () => T): T {
    return wrapped(this.#path, () => {
      this.#sql.begin.run();
      try {
        const result = work();
        this.#sql.commit.run();
        for (const runId of this.#left) this.#owned.delete(runId);
        return result;
      } catch (error) {
        // Some faults have rolled it back already.
        if (this.#db.isTransaction) this.#sql.rollback.run();
        throw error;
      } finally {
        this.#left.clear();
      }
    });
  }
}

function summaryOf(run: RunRow, present: 'running' | 'interrupted'): RunSummary {
  const { id: runId, goal, query, started_at: startedAt, ended_at: endedAt, tasks, settled } = run;
  return { runId, goal, query, status: run.status ?? present, startedAt, endedAt, tasks, settled };
}
