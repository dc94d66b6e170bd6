import { afterEach, expect, test, vi } from 'vitest';
import { added, connection, goToEnd, isLive, runStatus, store, tick } from '../../visualizer/state.ts';
import { releaseTrace } from '../support/sample-traces.ts';
import { storeOf } from './traces.ts';

const MINUTE = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

test('a run under way of which nothing is recorded for ten minutes is silent, until something is', async () => {
  const records = await releaseTrace();
  vi.useFakeTimers({ toFake: ['Date'] });
  store.value = storeOf(records.slice(0, 60));
  connection.value = 'following';
  goToEnd();
  expect(isLive.value).toBe(true);
  const statusAfter = (ms: number) => {
    vi.setSystemTime(store.value.endedAt + ms);
    tick();
    return runStatus.value;
  };
  expect(statusAfter(0)).toBe('running');
  expect(statusAfter(10 * MINUTE - 1)).toBe('running');
  expect(statusAfter(10 * MINUTE)).toBe('silent');
  added(true);
  expect(runStatus.value).toBe('running');
  // What is written now with a clock of its own is not silence.
  expect(statusAfter(19 * MINUTE)).toBe('running');
  expect(statusAfter(20 * MINUTE)).toBe('silent');
});
