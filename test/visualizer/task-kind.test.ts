import { beforeAll, describe, expect, test } from 'vitest';
import type { TraceStore } from '../../visualizer/model/store.ts';
import { attemptsAt, countKinds, kindAt } from '../../visualizer/model/task-kind.ts';
import { stormTrace } from '../support/sample-traces.ts';
import { runOf, seqAfter, storeOf, taskOf } from './traces.ts';

let store: TraceStore;
beforeAll(async () => {
  store = storeOf(await stormTrace());
});
const kindsOver = (id: string) => {
  const task = taskOf(store, id);
  const kinds = store.log.map(({ seq }) => kindAt(task, seq));
  return kinds.filter((kind, index) => kind !== kinds[index - 1]);
};

describe('what a task is at an instant', () => {
  test('follows it through retry and fallback to its outcome', () => {
    expect(kindsOver('fetch-south')).toEqual([
      'pending',
      'staggered',
      'running',
      'retrying',
      'staggered',
      'running',
      'fallback.waiting',
      'fallback.running',
      'recovered',
    ]);
  });

  test('is cooling while its provider is rate-limited', () => {
    expect(kindsOver('rates')).toEqual([
      'pending',
      'staggered',
      'running',
      'cooling',
      'staggered',
      'running',
      'succeeded',
    ]);
  });

  test('is circuit open when the breaker refuses it', () => {
    expect(kindsOver('audit')).toContain('circuitOpen');
  });

  test('agrees with the outcomes of the run at its end', () => {
    const { tasks, settled } = runOf(store);
    const counts = countKinds(tasks.map((task) => kindAt(task, store.lastSeq)));
    expect(counts.succeeded + counts.recovered).toBe(settled?.counts.succeeded);
    expect(counts.failed).toBe(settled?.counts.failed);
  });
});

describe('the attempts of a task', () => {
  test('are those that had begun by then', () => {
    const task = taskOf(store, 'fetch-south');
    expect(attemptsAt(task, -1)).toEqual([]);
    const [first] = attemptsAt(task, seqAfter(store, 1000));
    expect(first).toMatchObject({ n: 1, agentId: 'api', endedAt: null, result: 'running' });
    expect(attemptsAt(task, seqAfter(store, 4000))).toHaveLength(1);
  });

  test('are in the end as the task reported them', () => {
    for (const task of runOf(store).tasks) {
      const told = task.settled?.attempts.map(({ n, agentId, startedAt, endedAt, result }) => ({
        n,
        agentId,
        startedAt,
        endedAt,
        result,
      }));
      const before = attemptsAt({ ...task, settled: null }, store.lastSeq);
      expect(
        before.map(({ n, agentId, startedAt, endedAt, result }) => ({ n, agentId, startedAt, endedAt, result })),
      ).toEqual(told);
    }
  });
});
