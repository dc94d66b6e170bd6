import { lastAt, type RunTrack, type TaskTrack } from '../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import type { TraceStore } from './store.ts';

/**
 * State of each task of a run's plan at an instant. Going to another one looks anew only at tasks of which something is
 * recorded in between, or was recorded since: what is reported late may change what a task was before.
 */
export class AtInstant<T> {
  /** By the places of the tasks in the plan. */
  readonly values: T[] = [];
  readonly #store: TraceStore;
  readonly #run: RunTrack;
  readonly #look: (task: TaskTrack, seq: number) => T;
  readonly #onChange: (before: T | undefined, after: T) => void;
  #seq = -1;
  /** How many records of the log it has seen. */
  #seen = 0;

  /**
   * @param look What a task is by a record. It may depend on the records about this task alone.
   * @param onChange Called with each changed value; before is undefined for a task that is new.
   */
  constructor(
    store: TraceStore,
    run: RunTrack,
    look: (task: TaskTrack, seq: number) => T,
    onChange: (before: T | undefined, after: T) => void = () => {},
  ) {
    this.#store = store;
    this.#run = run;
    this.#look = look;
    this.#onChange = onChange;
  }

  /** Goes to the instant of a record; true when a value is another one there. */
  moveTo(seq: number): boolean {
    const { log } = this.#store;
    const first = lastAt(log, Math.min(seq, this.#seq)) + 1;
    const end = lastAt(log, Math.max(seq, this.#seq)) + 1;
    const { tasks } = this.#run;
    const known = this.values.length;
    let isChanged = false;
    const look = (index: number) => {
      const task = tasks[index];
      if (!task) return;
      const before = this.values[index];
      const after = this.#look(task, seq);
      if (before === after) return;
      this.values[index] = after;
      this.#onChange(before, after);
      isChanged = true;
    };
    if (end - first + log.length - this.#seen > tasks.length) {
      for (let index = 0; index < known; index += 1) look(index);
    } else {
      const touched = new Set<number>();
      for (let place = first; place < end; place += 1) this.#touch(log[place], touched);
      for (let place = this.#seen; place < log.length; place += 1) this.#touch(log[place], touched);
      for (const index of touched) if (index < known) look(index);
    }
    for (let index = known; index < tasks.length; index += 1) look(index);
    this.#seq = seq;
    this.#seen = log.length;
    return isChanged;
  }

  #touch(record: TraceRecord | undefined, touched: Set<number>): void {
    const about = record && 'actor' in record ? this.#store.actors.get(record.actor) : record;
    if (!about || !('taskId' in about) || about.taskId === undefined || about.runId !== this.#run.id) return;
    const task = this.#run.byId.get(about.taskId);
    if (task) touched.add(task.index);
  }
}
