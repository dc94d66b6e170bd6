import { describe, expect, it } from 'vitest';
import type { ClockPolicy } from '../../src/policy/policy.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, start, task } from '../support/watched-run.ts';

const clocked = (clocks: Partial<ClockPolicy>, retry: object = { retries: 0 }) => ({
  retry,
  clocks,
  breaker: { enabled: false },
});

const beats = (every: number, until: number) =>
  Array.from({ length: Math.floor(until / every) }, (_, index) => ({ at: (index + 1) * every, beat: true as const }));

describe('the start clock', () => {
  it('stops an attempt that has said nothing', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const run = start([task('a')], { agents: { one }, clock, policy: clocked({ startTimeoutMs: 3000 }) });
    const result = await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running', 'stopping']);
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'start_timeout' }, settledAt: 3000 });
  });

  it('is over as soon as something is heard', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 10_000, says: [{ at: 2000, beat: true }] }]);
    const result = await start([task('a')], {
      agents: { one },
      clock,
      policy: clocked({ startTimeoutMs: 3000 }),
    }).settled();
    expect(result.status).toBe('succeeded');
  });
});

describe('the idle clock', () => {
  it('stops a silent attempt when the policy says so', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: [{ at: 1000, beat: true }] }]);
    const policy = clocked({ idleTimeoutMs: 2000, onIdle: 'stop' });
    const result = await start([task('a')], { agents: { one }, clock, policy }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'idle_timeout' }, settledAt: 3000 });
  });

  it('only shows a silent attempt as stalled otherwise', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 10_000 }]);
    const run = start([task('a')], { agents: { one }, clock, policy: clocked({ idleTimeoutMs: 2000 }) });
    const result = await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running', 'stalled']);
    expect(result.status).toBe('succeeded');
  });

  it('shows that a stalled attempt has resumed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 10_000, says: [{ at: 3000, beat: true }] }]);
    const run = start([task('a')], { agents: { one }, clock, policy: clocked({ idleTimeoutMs: 2000 }) });
    await run.settled();
    expect(run.states('a')).toEqual(['staggered', 'running', 'stalled', 'running', 'stalled']);
  });

  it('counts stderr, heartbeats and progress as activity', async () => {
    const clock = new VirtualClock();
    const one = async (_: unknown, controls: import('../../src/types/agent.ts').AgentControls) => {
      const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
      await wait(1500);
      controls.output('x', 'stderr');
      await wait(1500);
      controls.heartbeat();
      await wait(1500);
      controls.progress({ done: 1 });
      await wait(1500);
      return 'done';
    };
    const policy = clocked({ idleTimeoutMs: 2000, onIdle: 'stop' });
    expect((await start([task('a')], { agents: { one }, clock, policy }).settled()).status).toBe('succeeded');
  });

  it('reports the longest silence', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [
      {
        ms: 9000,
        says: [
          { at: 2000, beat: true },
          { at: 7000, output: 'x' },
        ],
      },
    ]);
    const result = await start([task('a')], { agents: { one }, clock }).settled();
    expect(result.metadata.heartbeats).toEqual([{ taskId: 'a', agentId: 'one', events: 2, longestSilenceMs: 5000 }]);
  });
});

describe('the limit of an attempt', () => {
  it('is fixed when the policy says so, whatever the agent does', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: beats(500, 20_000) }]);
    const policy = clocked({ mode: 'fixed', maxTimeoutMs: 5000 });
    const result = await start([task('a')], { agents: { one }, clock, policy }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'timeout' }, settledAt: 5000 });
  });

  const growing = {
    mode: 'progressive',
    initialTimeoutMs: 4000,
    maxTimeoutMs: 20_000,
    extensionThresholdMs: 1000,
  } as const;

  it('is the first one without activity, however long it could become', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const result = await start([task('a')], { agents: { one }, clock, policy: clocked(growing) }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'timeout' }, settledAt: 4000 });
  });

  it('is not extended for activity long before it was due', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: [{ at: 1000, beat: true }] }]);
    const result = await start([task('a')], { agents: { one }, clock, policy: clocked(growing) }).settled();
    expect(outcomeOf(result, 'a').settledAt).toBe(4000);
  });

  it('grows by half each time there was activity shortly before', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [
      {
        hang: true,
        says: [
          { at: 3500, beat: true },
          { at: 5500, beat: true },
        ],
      },
    ]);
    const result = await start([task('a')], { agents: { one }, clock, policy: clocked(growing) }).settled();
    expect(outcomeOf(result, 'a').settledAt).toBe(9000);
  });

  it('never grows beyond the longest', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: beats(500, 60_000) }]);
    const result = await start([task('a')], { agents: { one }, clock, policy: clocked(growing) }).settled();
    expect(outcomeOf(result, 'a').settledAt).toBe(20_000);
  });

  it('is the task’s own when it has one, and no other clock runs beside', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: beats(500, 60_000) }]);
    const policy = clocked({ ...growing, startTimeoutMs: 100, idleTimeoutMs: 100, onIdle: 'stop' });
    const result = await start([task('a', { timeoutMs: 7000 })], { agents: { one }, clock, policy }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'timeout' }, settledAt: 7000 });
  });

  it('is each attempt’s own', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const policy = clocked({}, { retries: 1, strategy: 'immediate' });
    const result = await start([task('a', { timeoutMs: 3000 })], { agents: { one }, clock, policy }).settled();
    expect(outcomeOf(result, 'a').attempts.map(({ startedAt, endedAt }) => [startedAt, endedAt])).toEqual([
      [0, 3000],
      [3000, 6000],
    ]);
  });

  it('is not retried when the policy does not retry timeouts', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const policy = clocked({}, { retries: 3, retryOnTimeout: false });
    await start([task('a', { timeoutMs: 3000 })], { agents: { one }, clock, policy }).settled();
    expect(one.calls).toHaveLength(1);
  });
});

describe('a stopped attempt', () => {
  it('holds its lease and its state until it has ended', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ hang: true, dyingMs: 1500 }] });
    const plan = [task('t1', { timeoutMs: 1000 }), task('t2')];
    const run = start(plan, { agents: { one }, clock, maxConcurrent: 1 });
    await clock.advance(2000);
    expect(run.state('t1')).toBe('stopping');
    const result = await run.settled();
    expect(outcomeOf(result, 't1').settledAt).toBe(2500);
    expect(outcomeOf(result, 't2').startedAt).toBe(2500);
  });

  it('has succeeded when it answers all the same', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, lastWords: 'just made it' }]);
    const result = await start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock }).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', output: 'just made it' });
  });

  it('is abandoned after killGraceMs, with a warning', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ deaf: true }]);
    const run = start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock, killGraceMs: 3000 });
    const result = await run.settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'timeout' }, settledAt: 4000 });
    expect(outcomeOf(result, 'a').attempts[0]?.result).toBe('abandoned');
    expect(run.of('warning')).toMatchObject([{ taskId: 'a', message: expect.stringMatching(/3000 ms/) }]);
  });

  it('gives its lease back when it is abandoned', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ deaf: true }] });
    const run = start([task('t1', { timeoutMs: 1000 }), task('t2')], { agents: { one }, clock, maxConcurrent: 1 });
    expect(outcomeOf(await run.settled(), 't2')).toMatchObject({ status: 'succeeded', startedAt: 6000 });
  });

  it('is abandoned also when the run is due at the same instant', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ deaf: true }]);
    const run = start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock, run: { timeoutMs: 1000 } });
    await clock.advance(20_000);
    expect(run.of('run.settled')).toMatchObject([{ at: 6000 }]);
  });

  it('has a longer grace when its agent kills what it started itself', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, dyingMs: 6000 }], { killsItself: true });
    const run = start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock });
    const result = await run.settled();
    expect(outcomeOf(result, 'a').attempts[0]?.result).toBe('failed');
    expect(run.of('warning')).toEqual([]);
  });
});

describe('a suspicion', () => {
  it('stops an attempt that stays silent, with its kind', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, says: [{ at: 1000, suspect: 'auth' }] }]);
    const run = start([task('a')], { agents: { one }, clock });
    const result = await run.settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'auth' }, settledAt: 6000 });
    expect(result.metadata.earlyTerminations).toEqual([
      { taskId: 'a', agentId: 'one', kind: 'auth', reason: 'it wrote of auth', detectedMs: 6000 },
    ]);
  });

  it('is forgotten when output follows', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [
      {
        ms: 20_000,
        says: [
          { at: 1000, suspect: 'auth' },
          { at: 3000, output: 'on I go' },
        ],
      },
    ]);
    const result = await start([task('a')], { agents: { one }, clock }).settled();
    expect(result.status).toBe('succeeded');
    expect(result.metadata.earlyTerminations).toEqual([]);
  });

  it('does nothing when the policy does not terminate early', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 20_000, says: [{ at: 1000, suspect: 'auth' }] }]);
    const policy = { termination: { enabled: false } };
    expect((await start([task('a')], { agents: { one }, clock, policy }).settled()).status).toBe('succeeded');
  });

  it('of a permanent kind is not retried, of a transient one is', async () => {
    const clock = new VirtualClock();
    const says = (suspect: 'auth' | 'connection') => [{ hang: true, says: [{ at: 0, suspect }] }, {}];
    const one = scriptedAgent(clock, { a: says('auth'), b: says('connection') });
    const policy = { retry: { retries: 1, strategy: 'immediate' }, breaker: { enabled: false } } as const;
    const result = await start([task('a'), task('b')], { agents: { one }, clock, policy }).settled();
    expect([outcomeOf(result, 'a').status, outcomeOf(result, 'b').status]).toEqual(['failed', 'succeeded']);
  });

  it('says why when the process then fails by itself', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [
      { ms: 100, fail: 'exit', message: 'exit code 1', says: [{ at: 50, suspect: 'auth' }] },
    ]);
    const result = await start([task('a')], { agents: { one }, clock }).settled();
    expect(outcomeOf(result, 'a').error).toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('exit code 1'),
    });
  });
});
