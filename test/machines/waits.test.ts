import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, ONE_TRY, retrying, start, task, tasks, type Watched } from '../support/watched-run.ts';

const waitsOf = (run: Watched, taskId: string) =>
  run
    .of('task.state')
    .flatMap(({ taskId: id, state, waitingFor, reason, until }) =>
      id === taskId && waitingFor ? [{ state, waitingFor, reason, until }] : [],
    );

describe('a task that waits says why and until when', () => {
  it('for the gap between starts', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), {
      agents: { one: scriptedAgent(clock, [{}]) },
      clock,
      staggerMs: 2000,
      policy: ONE_TRY,
    });
    await run.settled();
    expect(waitsOf(run, 't2')).toEqual([
      { state: 'staggered', waitingFor: 'gap', reason: 'waits for the gap between starts', until: 2000 },
    ]);
    expect(waitsOf(run, 't1')).toEqual([]);
  });

  it('for a slot, of the engine or of its agent', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]) };
    const run = start(tasks(2), { agents, clock, maxConcurrent: 1, policy: ONE_TRY });
    await run.settled();
    expect(waitsOf(run, 't2')).toEqual([
      { state: 'staggered', waitingFor: 'slot', reason: 'waits for one of 1 slots' },
    ]);
    const narrow = { one: { ...scriptedAgent(clock, [{ ms: 100 }]), maxConcurrent: 1 } };
    const other = start(tasks(2), { agents: narrow, clock, policy: ONE_TRY });
    await other.settled();
    expect(waitsOf(other, 't2')).toMatchObject([{ waitingFor: 'slot', reason: 'waits for a slot of one' }]);
  });

  it('for its provider to cool, and for the gap that rate limits have widened', async () => {
    const clock = new VirtualClock();
    const limited = { fail: 'rate_limited', details: { retryAfterMs: 500 } } as const;
    const script = { t1: [limited, {}], t2: [{}] };
    const one = { ...scriptedAgent(clock, script), provider: 'api', staggerMs: 1000 };
    const run = start([task('t1'), task('t2', { dependsOn: ['t1'] })], { agents: { one }, clock, policy: ONE_TRY });
    await run.settled();
    const reason = 'waits until api may be used again after a rate limit';
    expect(waitsOf(run, 't1')[0]).toEqual({ state: 'cooling', waitingFor: 'cooling', reason, until: 500 });
    expect(waitsOf(run, 't1')[1]?.reason).toBe(
      'waits for the gap between starts, which rate limits of api have widened',
    );
  });

  it('for its next attempt', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }, {}]);
    const run = start([task('a')], { agents: { one }, clock, policy: retrying(1) });
    await run.settled();
    expect(waitsOf(run, 'a')).toEqual([
      { state: 'retrying', waitingFor: 'backoff', reason: 'waits before its next attempt', until: 1000 },
    ]);
  });

  it('for an open circuit', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ fail: 'transient' }], b: [{}] });
    const plan = [task('a'), task('b', { dependsOn: ['a'], onDependencyFailure: 'proceed' })];
    const run = start(plan, { agents: { one }, clock, policy: fragile({ onOpen: 'wait' }) });
    await run.settled();
    expect(waitsOf(run, 'b')[0]).toMatchObject({
      state: 'circuitOpen',
      waitingFor: 'circuit',
      reason: 'is refused, as the circuit of one is open',
    });
  });
});
