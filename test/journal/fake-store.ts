import { SoarError } from '../../src/errors/soar-error.ts';
import type { JournalStore, RunWrite } from '../../src/journal/journal-store.ts';
import type { LogEntry, RunHeader, RunSummary, StoredBreaker, StoredPace, StoredRun } from '../../src/run/entries.ts';

/** A store of one run, whose disk can be full, and slow. */
export class FakeStore implements JournalStore {
  isFull = false;
  header: RunHeader | null = null;
  readonly entries: LogEntry[] = [];

  create(header: RunHeader): boolean {
    if (this.isFull) throw new SoarError('io', 'The disk is full.');
    this.header = header;
    return true;
  }

  commit(writes: readonly RunWrite[]): void {
    if (this.isFull) throw new SoarError('io', 'The disk is full.');
    this.entries.push(...writes.map(({ entry }) => entry));
  }

  claim(): boolean {
    return this.header !== null;
  }

  release(): void {}

  load(): StoredRun | null {
    return this.header && { header: this.header, entries: [...this.entries] };
  }

  list(): RunSummary[] {
    return [];
  }

  breakers(): ReadonlyMap<string, StoredBreaker> {
    return new Map();
  }

  paces(): ReadonlyMap<string, StoredPace> {
    return new Map();
  }

  findAnswer(): string | null {
    return null;
  }

  saveAnswer(): void {}

  records(): string[] {
    return [];
  }

  saveRecord(): void {}

  /** Ends the wait for the disk that is under way; absent until it is slow. */
  wrote: (() => void) | null = null;
  sync?: () => Promise<void>;

  slowDown(): void {
    this.sync = () =>
      new Promise((resolve) => {
        this.wrote = resolve;
      });
  }

  async endProcesses(): Promise<void> {}

  close(): void {}
}
