import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types/agent.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, outcomeOf, start, startOn, task, tasks, watch } from '../support/watched-run.ts';

const DENIED: Step = { ms: 100, fail: 'auth' };
const WINS: Step = { ms: 1000 };

/** Tasks that start together; the breaker of their agent opens on the first failure. */
function race(script: Record<string, Step[]>, options: { run?: object; agents?: Record<string, Agent> } = {}) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, script);
  const { agents, ...more } = options;
  const common = { clock, policy: fragile(), defaultAgent: 'one', maxConcurrent: 4, ...more };
  return { one, ...start(tasks(Object.keys(script).length), { agents: { one, ...agents }, ...common }) };
}

describe('a 401 while another attempt of the agent is in flight', () => {
  it('earns a retry by the success of that attempt', async () => {
    const run = race({ t1: [DENIED, {}], t2: [WINS], t3: [{ ...DENIED, ms: 200 }, {}] });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(run.states('t1')).toEqual(['staggered', 'running', 'retrying', 'staggered', 'running']);
    expect(run.one.calls.map(({ at, taskId }) => `${taskId} ${at}`).slice(3)).toEqual(['t1 1000', 't3 1000']);
    expect(result.metadata).toMatchObject({ retriedTasks: [], breakers: { one: { state: 'closed', failures: 0 } } });
  });

  it('says what it waits for', async () => {
    const run = race({ t1: [DENIED, {}], t2: [WINS] });
    await run.settled();
    const wait = run.of('task.state').find(({ state }) => state === 'retrying');
    expect(wait).toMatchObject({ taskId: 't1', reason: expect.stringContaining('another attempt of one') });
  });

  it('fails as `auth` once that attempt has failed, and opens the breaker', async () => {
    const run = race({ t1: [DENIED], t2: [{ ms: 1000, fail: 'auth' }] });
    const result = await run.settled();
    expect(result.outcomes).toMatchObject([
      { error: { kind: 'auth' }, settledAt: 1000, attempts: [{ n: 1 }] },
      { error: { kind: 'auth' }, settledAt: 1000, attempts: [{ n: 1 }] },
    ]);
    expect(result.metadata.breakers.one).toMatchObject({ state: 'open', failures: 1 });
  });

  it('awaits no attempt that started after it', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [DENIED], t2: [{ ms: 500, fail: 'transient' }], t3: [{ ms: 9000 }] });
    const run = start(tasks(3), { agents: { one }, clock, maxConcurrent: 2 });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ error: { kind: 'auth' }, settledAt: 500 });
  });

  it('earns a retry by a success that overlapped with it and came first', async () => {
    const run = race({ t1: [{ ms: 2000, fail: 'auth' }, {}], t2: [WINS] });
    const result = await run.settled();
    expect(outcomeOf(result, 't1')).toMatchObject({ status: 'succeeded', startedAt: 0 });
    expect(run.one.calls.at(-1)).toMatchObject({ taskId: 't1', at: 2000 });
  });

  it('earns no retry by a success from before its start', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{}], t2: [{ fail: 'auth' }] });
    const run = start(tasks(2), { agents: { one }, clock, maxConcurrent: 1 });
    expect(outcomeOf(await run.settled(), 't2').attempts).toHaveLength(1);
  });

  it('earns at most three retries a task', async () => {
    const wins = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`t${i + 2}`, [{ ms: 150 + i }]]));
    const run = race({ t1: [DENIED], ...wins }, { run: { maxConcurrent: 2 } });
    const { attempts, error } = outcomeOf(await run.settled(), 't1');
    expect([attempts.length, error?.kind]).toEqual([4, 'auth']);
  });

  it('is judged by attempts of other runs', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [DENIED, {}], b: [WINS] });
    const first = start([task('a')], { agents: { one }, clock });
    const second = startOn(first.soar, clock, [task('b')]);
    expect((await first.settled()).status).toBe('succeeded');
    expect((await second.settled()).status).toBe('succeeded');
  });

  it('is judged by no attempt of another agent', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [DENIED]), two: scriptedAgent(clock, [WINS]) };
    const run = start([task('a', { agent: 'one' }), task('b', { agent: 'two' })], { agents, clock });
    expect(outcomeOf(await run.settled(), 'a')).toMatchObject({ status: 'failed', settledAt: 100 });
  });

  it('goes to the fallback once it is confirmed', async () => {
    const clock = new VirtualClock();
    const agents = {
      one: scriptedAgent(clock, { t1: [DENIED], t2: [{ ...DENIED, ms: 300 }] }),
      two: scriptedAgent(clock),
    };
    const run = start(tasks(2), { agents, clock, defaultAgent: 'one', fallback: 'two' });
    const { outcomes } = await run.settled();
    expect(outcomes).toMatchObject([
      { via: 'fallback', settledAt: 300 },
      { via: 'fallback', settledAt: 300 },
    ]);
  });

  it('of a fallback earns that a retry, too', async () => {
    const clock = new VirtualClock();
    const agents = {
      dead: scriptedAgent(clock, [{ fail: 'forbidden' }]),
      two: scriptedAgent(clock, { a: [DENIED, {}], b: [WINS] }),
    };
    const plan = [task('a', { agent: 'dead', fallback: 'two' }), task('b', { agent: 'two' })];
    const result = await start(plan, { agents, clock }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', via: 'fallback' });
    expect(outcomeOf(result, 'a').attempts).toHaveLength(3);
  });

  it('of a fallback names the error of the own agent once when it is confirmed', async () => {
    const clock = new VirtualClock();
    const agents = { dead: scriptedAgent(clock, [{ fail: 'forbidden' }]), two: scriptedAgent(clock, [DENIED]) };
    const plan = ['a', 'b'].map((id) => task(id, { agent: 'dead', fallback: 'two' }));
    const result = await start(plan, { agents, clock }).settled();
    expect(outcomeOf(result, 'a').error).toMatchObject({
      kind: 'auth',
      message: 'Fallback two failed: it is auth (before it: it is forbidden)',
    });
  });

  it('leaves 403 permanent', async () => {
    const run = race({ t1: [{ ms: 100, fail: 'forbidden' }], t2: [WINS] });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ status: 'failed', settledAt: 100 });
  });

  it('settles at once when its run is cancelled', async () => {
    const run = race({ t1: [DENIED], t2: [{ ms: 5000 }] });
    await run.clock.advance(1000);
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ status: 'cancelled', settledAt: 1000 });
  });

  it('is confirmed when the attempt it waits for is cancelled', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [DENIED], b: [{ hang: true }] });
    const first = start([task('a')], { agents: { one }, clock });
    const second = startOn(first.soar, clock, [task('b')]);
    await clock.advance(1000);
    second.run.cancel();
    expect(outcomeOf(await first.settled(), 'a')).toMatchObject({ error: { kind: 'auth' }, settledAt: 1000 });
  });

  it('is skipped when the budget is spent meanwhile', async () => {
    const run = race({ t1: [DENIED], t2: [WINS] }, { run: { budget: { attempts: 2 } } });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ status: 'skipped', error: { kind: 'budget' } });
  });

  it('ends with the run’s time limit', async () => {
    const run = race({ t1: [DENIED], t2: [{ hang: true }] }, { run: { timeoutMs: 3000 } });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ status: 'cancelled', settledAt: 3000 });
  });

  it('ends with its engine', async () => {
    const run = race({ t1: [DENIED], t2: [{ hang: true }] });
    await run.clock.advance(1000);
    await run.clock.settle(run.soar.close());
    expect((await run.settled()).status).toBe('cancelled');
  });

  it('is tried again when the run is resumed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [DENIED, {}], t2: [{ hang: true }, {}] });
    let journal = memoryJournal();
    const engine = () => createSoar({ agents: { one }, clock, journal });
    engine().run({ tasks: tasks(2) }, { runId: 'r' });
    await clock.advance(1000);
    journal = journal.crash();
    const next = engine();
    const result = await watch(next.resume('r'), clock, next).settled();
    expect(result.status).toBe('succeeded');
    expect(outcomeOf(result, 't1').attempts).toMatchObject([
      { n: 1, error: { kind: 'auth' } },
      { n: 2, error: null },
    ]);
  });
});
