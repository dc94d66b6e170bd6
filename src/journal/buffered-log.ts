import type { LogEntry } from '../run/entries.ts';
import type { RunLog } from '../run/log.ts';

/** The journal that keeps a log, as far as the log needs it. */
interface Keeper extends Pick<RunLog, 'isDirty' | 'epoch' | 'committed' | 'durable'> {
  append(log: BufferedLog, entry: LogEntry): void;
  release(log: BufferedLog): void;
}

export class BufferedLog implements RunLog {
  readonly runId: string;
  readonly #journal: Keeper;
  readonly #onFailure: ((error: Error) => void)[] = [];
  isInterrupted = false;
  failure: Error | null = null;

  constructor(runId: string, journal: Keeper) {
    this.runId = runId;
    this.#journal = journal;
  }

  get isDirty(): boolean {
    return this.#journal.isDirty;
  }

  append(entry: LogEntry): void {
    if (this.isInterrupted && (entry.type === 'task.settled' || entry.type === 'call.settled')) {
      const { status, error, taskId, attempts } = entry.type === 'call.settled' ? entry : entry.report.outcome;
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
    this.failure = error;
    for (const callback of this.#onFailure) callback(error);
  }
}
