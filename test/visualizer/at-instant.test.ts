import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunTrack } from '../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { AtInstant } from '../../visualizer/model/at-instant.ts';
import { KindsAt } from '../../visualizer/model/kinds-at.ts';
import { countKinds, kindAt } from '../../visualizer/model/task-kind.ts';
import { usageOfTask } from '../../visualizer/model/usage.ts';
import { crowdTrace, questionTrace, releaseTrace, stormTrace } from '../support/sample-traces.ts';
import { runOf, storeOf } from './traces.ts';

let traces: { name: string; records: TraceRecord[] }[];
let crowd: TraceRecord[];
beforeAll(async () => {
  crowd = await crowdTrace(400);
  traces = [
    { name: 'release', records: await releaseTrace() },
    { name: 'storm', records: await stormTrace() },
    { name: 'question', records: await questionTrace() },
    { name: 'crowd', records: crowd },
  ];
});

const kindsOf = (run: RunTrack, seq: number) => run.tasks.map((task) => kindAt(task, seq));

interface Stop {
  /** Where to, as thousandths of the trace; or by how many records from where one is. */
  to?: number;
  by?: number;
  /** More of the trace has come in by then. */
  isNews: boolean;
}

/** Instants to go to, one after the other, by leaps and by steps, also before the beginning and after the end. */
const journeys: fc.Arbitrary<Stop[]> = fc.array(
  fc.oneof(
    fc.record({ to: fc.integer({ min: -50, max: 1050 }), isNews: fc.boolean() }),
    fc.record({ by: fc.integer({ min: -20, max: 20 }), isNews: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 60 },
);

const next = (here: number, { to, by = 0 }: Stop, lastSeq: number): number =>
  to === undefined ? here + by : Math.round((to / 1000) * lastSeq);

describe('from instant to instant', () => {
  test('kinds and counts are what is found from the beginning, forwards and backwards, by steps and by leaps', () => {
    for (const { records } of traces) {
      const store = storeOf(records);
      const run = runOf(store);
      const property = fc.property(journeys, (journey) => {
        const kinds = new KindsAt(store, run);
        let seq = -1;
        for (const stop of journey) {
          seq = next(seq, stop, store.lastSeq);
          const { list, counts } = kinds.at(seq);
          expect(list).toEqual(kindsOf(run, seq));
          expect(counts).toEqual(countKinds(list));
        }
      });
      fc.assert(property, { numRuns: 40 });
    }
  });

  test('usage is what is found from the beginning', () => {
    for (const { records } of traces) {
      const store = storeOf(records);
      const run = runOf(store);
      const property = fc.property(journeys, (journey) => {
        const usages = new AtInstant(store, run, usageOfTask);
        let seq = -1;
        for (const stop of journey) {
          seq = next(seq, stop, store.lastSeq);
          usages.moveTo(seq);
          expect(usages.values).toEqual(run.tasks.map((task) => usageOfTask(task, seq)));
        }
      });
      fc.assert(property, { numRuns: 40 });
    }
  });

  test('records that come in meanwhile change what they report, wherever one looks', () => {
    for (const { records } of traces) {
      const begun = records.findIndex(({ type }) => type === 'plan.compiled') + 1;
      const property = fc.property(journeys, (journey) => {
        const store = storeOf(records.slice(0, begun));
        const kinds = new KindsAt(store, runOf(store));
        let taken = begun;
        let seq = -1;
        for (const [index, stop] of journey.entries()) {
          const until = stop.isNews
            ? begun + Math.ceil(((records.length - begun) * (index + 1)) / journey.length)
            : taken;
          for (; taken < until; taken += 1) store.add(records[taken] as TraceRecord);
          seq = next(seq, stop, store.lastSeq);
          expect(kinds.at(seq).list).toEqual(kindsOf(runOf(store), seq));
        }
      });
      fc.assert(property, { numRuns: 40 });
    }
  });

  test('an outcome that is reported late changes the instants before it, too', () => {
    const settled = crowd.findIndex(({ type }) => type === 'task.settled');
    const { taskId: task, seq } = crowd[settled] as TraceRecord & { taskId: string };
    const store = storeOf(crowd.slice(0, settled));
    const kinds = new KindsAt(store, runOf(store));
    const place = runOf(store).byId.get(task)?.index ?? -1;
    expect(kinds.at(seq - 1).list[place]).toBe('running');
    store.add(crowd[settled] as TraceRecord);
    expect(kinds.at(seq - 1).list[place]).toBe('succeeded');
  });
});

describe('the work of going to another instant', () => {
  let looks: number;
  const look: typeof kindAt = (task, seq) => {
    looks += 1;
    return kindAt(task, seq);
  };

  test('is that of the tasks of which something is recorded in between', () => {
    const store = storeOf(crowd);
    const kinds = new KindsAt(store, runOf(store), look);
    looks = 0;
    kinds.at(store.lastSeq);
    expect(looks).toBe(400);
    const middle = Math.floor(store.log.length / 2);
    kinds.at(store.log[middle]?.seq ?? 0);
    for (const way of [1, -1]) {
      for (let step = 1; step <= 50; step += 1) {
        looks = 0;
        kinds.at(store.log[middle + way * step]?.seq ?? 0);
        expect(looks).toBeLessThanOrEqual(way === -1 && step === 1 ? 51 : 1);
      }
    }
  });

  test('is never more than to look at every task once', () => {
    const store = storeOf(crowd);
    const kinds = new KindsAt(store, runOf(store), look);
    for (const seq of [store.lastSeq, 0, store.lastSeq / 2, store.lastSeq, store.lastSeq / 3]) {
      looks = 0;
      kinds.at(Math.round(seq));
      expect(looks).toBeLessThanOrEqual(400);
    }
  });

  test('is absent where nothing is recorded, and what is shown stays the same object', () => {
    const store = storeOf(crowd);
    const kinds = new KindsAt(store, runOf(store), look);
    const shown = kinds.at(store.lastSeq);
    looks = 0;
    expect(kinds.at(store.lastSeq)).toBe(shown);
    expect(kinds.at(store.lastSeq + 1000)).toBe(shown);
    expect(looks).toBe(0);
  });
});
