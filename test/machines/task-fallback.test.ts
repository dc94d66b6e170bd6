import { expect, it } from 'vitest';
import { AgentError } from '../../src/errors/agent-error.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction, AgentRequest } from '../../src/types/agent.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import {
  fragile,
  ONE_TRY,
  onceSettled,
  outcomeOf,
  retrying,
  start,
  startOn,
  task,
  tasks,
} from '../support/watched-run.ts';

it('takes over once when the retries are spent', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'transient' }]);
  const two = scriptedAgent(clock, [{ ms: 500, ok: 'instead' }]);
  const options = { agents: { one, two }, clock, policy: retrying(1), fallback: 'two', defaultAgent: 'one' };
  const run = start([task('a')], options);
  const result = await run.settled();
  expect(run.states('a').slice(-2)).toEqual(['fallback.waiting', 'fallback.running']);
  expect(outcomeOf(result, 'a')).toMatchObject({
    status: 'succeeded',
    via: 'fallback',
    agentId: 'one',
    output: 'instead',
    error: null,
    attempts: [
      { n: 1, agentId: 'one' },
      { n: 2, agentId: 'one' },
      { n: 3, agentId: 'two' },
    ],
  });
});

it('is counted once, and only when it ran', async () => {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, [{ fail: 'auth' }]),
    two: scriptedAgent(clock, [{ ms: 100, fail: 'auth' }]),
  };
  const result = await start(tasks(3), { agents, clock, fallback: 'two', defaultAgent: 'one' }).settled();
  expect(result.metadata.fallbackCount).toBe(3);
  expect(agents.two.calls).toHaveLength(3);
});

it('gets the same prompt', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [{ fail: 'auth' }]), two: scriptedAgent(clock) };
  const plan = [task('a', { agent: 'two' }), task('b', { dependsOn: ['a'] })];
  await start(plan, { agents, clock, fallback: 'two', defaultAgent: 'one' }).settled();
  expect(agents.two.calls[1]?.prompt).toBe(agents.one.calls[0]?.prompt);
});

it('takes over at once after a permanent error', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [{ fail: 'forbidden' }]), two: scriptedAgent(clock) };
  const options = { agents, clock, policy: retrying(3), fallback: 'two', defaultAgent: 'one' };
  const result = await start([task('a')], options).settled();
  expect(agents.one.calls).toHaveLength(1);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', settledAt: 0 });
});

it('ends the task when it fails too, with both errors reported', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'auth', message: 'no key' }]);
  const two = scriptedAgent(clock, [{ ms: 100, fail: 'transient', message: 'no luck' }]);
  const options = { agents: { one, two }, clock, policy: retrying(3), fallback: 'two', defaultAgent: 'one' };
  const result = await start([task('a')], options).settled();
  expect(two.calls).toHaveLength(1);
  const { error, via } = outcomeOf(result, 'a');
  expect(via).toBe('fallback');
  expect(error).toMatchObject({ kind: 'transient', message: expect.stringMatching(/no luck.*no key/) });
});

it('is not retried, cooled or replaced when it is rate-limited', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'auth' }]);
  const two = scriptedAgent(clock, [{ ms: 100, fail: 'rate_limited', details: { retryAfterMs: 1000 } }]);
  const result = await start([task('a')], {
    agents: { one, two },
    clock,
    fallback: 'two',
    defaultAgent: 'one',
  }).settled();
  expect(two.calls).toHaveLength(1);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'rate_limited' }, settledAt: 100 });
});

it('is refused by its own breaker without spending an attempt', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'auth', message: 'no key' }]);
  const two = scriptedAgent(clock, { z: [{ fail: 'transient' }] });
  const plan = [task('z', { agent: 'two', fallback: false }), task('a', onceSettled('z'))];
  const options = { agents: { one, two }, clock, policy: fragile(), fallback: 'two', defaultAgent: 'one' };
  const run = start(plan, options);
  const result = await run.settled();
  expect(two.calls.map(({ taskId }) => taskId)).toEqual(['z']);
  expect(run.states('a')).toEqual(['staggered', 'running', 'fallback.waiting']);
  const { error } = outcomeOf(result, 'a');
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringMatching(/no key.*two.*open/i) });
  expect(result.metadata.fallbackCount).toBe(0);
});

it('waits for a lease of its own', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { t1: [{ ms: 10, fail: 'auth' }], t2: [{ ms: 300 }] });
  const two = scriptedAgent(clock);
  const options = { agents: { one, two }, clock, fallback: 'two', defaultAgent: 'one', maxConcurrent: 1 };
  const run = start(tasks(2), options);
  await clock.advance(200);
  expect(run.state('t1')).toBe('fallback.waiting');
  await run.settled();
  expect(two.calls[0]?.at).toBe(310);
});

it('waits for its start gap', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [{ fail: 'auth' }]), two: scriptedAgent(clock) };
  const run = start([task('a')], { agents, clock, fallback: 'two', defaultAgent: 'one', staggerMs: 2000 });
  await run.settled();
  expect(run.startTimes()).toEqual([0, 2000]);
});

it('runs under the same clocks', async () => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [{ fail: 'auth' }]), two: scriptedAgent(clock, [{ hang: true }]) };
  const run = start([task('a', { timeoutMs: 700 })], { agents, clock, fallback: 'two', defaultAgent: 'one' });
  const result = await run.settled();
  expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'timeout' }, settledAt: 700 });
});

it('never is the agent that failed', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ fail: 'auth' }]);
  const run = start([task('a')], { agents: { one }, clock, fallback: 'one' });
  const result = await run.settled();
  expect(one.calls).toHaveLength(1);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', via: 'agent' });
});

it('never starts another fallback', async () => {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, [{ fail: 'auth' }]),
    two: scriptedAgent(clock, [{ ms: 100, fail: 'auth' }]),
    three: scriptedAgent(clock),
  };
  const plan = { tasks: [task('a', { agent: 'one', fallback: 'two' })], fallback: 'three' };
  await start(plan, { agents, clock }).settled();
  expect([agents.two.calls.length, agents.three.calls.length]).toEqual([1, 0]);
});

it.each([
  ['by a task', { fallback: false as const }, {}],
  ['by a run', {}, { fallback: false as const }],
])('can be forbidden %s', async (_, ofTask, run) => {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, [{ fail: 'auth' }]), two: scriptedAgent(clock) };
  const options = { agents, clock, fallback: 'two', defaultAgent: 'one', run };
  await start([task('a', ofTask)], options).settled();
  expect(agents.two.calls).toHaveLength(0);
});

it('is withdrawn when the run is cancelled while it waits', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { t1: [{ ms: 10, fail: 'auth' }], t2: [{ ms: 300 }] });
  const two = scriptedAgent(clock);
  const options = { agents: { one, two }, clock, fallback: 'two', defaultAgent: 'one', maxConcurrent: 1 };
  const run = start(tasks(2), options);
  await clock.advance(100);
  run.run.cancel('enough');
  const result = await run.settled();
  expect(two.calls).toHaveLength(0);
  expect(outcomeOf(result, 't1')).toMatchObject({ status: 'cancelled', settledAt: 100 });
});

it('is cancelled while it runs', async () => {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, [{ fail: 'auth' }]),
    two: scriptedAgent(clock, [{ hang: true, dyingMs: 50 }]),
  };
  const run = start([task('a')], { agents, clock, fallback: 'two', defaultAgent: 'one' });
  await clock.advance(100);
  run.run.cancel('enough');
  const result = await run.settled();
  expect(run.states('a').slice(-2)).toEqual(['fallback.running', 'cancelling']);
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'cancelled', via: 'fallback', settledAt: 150 });
});

it('leaves the lease it had to the next', async () => {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, [{ fail: 'auth' }]),
    two: scriptedAgent(clock, [{ ms: 100, fail: 'auth' }]),
  };
  const first = start(tasks(3), {
    agents,
    clock,
    fallback: 'two',
    defaultAgent: 'one',
    maxConcurrent: 1,
    policy: ONE_TRY,
  });
  await first.settled();
  const again = startOn(first.soar, clock, [task('b')]);
  expect((await again.settled()).outcomes).toHaveLength(1);
});

it('is reported whom it stands in for, and what failed', async () => {
  const clock = new VirtualClock();
  const told: AgentRequest['insteadOf'][] = [];
  const two: AgentFunction = ({ insteadOf }) => {
    told.push(insteadOf);
    return 'instead';
  };
  const seen: unknown[] = [];
  const one: AgentFunction = ({ insteadOf }) => {
    seen.push(insteadOf);
    throw new AgentError('sold_out', 'no seats');
  };
  const options = { agents: { one, two }, clock, policy: retrying(1), fallback: 'two', defaultAgent: 'one' };
  await start([task('a')], options).settled();
  expect(seen).toEqual([undefined, undefined]);
  expect(told).toEqual([
    { agentId: 'one', attempts: 2, error: { kind: 'other', message: 'sold_out: no seats', retryable: true } },
  ]);
});

it('is reported of an open circuit, too', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { z: [{ ms: 10, fail: 'transient' }] });
  const told: AgentRequest['insteadOf'][] = [];
  const two: AgentFunction = ({ insteadOf }) => {
    told.push(insteadOf);
    return 'instead';
  };
  const plan = [task('z', { fallback: false }), task('a', onceSettled('z'))];
  await start(plan, { agents: { one, two }, clock, policy: fragile(), fallback: 'two', defaultAgent: 'one' }).settled();
  expect(told).toMatchObject([{ agentId: 'one', attempts: 0, error: { kind: 'circuit_open' } }]);
});
