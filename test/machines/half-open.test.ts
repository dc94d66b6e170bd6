import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import {
  fragile,
  onceSettled,
  outcomeOf,
  start,
  startOn,
  task,
  tasks,
  type Watched,
  watch,
} from '../support/watched-run.ts';

type Options = Omit<Parameters<typeof start>[1], 'clock'>;

/** An agent whose breaker opened at 0 and is half-open now, at 60 s; `script` is for the tasks that follow. */
async function halfOpen(script: Record<string, Step[]>, { agents = {}, policy = fragile(), ...options }: Options = {}) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { down: [{ fail: 'transient' }], ...script });
  const common = { defaultAgent: 'one', maxConcurrent: 9, ...options };
  const opening = start([task('down')], { agents: { one, ...agents }, clock, policy, ...common });
  await opening.settled();
  await clock.advance(60_000);
  return {
    clock,
    one,
    soar: opening.soar,
    run: (plan: ReturnType<typeof tasks>) => startOn(opening.soar, clock, plan),
  };
}

const statuses = async (run: Watched) => (await run.settled()).outcomes.map(({ status }) => status);
const startsOf = ({ calls }: ScriptedAgent) => calls.slice(1).map(({ at, taskId }) => `${taskId} ${at}`);

describe('tasks refused while a probe is out', () => {
  it('all succeed once the probe has succeeded', async () => {
    const { run, one } = await halfOpen({ t1: [{ ms: 30_000 }] });
    const five = run(tasks(5));
    expect(await statuses(five)).toEqual(Array(5).fill('succeeded'));
    expect(startsOf(one)).toEqual(['t1 60000', 't2 90000', 't3 90000', 't4 90000', 't5 90000']);
    expect(five.states('t2')).toEqual(['staggered', 'circuitOpen', 'staggered', 'running']);
  });

  it('report until when they wait, and for what', async () => {
    const { run } = await halfOpen({ t1: [{ ms: 30_000 }] });
    const two = run(tasks(2, { timeoutMs: 40_000 }));
    await two.settled();
    const wait = two.of('task.state').find(({ state }) => state === 'circuitOpen');
    expect(wait).toMatchObject({ until: 105_000, reason: expect.stringContaining('tests whether one works') });
  });

  it('fail as circuit_open when the probe fails and `onOpen` is `fail`', async () => {
    const { run } = await halfOpen({ t1: [{ ms: 30_000, fail: 'transient' }] });
    const result = await run(tasks(3)).settled();
    expect(outcomeOf(result, 't2')).toMatchObject({
      error: { kind: 'circuit_open', message: 'Circuit open for one: 2 failures, retry in 60s' },
      settledAt: 90_000,
      attempts: [],
    });
  });

  it('wait on when the probe fails and `onOpen` is `wait`', async () => {
    const policy = fragile({ onOpen: 'wait' });
    const { run, one } = await halfOpen({ t1: [{ ms: 30_000, fail: 'transient' }] }, { policy });
    expect(await statuses(run(tasks(3)))).toEqual(['failed', 'succeeded', 'succeeded']);
    expect(startsOf(one)).toEqual(['t1 60000', 't2 150000', 't3 150000']);
  });

  it('outlive `maxOpenWaitMs` while the probe is out', async () => {
    const policy = fragile({ onOpen: 'wait', maxOpenWaitMs: 60_001 });
    const { run, clock, one } = await halfOpen({ down: [{ fail: 'transient' }], t1: [{ ms: 30_000 }] }, { policy });
    await clock.advance(0);
    expect(await statuses(run([task('down'), ...tasks(3, onceSettled('down'))]))).toEqual([
      'failed',
      ...Array(3).fill('succeeded'),
    ]);
    expect(startsOf(one).slice(1)).toEqual(['t1 120000', 't2 150000', 't3 150000']);
  });

  it('let one of them be the next probe after a rate limit', async () => {
    const { run, one } = await halfOpen({ t1: [{ ms: 10, fail: 'rate_limited', details: { retryAfterMs: 500 } }, {}] });
    expect(await statuses(run(tasks(3)))).toEqual(Array(3).fill('succeeded'));
    expect(startsOf(one)[1]).toBe('t2 60510');
  });

  it('let one of another run be the next probe when the run of the probe is cancelled', async () => {
    const { run, one, clock } = await halfOpen({ t1: [{ hang: true }] });
    const first = run(tasks(1));
    const others = run([task('a'), task('b')]);
    await clock.advance(1000);
    expect(others.state('a')).toBe('circuitOpen');
    first.run.cancel();
    expect(await statuses(others)).toEqual(['succeeded', 'succeeded']);
    expect(startsOf(one)).toEqual(['t1 60000', 'a 61000', 'b 61000']);
  });

  it('take their fallback at once', async () => {
    const clock = new VirtualClock();
    const two = scriptedAgent(clock);
    const { run } = await halfOpen({ t1: [{ ms: 30_000 }] }, { agents: { two } });
    const result = await run(tasks(2, { fallback: 'two' })).settled();
    expect(outcomeOf(result, 't2')).toMatchObject({ via: 'fallback', settledAt: 60_000 });
  });

  it('wait when the probe is of their fallback', async () => {
    const clock = new VirtualClock();
    const dead = scriptedAgent(clock, [{ fail: 'forbidden' }]);
    const { run, one } = await halfOpen({ t1: [{ ms: 30_000 }] }, { agents: { dead } });
    const policy = { breaker: { enabled: true, failureThreshold: 9, fastFailThreshold: 9 } };
    const plan = [task('t1'), ...['a', 'b'].map((id) => task(id, { agent: 'dead', fallback: 'one', policy }))];
    expect(await statuses(run(plan))).toEqual(Array(3).fill('succeeded'));
    expect(startsOf(one)).toEqual(['t1 60000', 'a 90000', 'b 90000']);
  });

  it('fail with their own error when the probe of their fallback fails', async () => {
    const clock = new VirtualClock();
    const dead = scriptedAgent(clock, [{ fail: 'forbidden' }]);
    const { run } = await halfOpen({ t1: [{ ms: 30_000, fail: 'transient' }] }, { agents: { dead } });
    const result = await run([task('t1'), task('a', { agent: 'dead', fallback: 'one' })]).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({
      error: { kind: 'forbidden', message: expect.stringContaining('fallback one refused: Circuit open for one') },
      settledAt: 90_000,
    });
  });

  it('settle at once when their run is cancelled', async () => {
    const { run, clock } = await halfOpen({ t1: [{ ms: 30_000 }] });
    const first = run(tasks(1));
    const second = run([task('a')]);
    await clock.advance(1000);
    second.run.cancel();
    expect(outcomeOf(await second.settled(), 'a')).toMatchObject({ status: 'cancelled', settledAt: 61_000 });
    expect(await statuses(first)).toEqual(['succeeded']);
  });

  it('are asked for a start again when their run is resumed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { down: [{ fail: 'transient' }], t1: [{ hang: true }, {}] });
    let journal = memoryJournal();
    const engine = () => createSoar({ agents: { one }, clock, journal, policy: fragile(), maxConcurrent: 9 });
    const soar = engine();
    await clock.settle(soar.run({ tasks: [task('down')] }).result);
    await clock.advance(60_000);
    soar.run({ tasks: tasks(3) }, { runId: 'r' });
    await clock.advance(1000);
    journal = journal.crash();
    const next = engine();
    const resumed = watch(next.resume('r'), clock, next);
    expect(await statuses(resumed)).toEqual(Array(3).fill('succeeded'));
  });
});
