import type { RunTrack } from '../../src/trace/replay/tracks.ts';
import { AtInstant } from './at-instant.ts';
import type { TraceStore } from './store.ts';
import { countKinds, kindAt, type TaskKind } from './task-kind.ts';

/** The kinds of a plan's tasks at an instant, and how many there are of each. */
export interface Kinds {
  /** By the places of the tasks in the plan. Becomes that of the next instant looked at. */
  readonly list: readonly TaskKind[];
  readonly counts: Readonly<Record<TaskKind, number>>;
}

/** Those of tasks that have their outcome. */
export const OVER: ReadonlySet<TaskKind> = new Set(['succeeded', 'recovered', 'failed', 'cancelled', 'skipped']);

/** How many tasks are of one of some kinds. */
export function countOf({ counts }: Kinds, wanted: Iterable<TaskKind>): number {
  let sum = 0;
  for (const kind of wanted) sum += counts[kind];
  return sum;
}

export const NO_KINDS: Kinds = { list: [], counts: countKinds([]) };

/** The kinds of the tasks of a run, from instant to instant: what `kindAt` and `countKinds` say, with less work. */
export class KindsAt {
  readonly #counts = countKinds([]);
  readonly #tasks: AtInstant<TaskKind>;
  #kinds: Kinds = NO_KINDS;

  constructor(store: TraceStore, run: RunTrack, look: typeof kindAt = kindAt) {
    this.#tasks = new AtInstant(store, run, look, (before, after) => {
      if (before !== undefined) this.#counts[before] -= 1;
      this.#counts[after] += 1;
    });
  }

  /** The same object for as long as nothing in it is another. */
  at(seq: number): Kinds {
    if (this.#tasks.moveTo(seq)) this.#kinds = { list: this.#tasks.values, counts: { ...this.#counts } };
    return this.#kinds;
  }
}
