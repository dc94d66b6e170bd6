import type { ChartDefinition } from './chart.schema.ts';
import { type ReplayState, stateAt } from './replay-state.ts';
import type { TraceRecord } from './trace.schema.ts';
import { TraceIndex } from './trace-index.ts';
import { type ActorTrack, lastAt, type RunTrack } from './tracks.ts';

/** A trace, indexed by actors, runs and tasks: the state of everything at any instant. */
export interface Replay {
  /** Takes the next record, in order; false for one that it has. */
  add(record: TraceRecord): boolean;
  /** Everything as it was at an instant, epoch milliseconds: after all that happened then. */
  at(time: number): ReplayState;
  /** Everything as it was after a record. */
  atSeq(seq: number): ReplayState;
  run(id: string): RunTrack | undefined;
  /** Time of the first and of the last record; 0 when there is none. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** -1 when there is no record. */
  readonly lastSeq: number;
  /** All records but definitions and bodies of texts, in order. */
  readonly log: readonly TraceRecord[];
  readonly runs: readonly RunTrack[];
  /** By their ids, in the order in which they began. */
  readonly actors: ReadonlyMap<string, ActorTrack>;
  /** Definitions of machines by name. */
  readonly charts: ReadonlyMap<string, ChartDefinition>;
  /** Bodies of texts by reference, where they were recorded. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Builds a replay of a trace. Give it all records, or `add` them as they come. The time it takes is linear in records; a
 * state is looked up, so every instant costs the same.
 *
 * @param records In order of `seq`. A record that comes twice is taken once.
 * @example
 * import { createReplay, createSoar, ringSink } from 'soar-machine';
 *
 * const ring = ringSink();
 * const soar = createSoar({ agents: { hello: () => 'Hello!' }, trace: [ring] });
 * await soar.run({ tasks: [{ id: 'greet', prompt: 'Say hello.' }] });
 * await soar.close();
 *
 * const replay = createReplay(ring.records());
 * const [run] = replay.at(replay.endedAt).runs;
 * console.log(run?.succeeded); // 1
 */
export function createReplay(records: Iterable<TraceRecord> = []): Replay {
  const replay = new IndexedReplay();
  for (const record of records) replay.add(record);
  return replay;
}

class IndexedReplay extends TraceIndex implements Replay {
  at(time: number): ReplayState {
    return stateAt(this, this.seqAt(time), time);
  }

  atSeq(seq: number): ReplayState {
    return stateAt(this, seq, this.log[lastAt(this.log, seq)]?.at ?? this.startedAt);
  }
}
