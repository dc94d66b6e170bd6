import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, onceSettled, outcomeOf, retrying, start, startOn, task, tasks } from '../support/watched-run.ts';

describe('a task that runs', () => {
  it('goes from staggered over running to done', async () => {
    const clock = new VirtualClock();
    const run = start([task('a')], { agents: { one: scriptedAgent(clock, [{ ms: 100, ok: 'yes' }]) }, clock });
    const result = await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running']);
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', via: 'agent', output: 'yes', error: null });
  });

  it('records its attempt with number, key, agent and times', async () => {
    const clock = new VirtualClock(1000);
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]) };
    const result = await start([task('a')], { agents, clock, run: { runId: 'r' } }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({
      attempts: [
        { n: 1, agentId: 'one', key: 'r/a/1', startedAt: 1000, endedAt: 1100, result: 'succeeded', error: null },
      ],
      startedAt: 1000,
      settledAt: 1100,
      durationMs: 100,
      queuedMs: 0,
    });
  });

  it('says how long it queued', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]) };
    const result = await start(tasks(2), { agents, clock, maxConcurrent: 1 }).settled();
    expect(outcomeOf(result, 't2')).toMatchObject({ queuedMs: 100, startedAt: 100 });
  });

  it('fails at once when the error is permanent', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'auth', message: 'bad key' }]);
    const run = start([task('a')], { agents: { one }, clock, policy: retrying(3) });
    const result = await run.settled();
    expect(one.calls).toHaveLength(1);
    expect(run.states('a')).toEqual(['staggered', 'running']);
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'auth', message: 'bad key' } });
  });

  it('keeps the output of an attempt that failed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'exit', details: { output: 'half of it' } }]);
    const result = await start([task('a')], { agents: { one }, clock }).settled();
    expect(outcomeOf(result, 'a').output).toBe('half of it');
  });
});

describe('a task that retries', () => {
  it('backs off and asks the gate again', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, fail: 'transient' }, { ms: 100 }]);
    const run = start([task('a')], { agents: { one }, clock, policy: retrying(1) });
    const result = await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running', 'retrying', 'staggered', 'running']);
    expect(run.startTimes()).toEqual([0, 1100]);
    expect(outcomeOf(result, 'a').attempts.map(({ n, result: how }) => [n, how])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
  });

  it('reports until when it backs off', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, fail: 'transient' }, {}]);
    const run = start([task('a')], { agents: { one }, clock, policy: retrying(1) });
    await run.settled();
    expect(run.of('task.state').find(({ state }) => state === 'retrying')).toMatchObject({ at: 100, until: 1100 });
  });

  it('holds no lease while it backs off', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ ms: 10, fail: 'transient' }, {}], t2: [{ ms: 500 }] });
    const run = start(tasks(2), { agents: { one }, clock, policy: retrying(1), maxConcurrent: 1 });
    await run.settled();
    expect(one.calls.map(({ taskId, at }) => [taskId, at])).toEqual([
      ['t1', 0],
      ['t2', 10],
      ['t1', 1010],
    ]);
  });

  it('fails with the last error when its retries are spent', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }, { fail: 'exit', message: 'the last' }]);
    const result = await start([task('a')], { agents: { one }, clock, policy: retrying(1) }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'exit', message: 'the last' } });
    expect(result.metadata.retriedTasks).toEqual([{ taskId: 'a', agentId: 'one', retries: 1 }]);
  });

  it('grows its delays exponentially up to the cap', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }]);
    const policy = {
      retry: { retries: 4, strategy: 'exponential', baseDelayMs: 1000, factor: 2, maxDelayMs: 4000, jitter: 0 },
      breaker: { enabled: false },
    } as const;
    const run = start([task('a')], { agents: { one }, clock, policy });
    await run.settled();
    expect(run.startTimes()).toEqual([0, 1000, 3000, 7000, 11_000]);
  });

  it('asks the breaker again, which may have opened meanwhile', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }], b: [{ ms: 200, fail: 'transient' }] });
    const policy = {
      retry: { retries: 1, strategy: 'fixed', baseDelayMs: 1000, jitter: 0 },
      breaker: { failureThreshold: 2 },
    } as const;
    const run = start([task('a'), task('b')], { agents: { one }, clock, policy });
    const result = await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running', 'retrying', 'staggered', 'circuitOpen']);
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'circuit_open' } });
    expect(outcomeOf(result, 'a').attempts).toHaveLength(1);
  });

  it('counts only retries that were made', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }]);
    const policy = {
      retry: { retries: 3, strategy: 'fixed', baseDelayMs: 1000, jitter: 0 },
      breaker: { failureThreshold: 1 },
    };
    const result = await start([task('a')], { agents: { one }, clock, policy: policy as never }).settled();
    expect(one.calls).toHaveLength(1);
    expect(result.metadata.retriedTasks).toEqual([]);
  });
});

describe('a task whose breaker is open', () => {
  it('fails as circuit_open without spending an attempt', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy: fragile() });
    const result = await run.settled();
    expect(run.states('b')).toEqual(['staggered', 'circuitOpen']);
    expect(outcomeOf(result, 'b')).toMatchObject({ status: 'failed', via: null, attempts: [], startedAt: null });
    expect(outcomeOf(result, 'b').error?.kind).toBe('circuit_open');
    expect(result.metadata.circuitBlocked).toMatchObject([{ taskId: 'b', agentId: 'one' }]);
  });

  it('says that the circuit is open and when to retry', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy: fragile() });
    const result = await run.settled();
    expect(outcomeOf(result, 'b').error?.message).toMatch(/Circuit open.*retry in 60s/);
  });

  it('waits to be called when it may, and runs after the breaker has closed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const policy = fragile({ onOpen: 'wait' });
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy });
    const result = await run.settled();
    expect(run.states('b')).toEqual(['staggered', 'circuitOpen', 'staggered', 'running']);
    expect(outcomeOf(result, 'b')).toMatchObject({ status: 'succeeded', startedAt: 60_000 });
  });

  it('gives up waiting after maxOpenWaitMs', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const policy = fragile({ onOpen: 'wait', maxOpenWaitMs: 10_000 });
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy });
    const result = await run.settled();
    expect(outcomeOf(result, 'b')).toMatchObject({
      status: 'failed',
      error: { kind: 'circuit_open' },
      settledAt: 10_000,
    });
  });

  it('is the probe also when both are as long as by default', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const policy = { retry: { retries: 0 }, breaker: { failureThreshold: 1, onOpen: 'wait' } } as const;
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy });
    expect(outcomeOf(await run.settled(), 'b')).toMatchObject({ status: 'succeeded', startedAt: 120_000 });
  });

  it('is one of many waiters, which come one at a time until the probe has succeeded', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }], t1: [{ ms: 1000 }] });
    const policy = fragile({ onOpen: 'wait' });
    const waiters = tasks(5, onceSettled('a'));
    const run = start([task('a'), ...waiters], { agents: { one }, clock, policy, maxConcurrent: 8 });
    const result = await run.settled();
    expect(one.calls.slice(1).map(({ at }) => at)).toEqual([60_000, 61_000, 61_000, 61_000, 61_000]);
    expect(result.metadata.breakers.one).toMatchObject({ state: 'closed', opened: 1, halfOpened: 1, closed: 1 });
  });

  it('is bound by the engine also when the task has a policy of its own', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const policy = { retry: { retries: 0 }, breaker: { failureThreshold: 1, resetTimeoutMs: 60_000 } };
    const plan = [task('a', { policy }), task('b', { ...onceSettled('a'), policy })];
    const run = start(plan, { agents: { one }, clock, onOpen: 'wait' });
    expect(outcomeOf(await run.settled(), 'b').status).toBe('succeeded');
  });

  it('goes to its fallback', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, { a: [{ fail: 'transient' }] }), two: scriptedAgent(clock) };
    const plan = [task('a', { fallback: false }), task('b', onceSettled('a'))];
    const run = start(plan, { agents, clock, policy: fragile(), fallback: 'two', defaultAgent: 'one' });
    const result = await run.settled();
    expect(run.states('b')).toEqual(['staggered', 'circuitOpen', 'fallback.waiting', 'fallback.running']);
    expect(outcomeOf(result, 'b')).toMatchObject({ status: 'succeeded', via: 'fallback', agentId: 'one' });
    expect(result.metadata).toMatchObject({ fallbackCount: 1, circuitBlocked: [{ taskId: 'b', agentId: 'one' }] });
  });
});

describe('two runs of one engine', () => {
  it('share the breakers', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const first = start([task('a')], { agents: { one }, clock, policy: fragile() });
    await first.settled();
    const second = startOn(first.soar, clock, [task('b')]);
    expect(outcomeOf(await second.settled(), 'b').error?.kind).toBe('circuit_open');
  });
});

describe('two engines', () => {
  it('share nothing, not even the breakers of agents of the same name', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    await start([task('a')], { agents: { one }, clock, policy: fragile() }).settled();
    const other = start([task('b')], { agents: { one }, clock, policy: fragile() });
    expect(outcomeOf(await other.settled(), 'b').status).toBe('succeeded');
  });
});
