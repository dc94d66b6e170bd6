import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { BufferedJournal } from '../../src/journal/buffered-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { tasks, watch } from '../support/watched-run.ts';
import { FakeStore } from './fake-store.ts';

function onSlowDisk() {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 100 }]);
  const store = new FakeStore();
  store.slowDown();
  const soar = createSoar({ agents: { one }, clock, journal: new BufferedJournal(store), maxConcurrent: 1 });
  return { clock, one, store, run: watch(soar.run({ tasks: tasks(3) }, { runId: 'r' }), clock, soar) };
}

it('reports what has settled once the disk has it, while the run continues', async () => {
  const { clock, one, store, run } = onSlowDisk();
  await clock.advance(250);
  expect(one.calls).toHaveLength(3);
  expect(run.of('task.settled')).toEqual([]);
  store.wrote?.();
  await clock.advance(0);
  expect(run.of('task.settled')).toEqual([]);
  store.wrote?.();
  await clock.advance(0);
  expect(run.of('task.settled').map(({ at, outcome }) => [outcome.taskId, at])).toEqual([
    ['t1', 100],
    ['t2', 200],
  ]);
});

it('reports everything in its order, the result last', async () => {
  const { clock, store, run } = onSlowDisk();
  let result: unknown = null;
  void run.run.result.then((settled) => {
    result = settled;
  });
  await clock.advance(1000);
  expect(result).toBeNull();
  while (!result) {
    store.wrote?.();
    await clock.advance(0);
  }
  const times = run.events.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(run.events.at(-1)?.type).toBe('run.settled');
  expect(run.of('attempt.started').map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't3']);
});
