import { describe, expect, it, vi } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, ONE_TRY, outcomeOf, retrying, start, startOn, task, tasks, smallestGap } from '../support/watched-run.ts';

it('P1 run deadline and task deadline at the same instant, deaf agent', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ deaf: true }]);
  const run = start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock, run: { timeoutMs: 1000 } });
  await clock.advance(20_000);
  expect(run.of('run.settled')).toHaveLength(1);
});
it('P1b second task starting later, same instant', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { t1: [{ ms: 500 }], t2: [{ deaf: true }] });
  const run = start(tasks(2, { timeoutMs: 500 }), { agents: { one }, clock, maxConcurrent: 1, run: { timeoutMs: 999.999 + 0.001 } });
  await clock.advance(20_000);
  expect(run.of('run.settled')).toHaveLength(1);
});
it('P1c user cancel in a clock timer at the same instant', async () => {
  for (const n of [1, 2, 3, 5, 8]) {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ deaf: true }]);
    const run = start(tasks(n, { timeoutMs: 1000 }), { agents: { one }, clock, maxConcurrent: 10, run: { timeoutMs: 1000 } });
    await clock.advance(20_000);
    expect(run.of('run.settled')).toHaveLength(1);
  }
});
it('P2 throwing events$ subscriber', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10 }]);
  const soar = createSoar({ agents: { one }, clock });
  const run = soar.run({ tasks: tasks(2) });
  run.events$.subscribe(() => { throw new Error('mine'); });
  const r = await clock.settle(run.result);
  expect(r.status).toBe('succeeded');
});
it('P3 exact budget has no error', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10 }]);
  const run = start(tasks(2), { agents: { one }, clock, run: { budget: { attempts: 2 } } });
  const r = await run.settled();
  expect(r.status).toBe('succeeded');
  console.log('P3', r.error, run.of('run.stopping')); expect(r.error).toBeUndefined();
});
it('P4 null-proto answer', async () => {
  const clock = new VirtualClock();
  const soar = createSoar({ agents: { one: () => Object.create(null) }, clock });
  const run = soar.run({ tasks: tasks(1) });
  const r = await clock.settle(run.result);
  expect(r.outcomes).toHaveLength(1);
});
it('P5 cancel at once', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ hang: true }]);
  const run = start(tasks(1), { agents: { one }, clock });
  run.run.cancel();
  const r = await run.settled();
  expect(one.calls.filter((c) => c.aborted)).toEqual([]);
  expect(r.status).toBe('cancelled');
});
it('P5b cancel in the handler of attempt.started', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ hang: true }]);
  const run = start(tasks(1), { agents: { one }, clock });
  run.run.events$.subscribe((e) => { if (e.type === 'attempt.started') run.run.cancel(); });
  const r = await run.settled();
  expect(one.calls.filter((c) => c.aborted)).toEqual([]);
  expect(r.status).toBe('cancelled');
});
it('P6 ticked tasks and progress', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10 }]);
  const run = start([task('a', { done: { output: 'x' } }), task('b', { dependsOn: ['a'] })], { agents: { one }, clock });
  let last: any;
  run.run.progress$.subscribe((p) => { last = p; });
  await run.settled();
  expect(last).toMatchObject({ total: 2, settled: 2, succeeded: 2 });
});
it('P6b all ticked', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10 }]);
  const run = start([task('a', { done: { output: 'x' } })], { agents: { one }, clock });
  let last: any;
  run.run.progress$.subscribe((p) => { last = p; });
  await run.settled();
  expect(last).toMatchObject({ total: 1, settled: 1, succeeded: 1 });
});
it('P7 explicit stagger widens after a rate limit', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { t1: [{ fail: 'rate_limited', details: { retryAfterMs: 1000 } }, {}] });
  const run = start(tasks(4), { agents: { one }, clock, staggerMs: 2000 });
  await run.settled();
  console.log(run.startTimes());
  expect(smallestGap(run.startTimes().slice(1))).toBeGreaterThan(2000);
});
it('P8 time budget: failing after exhaustion', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 2000, fail: 'transient' }]);
  const run = start(tasks(1), { agents: { one }, clock, policy: retrying(1, 30_000), run: { budget: { timeMs: 1000 } } });
  const r = await run.settled();
  console.log(r.outcomes[0], clock.now());
  expect(clock.now()).toBe(2000);
});
it('P9 abandoned rate limit', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ deaf: true, says: [{ at: 10, suspect: 'rate_limited' }] }, {}]);
  const run = start(tasks(1), { agents: { one }, clock, policy: retrying(0) });
  const r = await run.settled();
  console.log(run.states('t1'), r.outcomes[0]?.error);
  expect(run.states('t1')).toContain('cooling');
});
it('P10 resumed', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10_000, says: [{ at: 3000, beat: true }] }]);
  const run = start(tasks(1), { agents: { one }, clock, policy: { retry: { retries: 0 }, clocks: { idleTimeoutMs: 1000 } } });
  await run.settled();
  expect(run.states('t1')).toEqual(['staggered', 'running', 'stalled', 'running', 'stalled']);
});
it('P11 per task fallback in the derived timeout', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock), two: scriptedAgent(clock) };
  const run = start([task('a', { agent: 'one', fallback: 'two' })], { agents, clock, policy: 'patient' });
  await run.settled();
  expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(3 * 600_000 + 2000 + 120_000);
});
it('P12 phase garbage', async () => {
  const clock = new VirtualClock();
  const soar = createSoar({ clock, agents: { one: () => 'x' }, phases: { retrieve: (() => ({})) as never } });
  const run = soar.ask('What is this?');
  const r = await clock.settle(run.result);
  console.log(r.status, r.error, r.query);
  expect(r.error?.message).toMatch(/retrieve/);
});
it('P13 budget-refused called waiter passes the call on', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { a: [{ fail: 'transient' }] });
  const policy = fragile({ onOpen: 'wait', maxOpenWaitMs: 200_000 });
  const first = start([task('a')], { agents: { one }, clock, policy });
  await clock.advance(30_000);
  const second = startOn(first.soar, clock, [task('b')], { budget: { timeMs: 30_000 } });
  await clock.advance(100);
  const third = startOn(first.soar, clock, [task('c')], {});
  const r = await clock.settle(third.run.result);
  console.log(second.states('b'), third.states('c'), (await second.settled()).outcomes[0]?.error);
  expect(outcomeOf(r, 'c').startedAt).toBe(60_000);
});
it('P14 staggered bound with sleepers', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'transient' }, { ms: 100 }]);
  const run = start(tasks(10), { agents: { one }, clock, policy: retrying(1), maxConcurrent: 2 });
  await run.settled();
  const now = new Map<string, string>();
  let most = 0;
  for (const e of run.events) {
    if (e.type === 'task.state') now.set(e.taskId, e.state);
    if (e.type === 'task.settled') now.delete(e.outcome.taskId);
    most = Math.max(most, [...now.values()].filter((s) => s === 'staggered').length);
  }
  expect(most).toBeLessThanOrEqual(2);
});
