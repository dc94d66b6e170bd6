import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, outcomeOf, retrying, start, task, tasks } from '../support/watched-run.ts';

const limited = (retryAfterMs?: number) =>
  ({ fail: 'rate_limited', details: retryAfterMs === undefined ? {} : { retryAfterMs } }) as const;

it('cools as long as the provider says, and spends no retry', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(30_000), limited(7000), {}]);
  const run = start([task('a')], { agents: { one }, clock, policy: retrying(0) });
  const result = await run.settled();
  expect(run.states('a')).toEqual([
    'staggered',
    'running',
    'cooling',
    'staggered',
    'running',
    'cooling',
    'staggered',
    'running',
  ]);
  expect(run.startTimes()).toEqual([0, 30_000, 37_000]);
  expect(outcomeOf(result, 'a').attempts.map(({ result: how }) => how)).toEqual([
    'rate_limited',
    'rate_limited',
    'succeeded',
  ]);
  expect(result.metadata.retriedTasks).toEqual([]);
});

it('takes an instant as well as a duration', async () => {
  const clock = new VirtualClock(5000);
  const one = scriptedAgent(clock, [{ fail: 'rate_limited', details: { retryAt: 17_000 } }, {}]);
  const run = start([task('a')], { agents: { one }, clock });
  await run.settled();
  expect(run.startTimes()).toEqual([5000, 17_000]);
});

it('reads it from the message when nothing else says it', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'rate_limited', message: 'rate limited, retry after 12 seconds' }, {}]);
  const run = start([task('a')], { agents: { one }, clock });
  await run.settled();
  expect(run.startTimes()).toEqual([0, 12_000]);
});

it('cools 5 s when nothing says, doubling', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(), limited(), limited(), {}]);
  const run = start([task('a')], { agents: { one }, clock });
  await run.settled();
  expect(run.startTimes()).toEqual([0, 5000, 15_000, 35_000]);
});

it('reports until when it cools, and so do the metadata', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(30_000), {}]);
  const run = start([task('a')], { agents: { one }, clock });
  const result = await run.settled();
  expect(run.of('task.state').find(({ state }) => state === 'cooling')).toMatchObject({ until: 30_000 });
  expect(result.metadata.rateLimits).toEqual([{ agentId: 'one', taskId: 'a', resumeAt: 30_000 }]);
});

it('survives three rate limits by default, not four', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(1000)]);
  const result = await start([task('a')], { agents: { one }, clock }).settled();
  expect(one.calls).toHaveLength(4);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'rate_limited' } });
});

it.each([0, 1, 2])('survives as many rate limits as maxRateLimits says: %i', async (maxRateLimits) => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(1000)]);
  await start([task('a')], { agents: { one }, clock, maxRateLimits }).settled();
  expect(one.calls).toHaveLength(maxRateLimits + 1);
});

it('cools no longer than maxCoolingMs in all', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(30_000)]);
  const run = start([task('a')], { agents: { one }, clock, maxCoolingMs: 70_000, maxRateLimits: 99 });
  const result = await run.settled();
  expect(run.startTimes()).toEqual([0, 30_000, 60_000]);
  expect(outcomeOf(result, 'a')).toMatchObject({
    status: 'failed',
    error: { kind: 'rate_limited' },
    settledAt: 60_000,
  });
});

it('does not cool at all when it would be over maxCoolingMs', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(120_001)]);
  const result = await start([task('a')], { agents: { one }, clock }).settled();
  expect(outcomeOf(result, 'a').settledAt).toBe(0);
});

it('goes to its fallback when it may not cool any more', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [limited(1000)]), two: scriptedAgent(clock) };
  const options = { agents, clock, fallback: 'two', defaultAgent: 'one', maxRateLimits: 1 };
  const result = await start([task('a')], options).settled();
  expect(agents.one.calls).toHaveLength(2);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', via: 'fallback' });
});

it('cools the whole provider, also its other agents', async () => {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, [limited(30_000), {}], { provider: 'acme' }),
    two: scriptedAgent(clock, [{}], { provider: 'acme' }),
    other: scriptedAgent(clock, [{ ms: 100 }]),
  };
  const plan = [
    task('a', { agent: 'one' }),
    task('b', { agent: 'two', dependsOn: ['x'] }),
    task('c', { agent: 'other', dependsOn: ['x'] }),
    task('x', { agent: 'other' }),
  ];
  await start(plan, { agents, clock, schedule: 'eager' }).settled();
  expect(agents.other.calls.map(({ at }) => at)).toEqual([0, 100]);
  expect(agents.two.calls[0]?.at).toBeGreaterThanOrEqual(30_000);
});

it('holds no lease while it cools', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [limited(30_000), {}]), two: scriptedAgent(clock, [{ ms: 100 }]) };
  const plan = [task('a', { agent: 'one' }), task('b', { agent: 'two' })];
  await start(plan, { agents, clock, maxConcurrent: 1 }).settled();
  expect(agents.two.calls[0]?.at).toBe(0);
});

it('is one rate limit when attempts in flight are limited together', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 10, fail: 'rate_limited' }, {}]);
  const run = start(tasks(3), { agents: { one }, clock });
  await run.settled();
  expect(run.startTimes()[3]).toBe(5010);
});

it('is not a failure to the breaker', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [limited(1000), limited(1000), {}]);
  const result = await start([task('a')], { agents: { one }, clock, policy: fragile() }).settled();
  expect(result.metadata.breakers.one).toMatchObject({ state: 'closed', failures: 0, opened: 0 });
  expect(result.status).toBe('succeeded');
});

it('begins with a suspicion of a rate limit too, which spends no retry', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ hang: true, says: [{ at: 10, suspect: 'rate_limited' }] }, {}]);
  const run = start([task('a')], { agents: { one }, clock, policy: retrying(0) });
  const result = await run.settled();
  expect(run.states('a')).toEqual(['staggered', 'running', 'stopping', 'cooling', 'staggered', 'running']);
  expect(result.status).toBe('succeeded');
});

it('begins also when the suspected agent does not end in time', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ deaf: true, says: [{ at: 10, suspect: 'rate_limited' }] }, {}]);
  const run = start([task('a')], { agents: { one }, clock, policy: retrying(0) });
  await run.settled();
  expect(run.states('a')).toContain('cooling');
});

it('widens the gap of its provider; a success narrows it before the next start is chosen', async () => {
  const clock = new VirtualClock();
  const limited = { fail: 'rate_limited' as const, details: { retryAfterMs: 5000 } };
  // From a gap of 1000 to 2000, and to 1750: due when the first task ends, which it would not be with the wider gap.
  const agents = { one: scriptedAgent(clock, { a: [limited, { ms: 1800 }] }), two: scriptedAgent(clock) };
  const needs = { dependsOn: ['a'] };
  const plan = [
    task('a', { agent: 'one' }),
    task('b', { agent: 'one', ...needs }),
    task('c', { agent: 'two', ...needs }),
  ];
  const run = start(plan, { agents, clock, staggerMs: 1000 });
  await run.settled();
  expect(run.of('attempt.started').map(({ taskId, at }) => [taskId, at])).toEqual([
    ['a', 0],
    ['a', 5000],
    ['b', 6800],
    ['c', 7800],
  ]);
});

it.each([
  ['long', limited(10_800_000), 'waiting takes 10800 seconds in all, and `maxCoolingMs` allows 120 seconds'],
  ['frequent', limited(1000), '`maxRateLimits` allows a task 3'],
])('fails by limits that are too %s with the setting that allows more', async (_, step, bound) => {
  const clock = new VirtualClock();
  const run = start([task('a')], { agents: { one: scriptedAgent(clock, [step]) }, clock, policy: retrying(0) });
  const { error } = outcomeOf(await run.settled(), 'a');
  expect(error?.message).toContain(`(${bound}; set it in \`policy.cooling\` of the plan)`);
});

it.each([
  ['an instant long past', { retryAt: 1 }],
  ['an instant past by a second', { retryAt: 99_000 }],
  ['now', { retryAfterMs: 0 }],
])('cools as if nothing were said when a limit resets at %s', async (_, details) => {
  const clock = new VirtualClock(100_000);
  const one = scriptedAgent(clock, [{ fail: 'rate_limited', details }, { fail: 'rate_limited', details }, {}]);
  const run = start([task('a')], { agents: { one }, clock });
  await run.settled();
  expect(run.startTimes()).toEqual([100_000, 105_000, 115_000]);
});
