import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { SoarError } from '../errors/soar-error.ts';
import type { JournalStore, RunWrite } from '../journal/buffered-journal.ts';
import type { LogEntry, RunHeader, RunSummary, StoredBreaker, StoredProcess, StoredRun } from '../journal/entries.ts';
import { takenOver } from '../journal/memory-journal.ts';
import { initialSummary, summaryAfter } from '../journal/run-summary.ts';
import { blobsIn, withBlobs } from './blobs.ts';
import { endOrphans } from './end-orphans.ts';
import type { ProcessIdentity } from './process-tree.ts';
import { wrapped } from './sqlite-file.ts';
import { isAlive, thisMachine, thisProcess } from './this-process.ts';

/** How often an owner says that it is there, and how long it is believed where its process cannot be looked for. */
const HEARTBEAT_MS = 2000;
const STALE_MS = 10_000;

/** Who writes. The default is this process; a test may pretend to be another. */
export interface OwnerIdentity extends ProcessIdentity {
  machine: string;
}

export interface SqliteStoreOptions {
  /** What a commit that is called durable outlives. Default `power`. */
  durability?: 'power' | 'process';
  unmask?: (json: string) => string;
  identity?: OwnerIdentity;
  now?: () => number;
}

/** A run's first record: what it was started with. In no row that changes, since it may be large. */
const OPENED = 'run.opened';

interface OwnedRun {
  number: number;
  seq: number;
  summary: RunSummary;
}

/** A journal's store in SQLite. One writer at a time over all processes; each call is one transaction. */
export class SqliteStore implements JournalStore {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #id = randomUUID();
  readonly #identity: OwnerIdentity;
  readonly #unmask: (json: string) => string;
  readonly #now: () => number;
  /** Absent where outliving the process is enough. */
  readonly sync?: () => Promise<void>;
  readonly #owned = new Map<string, OwnedRun>();
  /** Runs that end in the present transaction. */
  readonly #left = new Set<string>();
  readonly #sql: ReturnType<typeof statementsOf>;
  #heartbeat: ReturnType<typeof setInterval> | null = null;

  constructor(db: DatabaseSync, path: string, options: SqliteStoreOptions = {}) {
    this.#db = db;
    this.#path = path;
    this.#identity = options.identity ?? { machine: thisMachine(), ...thisProcess() };
    this.#unmask = options.unmask ?? ((json) => json);
    this.#now = options.now ?? Date.now;
    if (options.durability !== 'process') this.sync = () => syncFile(`${path}-wal`);
    this.#sql = wrapped(path, () => statementsOf(db));
  }

  create(header: RunHeader, body: string): boolean {
    return this.#transaction(() => {
      this.#appear();
      const { runId, goal, query, startedAt } = header;
      const about = JSON.parse(body) as Partial<RunHeader>;
      const made = this.#sql.createRun.run(
        runId,
        this.#id,
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

  commit(writes: readonly RunWrite[], breakers: readonly StoredBreaker[]): void {
    const before = new Map<string, OwnedRun>();
    try {
      this.#transaction(() => {
        for (const write of writes) this.#write(write, before);
        for (const runId of before.keys()) this.#update(runId);
        for (const breaker of breakers) this.#sql.saveBreaker.run(breaker.agentId, JSON.stringify(breaker));
      });
    } catch (error) {
      for (const [runId, owned] of before) this.#owned.set(runId, owned);
      throw error;
    }
  }

  #write({ runId, entry, body }: RunWrite, before: Map<string, OwnedRun>): void {
    const run = this.#owned.get(runId);
    if (!run) throw takenOver(runId);
    if (!before.has(runId)) before.set(runId, { ...run });
    this.#sql.addEntry.run(run.number, run.seq, entry.type, this.#stored(body));
    run.seq += 1;
    run.summary = summaryAfter(run.summary, entry);
    if (entry.type === 'run.settled' || entry.type === 'run.interrupted') this.#left.add(runId);
  }

  /** The run's line in the list, and at the same time the proof that it is still ours. */
  #update(runId: string): void {
    const { number, summary } = this.#owned.get(runId) as OwnedRun;
    const { endedAt, tasks, settled, status } = summary;
    const owner = this.#left.has(runId) ? null : this.#id;
    const ended = endedAt === null ? null : status;
    const { changes } = this.#sql.updateRun.run(owner, ended, endedAt, tasks, settled, number, this.#id);
    if (changes === 0) throw takenOver(runId);
  }

  claim(runId: string): boolean {
    return this.#transaction(() => {
      const run = this.#sql.findRun.get(runId) as RunRow | undefined;
      if (!run) return false;
      this.#requireFree(runId, run.owner);
      this.#appear();
      this.#sql.setOwner.run(this.#id, run.number);
      const seq = Number(this.#sql.countEntries.get(run.number)?.n ?? 0);
      this.#owned.set(runId, { number: run.number, seq, summary: summaryOf(run, 'interrupted') });
      return true;
    });
  }

  #requireFree(runId: string, owner: string | null): void {
    if (owner === null || owner === this.#id) return;
    const found = this.#sql.findOwner.get(owner) as OwnerRow | undefined;
    if (!found || !this.#isAlive(found)) return;
    const where = found.machine === this.#identity.machine ? '' : ` on ${found.machine.split('/')[0]}`;
    const message = `Run \`${runId}\` is under way in process ${found.pid}${where}. Wait for it, or end that process first.`;
    throw new SoarError('run-owned', message);
  }

  /** A process is looked for where it must be; from another machine only its heartbeat can be seen. */
  #isAlive({ id, machine, pid, started, heartbeat_at }: OwnerRow): boolean {
    if (id === this.#id) return true;
    if (machine === this.#identity.machine && started !== '') return isAlive({ pid, started });
    return this.#now() - heartbeat_at < STALE_MS;
  }

  release(runIds: readonly string[]): void {
    if (runIds.length === 0) return;
    this.#transaction(() => {
      for (const runId of runIds) {
        const run = this.#owned.get(runId);
        if (run) this.#sql.releaseRun.run(run.number, this.#id);
        this.#owned.delete(runId);
      }
    });
  }

  load(runId: string): StoredRun | null {
    return wrapped(this.#path, () => {
      const run = this.#sql.findRun.get(runId) as RunRow | undefined;
      if (!run) return null;
      const rows = this.#sql.entriesOf.all(run.number) as { type: string; body: string }[];
      // What will be run is made whole again; what was said stays as it was stored.
      const [header, ...entries] = rows.map(({ type, body }): unknown => {
        const text = this.#whole(body);
        return JSON.parse(type === OPENED || type === 'phase.completed' ? this.#unmask(text) : text);
      });
      return { header: header as RunHeader, entries: entries as LogEntry[] };
    });
  }

  list(): RunSummary[] {
    return wrapped(this.#path, () => {
      const owners = new Map((this.#sql.owners.all() as unknown as OwnerRow[]).map((owner) => [owner.id, owner]));
      return (this.#sql.runs.all() as unknown as RunRow[]).map((run) => {
        const owner = run.owner === null ? undefined : owners.get(run.owner);
        return summaryOf(run, owner && this.#isAlive(owner) ? 'running' : 'interrupted');
      });
    });
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    const rows = wrapped(this.#path, () => this.#sql.breakers.all());
    return new Map(rows.map(({ agent, body }) => [agent as string, JSON.parse(body as string) as StoredBreaker]));
  }

  endProcesses(processes: readonly StoredProcess[]): Promise<void> {
    return endOrphans(processes);
  }

  close(): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    try {
      this.#sql.removeOwner.run(this.#id);
    } catch {
      // A store that cannot be written keeps a line about an owner that will be found dead.
    }
    this.#db.close();
  }

  /** Makes this owner known, once, and keeps it known. Never keeps the process alive. */
  #appear(): void {
    const { machine, pid, started } = this.#identity;
    this.#sql.beat.run(this.#id, machine, pid, started, this.#now());
    if (this.#heartbeat) return;
    this.#sql.forgetOwners.run(this.#now() - 10 * STALE_MS);
    this.#heartbeat = setInterval(() => {
      try {
        if (this.#owned.size > 0) this.#sql.beat.run(this.#id, machine, pid, started, this.#now());
      } catch {
        // The next commit meets the same trouble, and tells the run of it.
      }
    }, HEARTBEAT_MS);
    this.#heartbeat.unref?.();
  }

  /** A record as its row has it: large texts stand once in a place of their own. */
  #stored(json: string): string {
    const { body, blobs } = blobsIn(json);
    for (const [sha256, text] of blobs) this.#sql.addBlob.run(sha256, text);
    return body;
  }

  #whole(body: string): string {
    return withBlobs(body, (sha256) => this.#sql.findBlob.get(sha256)?.text as string | undefined);
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

/** Waits until the disk has what was written, without keeping anything else waiting. */
async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    // A store that was closed meanwhile has put everything in its place, and has no such file any more.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new SoarError('io', `The journal ${path} could not be written to the disk: ${String(cause)}.`, { cause });
  }
}

interface OwnerRow {
  id: string;
  machine: string;
  pid: number;
  started: string;
  heartbeat_at: number;
}

interface RunRow {
  number: number;
  id: string;
  owner: string | null;
  goal: string | null;
  query: string | null;
  status: RunSummary['status'] | null;
  started_at: number;
  ended_at: number | null;
  tasks: number;
  settled: number;
}

function summaryOf(run: RunRow, present: 'running' | 'interrupted'): RunSummary {
  const { id: runId, goal, query, started_at: startedAt, ended_at: endedAt, tasks, settled } = run;
  return { runId, goal, query, status: run.status ?? present, startedAt, endedAt, tasks, settled };
}

function statementsOf(db: DatabaseSync) {
  const sql = (text: string) => db.prepare(text);
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    rollback: sql('ROLLBACK'),
    createRun: sql('INSERT OR IGNORE INTO runs (id, owner, goal, query, started_at) VALUES (?, ?, ?, ?, ?)'),
    addEntry: sql('INSERT INTO entries (run, seq, type, body) VALUES (?, ?, ?, ?)'),
    updateRun: sql(
      'UPDATE runs SET owner = ?, status = ?, ended_at = ?, tasks = ?, settled = ? WHERE number = ? AND owner = ?',
    ),
    findRun: sql('SELECT * FROM runs WHERE id = ?'),
    countEntries: sql('SELECT count(*) AS n FROM entries WHERE run = ?'),
    entriesOf: sql('SELECT type, body FROM entries WHERE run = ? ORDER BY seq'),
    setOwner: sql('UPDATE runs SET owner = ? WHERE number = ?'),
    releaseRun: sql('UPDATE runs SET owner = NULL WHERE number = ? AND owner = ?'),
    runs: sql('SELECT * FROM runs ORDER BY started_at DESC, number DESC'),
    owners: sql('SELECT * FROM owners'),
    findOwner: sql('SELECT * FROM owners WHERE id = ?'),
    removeOwner: sql('DELETE FROM owners WHERE id = ?'),
    forgetOwners: sql(
      'DELETE FROM owners WHERE heartbeat_at < ? AND id NOT IN (SELECT owner FROM runs WHERE owner IS NOT NULL)',
    ),
    beat: sql(
      'INSERT INTO owners VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at',
    ),
    addBlob: sql('INSERT OR IGNORE INTO blobs VALUES (?, ?)'),
    findBlob: sql('SELECT text FROM blobs WHERE sha256 = ?'),
    breakers: sql('SELECT agent, body FROM breakers'),
    saveBreaker: sql('INSERT INTO breakers VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET body = excluded.body'),
  };
}
