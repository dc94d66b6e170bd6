import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { BufferedJournal } from '../../src/journal/buffered-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { tasks, watch } from '../support/watched-run.ts';
import { FakeStore } from './fake-store.ts';

function filling() {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 100 }]);
  const store = new FakeStore();
  const engine = () => createSoar({ agents: { one }, clock, journal: new BufferedJournal(store), maxConcurrent: 1 });
  return { clock, one, store, engine };
}

it('stops a run that can no longer be recorded, starts nothing more, and says why', async () => {
  const { clock, one, store, engine } = filling();
  const soar = engine();
  const run = watch(soar.run({ tasks: tasks(3) }, { runId: 'r' }), clock, soar);
  await clock.advance(50);
  store.isFull = true;
  const result = await run.settled();
  expect(result).toMatchObject({
    status: 'failed',
    error: { kind: 'internal', message: expect.stringContaining('full') },
  });
  expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1']);
  expect(run.of('warning')).toMatchObject([{ message: expect.stringContaining('The disk is full.') }]);
});

it('leaves such a run to be resumed once there is room again', async () => {
  const { clock, one, store, engine } = filling();
  const first = engine().run({ tasks: tasks(3) }, { runId: 'r' });
  await clock.advance(150);
  store.isFull = true;
  await clock.settle(first.result);
  store.isFull = false;
  const result = await clock.settle(engine().resume('r').result);
  expect(result.status).toBe('succeeded');
  expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't2', 't3']);
});

it('begins no run that cannot be recorded', () => {
  const { store, one, engine } = filling();
  store.isFull = true;
  expect(() => engine().run({ tasks: tasks(1) })).toThrow(expect.objectContaining({ code: 'io' }));
  expect(one.calls).toEqual([]);
});
