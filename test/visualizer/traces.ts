import type { RunTrack, TaskTrack } from '../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { TraceStore } from '../../visualizer/model/store.ts';

export function storeOf(records: readonly TraceRecord[]): TraceStore {
  const store = new TraceStore();
  for (const record of records) store.add(record);
  return store;
}

export function runOf(store: TraceStore): RunTrack {
  const [run] = store.runs;
  if (!run) throw new Error('The trace holds no run.');
  return run;
}

export function taskOf(store: TraceStore, id: string): TaskTrack {
  const task = runOf(store).byId.get(id);
  if (!task) throw new Error(`There is no task ${id}.`);
  return task;
}

/** The last record at an instant, counted from the beginning. */
export const seqAfter = (store: TraceStore, ms: number): number => store.seqAt(store.startedAt + ms);
