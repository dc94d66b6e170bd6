import type { Journal } from '../../journal/journal.ts';
import { readingRun, unknownRun } from '../../journal/run-errors.ts';
import type { RunSummary } from '../../run/entries.ts';
import { createSecretMask } from '../../text/mask/secret-mask.ts';
import { numbered, recordsOfJournal } from '../../trace/journal/journal-trace.ts';
import { BATCH_LINES, type OnLines, partsOf, type ViewerSource } from './viewer-source.ts';

export interface JournalSourceOptions {
  /** How often a run under way is looked at, milliseconds; less often when that takes long. Default 500. */
  pollMs?: number;
  /** The run's time. Default: the system's. */
  now?: () => number;
  /** Environment whose secrets are masked: a journal gives back those it was not to store. Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
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
  const { pollMs = 500, now = Date.now, env = process.env } = options;
  const { maskJson: mask } = createSecretMask(env);
  const begin = () => new Story({ journal, runId, mask }, now());
  const followers = new Set<Follower>();
  let story = begin();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Reads the records written since. Records that contradict earlier ones begin the trace anew. */
  function look(): void {
    const started = performance.now();
    try {
      if (story.status === 'running') story.look(now());
      else if (story.present() !== story.status) {
        story = begin();
        for (const { onReset } of followers) onReset();
      }
      for (const follower of followers) void tell(follower, () => (followers.has(follower) ? story : null));
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
      const { lines } = story;
      return { parts: partsOf(lines, (line) => line, lines.length), next: String(lines.length) };
    },
    follow(from, onLines, onReset) {
      const follower: Follower = { place: Number.parseInt(from, 10) || 0, isBusy: false, onLines, onReset };
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
  /** Whether a client has not yet taken the last records. */
  isBusy: boolean;
  onLines: OnLines;
  onReset: () => void;
}

/** The records emitted for a run so far. */
class Story {
  readonly #journal: Journal;
  readonly #runId: string;
  readonly #mask: (json: string) => string;
  /** Records as JSON. */
  readonly lines: string[] = [];
  #lastAt = 0;
  readonly #known = new Set<string>();
  status: RunSummary['status'];

  constructor({ journal, runId, mask }: { journal: Journal; runId: string; mask(json: string): string }, now: number) {
    this.#journal = journal;
    this.#runId = runId;
    this.#mask = mask;
    this.status = this.present();
    this.look(now);
  }

  present(): RunSummary['status'] {
    const summary = this.#journal.list().find(({ runId }) => runId === this.#runId);
    if (summary) return summary.status;
    // Throws when its line in the list is damaged.
    this.#journal.load(this.#runId);
    throw unknownRun(this.#runId);
  }

  /** Adds new records. A fact that arrives late is dated at the present end, as a trace never goes back. */
  look(now: number): void {
    this.status = this.present();
    const stored = this.#journal.load(this.#runId);
    if (!stored) throw unknownRun(this.#runId);
    const isRunning = this.status === 'running';
    const told = readingRun(this.#runId, () => recordsOfJournal(stored, { now, isRunning }));
    const fresh = told.filter(({ id }) => !this.#known.has(id));
    for (const { id } of fresh) this.#known.add(id);
    const last = this.#lastAt;
    const late = fresh.map((one) => (one.at < last ? { ...one, at: last } : one));
    this.#lastAt = late.at(-1)?.at ?? last;
    for (const record of numbered(late, this.lines.length)) this.lines.push(this.#mask(JSON.stringify(record)));
  }
}

/** Passes on what a follower has not heard of the story, no faster than it listens. */
async function tell(follower: Follower, storyOf: () => Story | null): Promise<void> {
  if (follower.isBusy) return;
  follower.isBusy = true;
  for (let story = storyOf(); story && follower.place < story.lines.length; story = storyOf()) {
    const batch = story.lines.slice(follower.place, follower.place + BATCH_LINES);
    follower.place += batch.length;
    await follower.onLines(batch, String(follower.place));
  }
  follower.isBusy = false;
}
