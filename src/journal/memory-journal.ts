import { SoarError } from '../errors/soar-error.ts';
import type { LogEntry, RunHeader, RunSummary, StoredBreaker, StoredPace, StoredRun } from '../run/entries.ts';
import { MAX_ANSWERS } from './answers.ts';
import { BufferedJournal, type BufferedJournalOptions } from './buffered-journal.ts';
import type { Journal } from './journal.ts';
import type { JournalStore, Learned, RunWrite } from './journal-store.ts';
import { MemoryShelf } from './memory-shelf.ts';
import { mergedPace } from './merged-pace.ts';
import { type Successor, takenOver } from './run-errors.ts';
import { initialSummary, summaryAfter } from './run-summary.ts';

interface MemoryRun {
  header: string;
  entries: string[];
  summary: RunSummary;
  owner: object | null;
}

/** Store of a memory journal; several journals may share one, as processes share a file. */
export interface MemoryDisk {
  runs: Map<string, MemoryRun>;
  breakers: Map<string, StoredBreaker>;
  paces: Map<string, StoredPace>;
  answers: MemoryShelf;
}

function emptyDisk(): MemoryDisk {
  return {
    runs: new Map(),
    breakers: new Map(),
    paces: new Map(),
    answers: new MemoryShelf(MAX_ANSWERS),
  };
}

export interface MemoryJournal extends Journal {
  readonly disk: MemoryDisk;
  /**
   * Ends this journal as the death of its process would: uncommitted records are lost, nothing it receives from now on
   * happens, and who asks it to call back is never called. Gives the journal that the next process would open.
   */
  crash(): MemoryJournal;
}

/**
 * A journal that lives as long as this process: for tests, and for runs that need to survive their engine but not their
 * process. Records are kept as JSON, as any other journal keeps them.
 *
 * @example
 * const journal = memoryJournal();
 * const run = createSoar({ journal, agents }).run(plan);
 * const next = createSoar({ journal: journal.crash(), agents }).resume(run.id);
 */
export function memoryJournal(options: BufferedJournalOptions & { disk?: MemoryDisk } = {}): MemoryJournal {
  const { disk = emptyDisk(), ...rest } = options;
  return new Memory(disk, rest);
}

class Memory extends BufferedJournal implements MemoryJournal {
  readonly disk: MemoryDisk;
  readonly #store: MemoryStore;
  readonly #options: BufferedJournalOptions;

  constructor(disk: MemoryDisk, options: BufferedJournalOptions) {
    const store = new MemoryStore(disk);
    super(store, options);
    this.disk = disk;
    this.#store = store;
    this.#options = options;
  }

  crash(): MemoryJournal {
    this.die();
    this.#store.release([...this.disk.runs.keys()]);
    return new Memory(this.disk, this.#options);
  }
}

function successorOf(run: MemoryRun | undefined): Successor {
  if (!run) return { kind: 'gone' };
  if (run.owner) return { kind: 'journal' };
  return run.summary.endedAt === null ? { kind: 'left' } : { kind: 'ended', status: run.summary.status };
}

class MemoryStore implements JournalStore {
  readonly #disk: MemoryDisk;
  readonly #owner = {};

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  create(header: RunHeader, body: string): boolean {
    const { runs } = this.#disk;
    if (runs.has(header.runId)) return false;
    runs.set(header.runId, { header: body, entries: [], summary: initialSummary(header), owner: this.#owner });
    return true;
  }

  commit(writes: readonly RunWrite[], learned: Learned): void {
    for (const { runId } of writes) {
      const run = this.#disk.runs.get(runId);
      if (run?.owner !== this.#owner) throw takenOver(runId, successorOf(run));
    }
    for (const { runId, entry, body } of writes) {
      const run = this.#disk.runs.get(runId) as MemoryRun;
      run.entries.push(body);
      run.summary = summaryAfter(run.summary, entry);
      if (entry.type === 'run.settled' || entry.type === 'run.interrupted') run.owner = null;
    }
    const { breakers, paces } = this.#disk;
    for (const breaker of learned.breakers) breakers.set(breaker.agentId, breaker);
    for (const pace of learned.paces) paces.set(pace.provider, mergedPace(paces.get(pace.provider), pace));
  }

  claim(runId: string): boolean {
    const run = this.#disk.runs.get(runId);
    if (!run) return false;
    if (run.owner && run.owner !== this.#owner) {
      throw new SoarError('run-owned', `Run \`${runId}\` is under way in another journal of this process.`);
    }
    run.owner = this.#owner;
    return true;
  }

  release(runIds: readonly string[]): void {
    for (const runId of runIds) {
      const run = this.#disk.runs.get(runId);
      if (run && run.owner === this.#owner) run.owner = null;
    }
  }

  load(runId: string): StoredRun | null {
    const run = this.#disk.runs.get(runId);
    if (!run) return null;
    return {
      header: JSON.parse(run.header) as RunHeader,
      entries: run.entries.map((body) => JSON.parse(body) as LogEntry),
    };
  }

  list(): RunSummary[] {
    const all = [...this.#disk.runs.values()].reverse();
    const summaries = all.map(({ summary, owner }) =>
      summary.endedAt === null && owner ? { ...summary, status: 'running' as const } : summary,
    );
    return summaries.sort((a, b) => b.startedAt - a.startedAt);
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    return new Map(this.#disk.breakers);
  }

  paces(): ReadonlyMap<string, StoredPace> {
    return new Map(this.#disk.paces);
  }

  findAnswer(key: string): string | null {
    return this.#disk.answers.find(key);
  }

  saveAnswer(key: string, at: number, body: string): void {
    this.#disk.answers.save(key, at, body);
  }

  async endProcesses(): Promise<void> {}

  close(): void {}
}
