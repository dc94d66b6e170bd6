import type { TraceRecord } from '../trace.schema.ts';
import { type Replay, type ReplayState, stateAt } from './replay-state.ts';
import { TraceIndex } from './trace-index.ts';
import { lastAt } from './tracks.ts';

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
