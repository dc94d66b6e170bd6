import { beforeAll, describe, expect, test } from 'vitest';
import { type ActorTrack, criticalTasks, type Move } from '../../src/trace/replay/tracks.ts';
import { barsOf, overviewOf, phaseBands } from '../../visualizer/model/segments.ts';
import type { TraceStore } from '../../visualizer/model/store.ts';
import { questionTrace, releaseTrace, stormTrace } from '../support/sample-traces.ts';
import { runOf, storeOf, taskOf } from './traces.ts';

let release: TraceStore;
let storm: TraceStore;
beforeAll(async () => {
  release = storeOf(await releaseTrace());
  storm = storeOf(await stormTrace());
});

const text = (store: TraceStore, id: string, now = store.endedAt) =>
  barsOf(taskOf(store, id), now).map(
    ({ kind, from, to }) => `${kind} ${from - store.startedAt}–${to - store.startedAt}`,
  );

describe('the bars of the timeline', () => {
  test('report stagger, running, backoff and running again', () => {
    expect(text(release, 'api-diff')).toEqual([
      'staggered 0–2400',
      'running 2400–4200',
      'retrying 4200–6200',
      'running 6200–10500',
    ]);
  });

  test('report cooling and the fallback', () => {
    expect(text(storm, 'rates').some((bar) => bar.startsWith('cooling'))).toBe(true);
    expect(text(storm, 'fetch-east').at(-1)).toMatch(/^fallback\.running /);
  });

  test('report a refusal though it takes no time', () => {
    expect(text(storm, 'audit').some((bar) => /^circuitOpen (\d+)–\1$/.test(bar))).toBe(true);
  });

  test('report a wait for its wave before it was admitted', () => {
    expect(text(release, 'docs-check')[0]).toMatch(/^queued /);
  });

  test('report the wait for a duplicate, as long as it takes', async () => {
    const store = storeOf(await questionTrace());
    const [own] = barsOf(taskOf(store, 'one'), store.endedAt);
    const duplicate = taskOf(store, 'duplicate');
    expect(duplicate.actor).toBeNull();
    const end = duplicate.settled?.settledAt ?? 0;
    expect(end).toBeGreaterThan(own?.from ?? 0);
    expect(barsOf(duplicate, store.endedAt)).toEqual([{ kind: 'held', from: own?.from, to: end, isOpen: false }]);
    const half = (own?.from ?? 0) + 700;
    expect(barsOf(duplicate, half)).toEqual([{ kind: 'held', from: own?.from, to: half, isOpen: true }]);
  });

  test('end at the instant looked at, and are open then', () => {
    const bars = barsOf(taskOf(release, 'api-diff'), release.startedAt + 3000);
    expect(bars.at(-1)).toEqual({
      kind: 'running',
      from: release.startedAt + 2400,
      to: release.startedAt + 3000,
      isOpen: true,
    });
  });

  test('cover the time from admission to the end without a gap, whatever happens', () => {
    for (const store of [release, storm]) {
      for (const task of runOf(store).tasks) {
        const bars = barsOf(task, store.endedAt).filter(({ kind }) => kind !== 'queued');
        expect(bars[0]?.from).toBe(task.actor?.startedAt);
        expect(bars.at(-1)?.to).toBe(task.actor?.endedAt);
        for (const [index, bar] of bars.entries()) if (index > 0) expect(bar.from).toBe(bars[index - 1]?.to);
      }
    }
  });
});

describe('the critical path', () => {
  test('takes as long as the run says', () => {
    for (const store of [release, storm]) {
      const run = runOf(store);
      const took = criticalTasks(run).reduce((sum, id) => {
        const { settled } = taskOf(store, id);
        return sum + (settled?.startedAt == null ? 0 : settled.settledAt - settled.startedAt);
      }, 0);
      expect(took).toBe(run.settled?.criticalPathMs);
    }
  });

  test('is a chain of dependencies', () => {
    const ids = criticalTasks(runOf(release)).reverse();
    for (const [index, id] of ids.entries()) {
      const before = ids[index + 1];
      if (before !== undefined) expect(taskOf(release, id).dependsOn).toContain(before);
    }
    expect(ids[0]).toBe('verdict');
  });
});

test('the overview never shows more running tasks than there were at once', () => {
  for (const store of [release, storm]) {
    const run = runOf(store);
    const { running, marks } = overviewOf(run, store.startedAt, store.endedAt, 500);
    expect(Math.max(...running)).toBe(run.settled?.peakConcurrency);
    expect(marks.filter(({ kind }) => kind === 'failed')).toHaveLength(run.settled?.counts.failed ?? -1);
  }
});

test('a question has a band for each of its phases, one after another', () => {
  const move = (seq: number, state: string | object) => ({
    seq,
    at: seq * 10,
    state,
    event: 'x',
    keys: [],
    until: undefined,
    data: undefined,
  });
  const moves = [
    move(1, 'assess'),
    move(2, 'retrieve'),
    move(3, { collect: 'running' }),
    move(4, { collect: 'cancelling' }),
    move(5, 'done'),
  ];
  const soar = { ...(release.roots[0] as ActorTrack), machine: 'soar', moves: moves as Move[], endedAt: 50 };
  expect(phaseBands(soar, 100)).toEqual([
    { phase: 'assess', from: 10, to: 20 },
    { phase: 'retrieve', from: 20, to: 30 },
    { phase: 'collect', from: 30, to: 50 },
  ]);
  expect(phaseBands(null, 100)).toEqual([]);
});
