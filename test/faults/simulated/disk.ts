import { SoarError } from '../../../src/errors/soar-error.ts';
import type { JournalStore, Learned, RunWrite } from '../../../src/journal/journal-store.ts';
import { mergedPace } from '../../../src/journal/merged-pace.ts';
import { takenOver } from '../../../src/journal/run-errors.ts';
import type {
  LogEntry,
  RunHeader,
  RunSummary,
  StoredBreaker,
  StoredPace,
  StoredRun,
} from '../../../src/run/entries.ts';
import type { Chance } from '../random.ts';

/** One commit, as JSON. */
interface Commit {
  opened?: RunHeader;
  entries: string[];
  learned?: Learned;
}

/** A disk with one run on it: commits in their order, and how many of them a loss of power cannot take any more. */
export class SimulatedDisk {
  commits: Commit[] = [];
  durable = 0;
  /** The store that owns the run. */
  owner: object | null = null;

  /** Power is lost: of what was not synced yet a part may have reached the disk, but nothing after what has not. */
  losePower(chance: Chance): void {
    this.commits.length = chance.between(this.durable, this.commits.length);
  }
}

/** What goes wrong with a store; each is looked at when it is due. */
export interface StoreFaults {
  /** Before the n-th commit of this process, counted from 0. May not return. */
  beforeCommit(nth: number): void;
  /** After it: it is committed, and not yet published. */
  afterCommit(nth: number): void;
  /** Waits as long as the disk takes. */
  sync(): Promise<void>;
}

/** The store of one process on that disk. */
export class SimulatedStore implements JournalStore {
  readonly #disk: SimulatedDisk;
  readonly #faults: StoreFaults;
  #nth = 0;

  constructor(disk: SimulatedDisk, faults: StoreFaults) {
    this.#disk = disk;
    this.#faults = faults;
  }

  create(header: RunHeader, body: string): boolean {
    if (this.#header()) return false;
    this.#disk.owner = this;
    this.#write({ opened: JSON.parse(body) as RunHeader, entries: [] });
    return header.runId !== '';
  }

  commit(writes: readonly RunWrite[], learned: Learned): void {
    const [first] = writes;
    if (first && this.#disk.owner !== this) throw takenOver(first.runId, { kind: 'left' });
    this.#write({ entries: writes.map(({ body }) => body), learned: JSON.parse(JSON.stringify(learned)) as Learned });
  }

  #write(commit: Commit): void {
    const nth = this.#nth;
    this.#nth += 1;
    this.#faults.beforeCommit(nth);
    this.#disk.commits.push(commit);
    this.#faults.afterCommit(nth);
  }

  async sync(): Promise<void> {
    const { length } = this.#disk.commits;
    await this.#faults.sync();
    this.#disk.durable = Math.max(this.#disk.durable, length);
  }

  claim(runId: string): boolean {
    if (this.#disk.owner && this.#disk.owner !== this) {
      throw new SoarError('run-owned', `Run \`${runId}\` is under way in another process.`);
    }
    if (!this.#header()) return false;
    this.#disk.owner = this;
    return true;
  }

  release(): void {
    if (this.#disk.owner === this) this.#disk.owner = null;
  }

  #header(): RunHeader | undefined {
    return this.#disk.commits.find(({ opened }) => opened)?.opened;
  }

  load(): StoredRun | null {
    const header = this.#header();
    if (!header) return null;
    this.#disk.durable = this.#disk.commits.length;
    const bodies = this.#disk.commits.flatMap(({ entries }) => entries);
    return structuredClone({ header, entries: bodies.map((body) => JSON.parse(body) as LogEntry) });
  }

  list(): RunSummary[] {
    return [];
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    const all = this.#disk.commits.flatMap(({ learned }) => learned?.breakers ?? []);
    return new Map(all.map((breaker) => [breaker.agentId, breaker]));
  }

  paces(): ReadonlyMap<string, StoredPace> {
    const paces = new Map<string, StoredPace>();
    for (const { learned } of this.#disk.commits) {
      for (const pace of learned?.paces ?? []) paces.set(pace.provider, mergedPace(paces.get(pace.provider), pace));
    }
    return paces;
  }

  findAnswer(): string | null {
    return null;
  }

  saveAnswer(): void {}

  records(): string[] {
    return [];
  }

  saveRecord(): void {}

  async endProcesses(): Promise<void> {}

  close(): void {}
}
