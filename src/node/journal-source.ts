import type { RunSummary } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { unknownRun } from '../journal/run-errors.ts';
import type { TraceRecord } from '../trace/trace.schema.ts';
import { numbered, toldByJournal } from './journal-trace.ts';
import type { ViewerSource } from './viewer-source.ts';

export interface JournalSourceOptions {
  /** How often a run under way is looked at, milliseconds; less often when that takes long. Default 500. */
  pollMs?: number;
  /** The run's time. Default: the system's. */
  now?: () => number;
}

/** Looking takes at most this part of the time. */
const MOST_BUSY = 0.1;

/**
 * A run of a journal for the viewer, followed while a process has it: what the journal keeps of its phases and tasks, not
 * what gate and breakers did.
 *
 * @throws {SoarError} `unknown-run`.
 * @example
 * const viewer = await startViewer({ source: journalSource(sqliteJournal(), runId) });
 */
export function journalSource(journal: Journal, runId: string, options: JournalSourceOptions = {}): ViewerSource {
  const { pollMs = 500, now = Date.now } = options;
  const followers = new Set<Follower>();
  let story = new Story(journal, runId, now());
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes in what was written since. Another story than the one told so far begins anew. */
  function look(): void {
    const started = performance.now();
    try {
      if (story.status === 'running') story.look(now());
      else if (story.present() !== story.status) {
        story = new Story(journal, runId, now());
        for (const { onReset } of followers) onReset();
      }
      for (const follower of followers) tell(follower, story);
    } catch {
      // A store that another process has locked for a moment is looked at again.
    }
    const took = performance.now() - started;
    if (followers.size > 0) timer = setTimeout(look, Math.max(pollMs, took / MOST_BUSY));
  }

  return {
    name: `run ${runId}`,
    async read() {
      if (story.status === 'running') story.look(now());
      return { text: linesOf(story.records).join(''), next: String(story.records.length) };
    },
    follow(from, onLines, onReset) {
      const follower: Follower = { place: Number.parseInt(from, 10) || 0, onLines, onReset };
      followers.add(follower);
      if (followers.size === 1) timer = setTimeout(look, 0);
      return () => {
        followers.delete(follower);
        if (followers.size === 0) clearTimeout(timer);
      };
    },
  };
}

interface Follower {
  place: number;
  onLines: (lines: readonly string[], next: string) => void;
  onReset: () => void;
}

/** What has been told of a run so far. */
class Story {
  readonly #journal: Journal;
  readonly #runId: string;
  readonly records: TraceRecord[] = [];
  readonly #known = new Set<string>();
  status: RunSummary['status'];

  constructor(journal: Journal, runId: string, now: number) {
    this.#journal = journal;
    this.#runId = runId;
    this.status = this.present();
    this.look(now);
  }

  present(): RunSummary['status'] {
    const summary = this.#journal.list().find(({ runId }) => runId === this.#runId);
    if (!summary) throw unknownRun(this.#runId);
    return summary.status;
  }

  /** Adds what is new. What is learned late of an earlier instant is told as of then: a trace never goes back. */
  look(now: number): void {
    this.status = this.present();
    const stored = this.#journal.load(this.#runId);
    if (!stored) throw unknownRun(this.#runId);
    const told = toldByJournal(stored, { now, isRunning: this.status === 'running' });
    const fresh = told.filter(({ id }) => !this.#known.has(id));
    for (const { id } of fresh) this.#known.add(id);
    const last = this.records.at(-1)?.at ?? 0;
    const late = fresh.map((one) => (one.at < last ? { ...one, at: last } : one));
    this.records.push(...numbered(late, this.records.length));
  }
}

function tell(follower: Follower, { records }: Story): void {
  const fresh = records.slice(follower.place);
  if (fresh.length === 0) return;
  follower.place = records.length;
  follower.onLines(
    fresh.map((record) => JSON.stringify(record)),
    String(records.length),
  );
}

function linesOf(records: readonly TraceRecord[]): string[] {
  return records.map((record) => `${JSON.stringify(record)}\n`);
}
