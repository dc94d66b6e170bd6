import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { onceSettled, outcomeOf, retrying, start, task, tasks, type Watched } from '../support/watched-run.ts';

/** The most tasks that were in a state at once, as the events report it. */
function mostIn(run: Watched, state: string): number {
  const now = new Map<string, string>();
  let most = 0;
  for (const event of run.events) {
    if (event.type === 'task.state') now.set(event.taskId, event.state);
    if (event.type === 'task.settled') now.delete(event.outcome.taskId);
    most = Math.max(most, [...now.values()].filter((one) => one === state).length);
  }
  return most;
}

describe.each(['wave', 'eager'] as const)('the schedule %s', (schedule) => {
  it('runs independent tasks in one wave, in plan order', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(3), { agents: { one: scriptedAgent(clock) }, clock, schedule });
    const result = await run.settled();
    expect(result.metadata.waves).toEqual([['t1', 't2', 't3']]);
    expect(run.of('attempt.started').map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't3']);
  });

  it('admits at most maxConcurrent tasks into staggered', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const run = start(tasks(20), { agents: { one }, clock, schedule, maxConcurrent: 3, staggerMs: 10 });
    await run.settled();
    expect(mostIn(run, 'staggered')).toBeLessThanOrEqual(3);
    expect(one.peak).toBe(3);
  });

  it('never reports more attempts in flight than maxConcurrent', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const run = start(tasks(20), { agents: { one }, clock, schedule, maxConcurrent: 3 });
    const running: number[] = [];
    run.run.progress$.subscribe((progress) => running.push(progress.running));
    await run.settled();
    expect(Math.max(...running)).toBe(3);
  });

  it('does not count sleepers as waiting', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }, {}]);
    const run = start(tasks(20), { agents: { one }, clock, schedule, maxConcurrent: 2, policy: retrying(1, 10_000) });
    await clock.advance(100);
    expect(mostIn(run, 'retrying')).toBe(20);
    expect((await run.settled()).metadata.succeeded).toBe(20);
  });

  it('reports each wave when it starts and when it has settled', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ fail: 'auth' }] });
    const plan = [...tasks(2), task('z', onceSettled('t1', 't2'))];
    const run = start(plan, { agents: { one }, clock, schedule });
    await run.settled();
    expect(run.of('wave.started').map(({ wave, tasks: count }) => [wave, count])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(
      run.of('wave.settled').map(({ wave, succeeded, failed, partial }) => [wave, succeeded, failed, partial]),
    ).toEqual([
      [1, 1, 1, 0],
      [2, 1, 0, 1],
    ]);
  });

  it('counts no attempt as in flight that has ended', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ ms: 100, fail: 'exit' }]), two: scriptedAgent(clock, [{ ms: 100 }]) };
    const plan = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })];
    const options = { agents, clock, schedule, fallback: 'two', defaultAgent: 'one' };
    expect((await start(plan, options).settled()).metadata.peakConcurrency).toBe(1);
  });

  it('keeps the engine’s gap across waves', async () => {
    const clock = new VirtualClock();
    const plan = [...tasks(2), task('u', { dependsOn: ['t1'] }), task('v', { dependsOn: ['t2'] })];
    const run = start(plan, { agents: { one: scriptedAgent(clock) }, clock, schedule, staggerMs: 1000 });
    await run.settled();
    expect(run.startTimes()).toEqual([0, 1000, 2000, 3000]);
  });
});

describe('the schedule wave', () => {
  it('starts a wave when the one before has settled', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { fast: [{ ms: 100 }], slow: [{ ms: 900 }] });
    const plan = [task('fast'), task('slow'), task('next', { dependsOn: ['fast'] })];
    const result = await start(plan, { agents: { one }, clock }).settled();
    expect(outcomeOf(result, 'next')).toMatchObject({ startedAt: 900, wave: 2 });
  });

  it('waits for retries, cooling and fallbacks of the wave before', async () => {
    const clock = new VirtualClock();
    const agents = {
      one: scriptedAgent(clock, { a: [{ fail: 'transient' }] }),
      two: scriptedAgent(clock, [{ ms: 500 }]),
    };
    const plan = [task('a'), task('z'), task('b', { dependsOn: ['z'] })];
    const options = { agents, clock, policy: retrying(1), fallback: 'two', defaultAgent: 'one' };
    const result = await start(plan, options).settled();
    expect(outcomeOf(result, 'b').startedAt).toBe(1500);
  });
});

describe('the schedule eager', () => {
  it('starts a task as soon as its own dependencies have settled', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { fast: [{ ms: 100 }], slow: [{ ms: 900 }], next: [{ ms: 100 }] });
    const plan = [
      task('fast'),
      task('slow'),
      task('next', { dependsOn: ['fast'] }),
      task('last', { dependsOn: ['next'] }),
    ];
    const result = await start(plan, { agents: { one }, clock, schedule: 'eager' }).settled();
    expect(outcomeOf(result, 'next')).toMatchObject({ startedAt: 100, wave: 2, queuedMs: 0 });
    expect(outcomeOf(result, 'last')).toMatchObject({ startedAt: 200, wave: 3 });
    expect(result.metadata.totalDurationMs).toBe(900);
  });

  it('starts all wave controllers at once', async () => {
    const clock = new VirtualClock();
    const plan = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })];
    const run = start(plan, { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock, schedule: 'eager' });
    await run.settled();
    expect(run.of('wave.started').map(({ at }) => at)).toEqual([0, 0, 0]);
    expect(run.of('wave.settled').map(({ wave, at }) => [wave, at])).toEqual([
      [1, 100],
      [2, 200],
      [3, 300],
    ]);
  });

  it('waits for all of several dependencies', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ms: 100 }], b: [{ ms: 300 }], c: [{ ms: 200 }] });
    const plan = [task('a'), task('b'), task('c'), task('z', { dependsOn: ['a', 'b', 'c'] })];
    const result = await start(plan, { agents: { one }, clock, schedule: 'eager' }).settled();
    expect(outcomeOf(result, 'z').startedAt).toBe(300);
  });
});

describe('the demonstration: five tasks, three at a time, two seconds apart, patient', () => {
  const options = { maxConcurrent: 3, staggerMs: 2000, policy: 'patient' } as const;

  it('starts them at 0, 2, 4, 6 and 8 seconds and settles them all', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 5000 }]);
    const run = start(tasks(5), { agents: { one }, clock, ...options });
    const done: string[] = [];
    run.run.progress$.subscribe(({ settled, total }) => done.push(`${settled}/${total} done`));
    const result = await run.settled();
    expect(run.startTimes()).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(one.peak).toBe(3);
    expect([...new Set(done)].slice(-6)).toEqual([
      '0/5 done',
      '1/5 done',
      '2/5 done',
      '3/5 done',
      '4/5 done',
      '5/5 done',
    ]);
    expect(result).toMatchObject({ status: 'succeeded', metadata: { succeeded: 5, peakConcurrency: 3 } });
  });

  it('never has more than three in flight, however long they take', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 30_000 }]);
    const run = start(tasks(5), { agents: { one }, clock, ...options });
    await run.settled();
    expect(run.startTimes()).toEqual([0, 2000, 4000, 30_000, 32_000]);
    expect(one.peak).toBe(3);
  });

  it('brings all five home when each fails twice, its starts still two seconds apart', async () => {
    const clock = new VirtualClock();
    const script = [{ ms: 500, fail: 'transient' as const }, { ms: 500, fail: 'exit' as const }, { ms: 500 }];
    const agents = Object.fromEntries(tasks(5).map(({ id }) => [`agent-${id}`, scriptedAgent(clock, script)]));
    const plan = tasks(5).map((one) => ({ ...one, agent: `agent-${one.id}` }));
    const policy = { preset: 'patient', breaker: { failureThreshold: 3 } } as const;
    const run = start(plan, { agents, clock, ...options, policy, retries: 2 });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(result.outcomes.map(({ attempts }) => attempts.length)).toEqual([3, 3, 3, 3, 3]);
    expect(result.metadata.retriedTasks.map(({ retries }) => retries)).toEqual([2, 2, 2, 2, 2]);
    const starts = run.startTimes();
    expect(starts).toHaveLength(15);
    expect(Math.min(...starts.slice(1).map((at, index) => at - (starts[index] as number)))).toBeGreaterThanOrEqual(
      2000,
    );
  });

  it('derives its run timeout from attempts, backoff, gap and fallback', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock), two: scriptedAgent(clock) };
    const run = start(tasks(5), { agents, clock, ...options, fallback: 'two', defaultAgent: 'one' });
    await run.settled();
    expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(3_732_000);
  });
});
