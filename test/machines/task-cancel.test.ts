import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, onceSettled, outcomeOf, retrying, start, task, tasks } from '../support/watched-run.ts';

describe('cancelling a task that waits settles it at once', () => {
  it('in staggered', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 1000 }]);
    const run = start(tasks(2), { agents: { one }, clock, maxConcurrent: 1 });
    await clock.advance(100);
    expect(run.state('t2')).toBe('staggered');
    run.run.cancel('enough');
    const result = await run.settled();
    expect(outcomeOf(result, 't2')).toMatchObject({
      status: 'cancelled',
      error: { kind: 'cancelled', message: 'enough', retryable: false },
      attempts: [],
      via: null,
      settledAt: 100,
    });
    expect(one.calls).toHaveLength(1);
  });

  it('in retrying', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }]);
    const run = start([task('a')], { agents: { one }, clock, policy: retrying(3, 10_000) });
    await clock.advance(100);
    expect(run.state('a')).toBe('retrying');
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 'a')).toMatchObject({ status: 'cancelled', settledAt: 100 });
    await clock.advance(60_000);
    expect(one.calls).toHaveLength(1);
  });

  it('in cooling', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'rate_limited', details: { retryAfterMs: 30_000 } }]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(100);
    expect(run.state('a')).toBe('cooling');
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 'a')).toMatchObject({ status: 'cancelled', settledAt: 100 });
    await clock.advance(60_000);
    expect(one.calls).toHaveLength(1);
  });

  it('in circuitOpen', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
    const policy = fragile({ onOpen: 'wait' });
    const run = start([task('a'), task('b', onceSettled('a'))], { agents: { one }, clock, policy });
    await clock.advance(100);
    expect(run.state('b')).toBe('circuitOpen');
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 'b')).toMatchObject({ status: 'cancelled', settledAt: 100 });
    await clock.advance(200_000);
    expect(one.calls).toHaveLength(1);
  });
});

describe('cancelling a task that runs', () => {
  it('waits in cancelling until the attempt has ended', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, dyingMs: 700 }]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(100);
    run.run.cancel('enough');
    await clock.advance(600);
    expect(run.state('a')).toBe('cancelling');
    const result = await run.settled();
    expect(outcomeOf(result, 'a')).toMatchObject({
      status: 'cancelled',
      error: { kind: 'cancelled', message: 'enough' },
      settledAt: 800,
    });
    expect(outcomeOf(result, 'a').attempts).toMatchObject([{ result: 'cancelled', endedAt: 800 }]);
  });

  it('keeps the output that arrived', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, lastWords: 'so far' }]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(100);
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 'a')).toMatchObject({ status: 'cancelled', output: 'so far' });
  });

  it('works in stalled and in stopping too', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, dyingMs: 1000 }]);
    const policy = { clocks: { idleTimeoutMs: 100 }, retry: { retries: 3 } };
    const run = start([task('a'), task('b', { timeoutMs: 400 })], { agents: { one }, clock, policy });
    await clock.advance(500);
    expect([run.state('a'), run.state('b')]).toEqual(['stalled', 'stopping']);
    run.run.cancel();
    await clock.advance(1);
    expect([run.state('a'), run.state('b')]).toEqual(['cancelling', 'cancelling']);
    const result = await run.settled();
    expect(result.outcomes.map(({ status, settledAt }) => [status, settledAt])).toEqual([
      ['cancelled', 1500],
      ['cancelled', 1400],
    ]);
  });

  it('abandons an attempt that does not end, with a warning', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ deaf: true }]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(100);
    run.run.cancel();
    const result = await run.settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'cancelled', settledAt: 5100 });
    expect(outcomeOf(result, 'a').attempts[0]?.result).toBe('abandoned');
    expect(run.of('warning')).toHaveLength(1);
  });

  it('does nothing the second time', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, dyingMs: 700 }]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(100);
    run.run.cancel('first');
    await clock.advance(100);
    run.run.cancel('second');
    const result = await run.settled();
    run.run.cancel('third');
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { message: 'first' }, settledAt: 800 });
    expect(run.of('run.stopping')).toHaveLength(1);
  });

  it('reports the agent why', async () => {
    const clock = new VirtualClock();
    let reason: unknown;
    const one = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<string>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(signal.reason);
        });
      });
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(1);
    run.run.cancel('enough');
    await run.settled();
    expect(reason).toMatchObject({ message: 'enough' });
  });

  it('says nothing about the agent to its breaker', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const run = start([task('a')], { agents: { one }, clock, policy: fragile() });
    await clock.advance(1);
    run.run.cancel();
    expect((await run.settled()).metadata.breakers.one).toMatchObject({ state: 'closed', failures: 0 });
  });
});

describe('cancelling in the turn a run was started in', () => {
  it('never calls an agent', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const run = start(tasks(2), { agents: { one }, clock });
    run.run.cancel();
    const result = await run.settled();
    expect(result.status).toBe('cancelled');
    expect(one.calls).toEqual([]);
    expect(clock.now()).toBe(0);
  });

  it('never calls an agent whose attempt was cancelled in the same turn', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const run = start(tasks(2), { agents: { one }, clock });
    run.run.events$.subscribe(({ type }) => type === 'attempt.started' && run.run.cancel());
    expect((await run.settled()).status).toBe('cancelled');
    expect(one.calls).toEqual([]);
  });
});

describe('an abort signal', () => {
  it('cancels the run with its reason', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const abort = new AbortController();
    const run = start([task('a')], { agents: { one }, clock, run: { signal: abort.signal } });
    await clock.advance(100);
    abort.abort(new Error('the user left'));
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'cancelled', message: 'the user left' } });
  });

  it('that is already aborted cancels before anything runs', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const run = start(tasks(3), { agents: { one }, clock, run: { signal: AbortSignal.abort('too late') } });
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'too late' }, metadata: { cancelled: 3 } });
    expect(one.calls).toEqual([]);
  });

  it('is let go of at the end', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const run = start([task('a')], { agents: { one: scriptedAgent(clock) }, clock, run: { signal: abort.signal } });
    const result = await run.settled();
    abort.abort();
    expect(result.status).toBe('succeeded');
  });
});
