import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { Addressee } from '../../src/actors/scope.ts';
import { resolveAgent } from '../../src/agents/resolve.ts';
import type { BreakerEvent } from '../../src/machines/breaker/events.ts';
import type { GateNotice, GateReply, RunOpened } from '../../src/machines/gate/events.ts';
import { type GateInput, gateMachine } from '../../src/machines/gate/machine.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types.ts';
import { ear } from '../support/ear.ts';

const agent = (id: string, profile: Partial<Agent> = {}) => resolveAgent(id, { run: () => '', ...profile });

function gate(limits: GateInput['limits'] = {}, withBreaker = false) {
  const clock = new VirtualClock();
  const breaker = ear<BreakerEvent>(clock);
  const input = withBreaker ? { limits, breakerOf: () => breaker.ref } : { limits };
  const actor = createActor(gateMachine, { clock, input }).start();
  const task = ear<GateReply>(clock);
  const request = (requestId: string, more: Partial<{ agent: Agent & { id?: string }; runId: string }> = {}) => {
    const { id = 'one', ...profile } = more.agent ?? { run: () => '' };
    const runId = more.runId ?? 'r';
    const who = agent(id, profile);
    const ref = task.ref as Addressee<GateReply>;
    actor.send({ type: 'start.request', requestId, runId, taskId: requestId, agent: who, breaker: withBreaker, ref });
  };
  const release = (leaseId: string, more: object = {}) =>
    actor.send({ type: 'lease.release', leaseId, permitId: null, result: 'success', kind: null, at: clock.now(), ...more });
  const limited = (leaseId: string, retryAt: number | null = null) =>
    release(leaseId, { result: 'neutral', kind: 'rate_limited', rateLimit: { retryAt, ref: task.ref } });
  const open = (runId: string, more: Partial<RunOpened> = {}) => {
    const run = ear<GateNotice>(clock);
    const ours = { maxConcurrent: null, staggerMs: null, budget: null };
    actor.send({ type: 'run.opened', runId, ref: run.ref, ...ours, ...more });
    return run;
  };
  const granted = () =>
    task.heard.flatMap((reply) => (reply.type === 'start.granted' ? [[reply.requestId, reply.at] as const] : []));
  const ids = () => granted().map(([id]) => id);
  return { clock, actor, breaker, task, request, release, limited, open, granted, ids };
}

describe('leases', () => {
  it('are four by default, over all runs', () => {
    const { request, ids } = gate();
    for (let i = 1; i <= 6; i += 1) request(`q${i}`, { runId: `r${i}` });
    expect(ids()).toEqual(['q1', 'q2', 'q3', 'q4']);
  });

  it('go to the next when one comes back', () => {
    const { request, release, ids } = gate({ maxConcurrent: 1 });
    request('q1');
    request('q2');
    release('q1');
    expect(ids()).toEqual(['q1', 'q2']);
  });

  it('come back once, however often they are released', () => {
    const { request, release, ids } = gate({ maxConcurrent: 1 });
    for (const id of ['q1', 'q2', 'q3', 'q4']) request(id);
    release('q1');
    release('q1');
    release('q1');
    release('never given');
    expect(ids()).toEqual(['q1', 'q2']);
  });

  it('are as many for an agent, a provider and a run as each says', () => {
    const { request, open, ids } = gate({ maxConcurrent: 99, perAgent: { a: 1 }, perProvider: { p: 2 } });
    open('narrow', { maxConcurrent: 1 });
    const run = () => '';
    for (const n of [1, 2]) request(`a${n}`, { agent: { id: 'a', run } });
    for (const n of [1, 2, 3]) request(`p${n}`, { agent: { id: `p${n}`, provider: 'p', run } });
    for (const n of [1, 2]) request(`o${n}`, { agent: { id: 'own', maxConcurrent: 1, run } });
    for (const n of [1, 2]) request(`n${n}`, { runId: 'narrow', agent: { id: `n${n}`, run } });
    expect(ids()).toEqual(['a1', 'p1', 'p2', 'o1', 'n1']);
  });

  it('pass by an agent that is at its limit', () => {
    const { request, ids } = gate({ maxConcurrent: 2, perAgent: { a: 1 } });
    const run = () => '';
    request('a1', { agent: { id: 'a', run } });
    request('a2', { agent: { id: 'a', run } });
    request('b1', { agent: { id: 'b', run } });
    expect(ids()).toEqual(['a1', 'b1']);
  });

  it('go to the run served longest ago', () => {
    const { request, release, open, ids } = gate({ maxConcurrent: 1 });
    open('a');
    open('b');
    for (const id of ['a1', 'a2', 'a3']) request(id, { runId: 'a' });
    for (const id of ['b1', 'b2', 'b3']) request(id, { runId: 'b' });
    for (const id of ['a1', 'b1', 'a2', 'b2', 'a3']) release(id);
    expect(ids()).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });

  it('are not given to a request that was withdrawn', () => {
    const { request, release, actor, ids } = gate({ maxConcurrent: 1 });
    for (const id of ['q1', 'q2', 'q3']) request(id);
    actor.send({ type: 'start.withdraw', requestId: 'q2' });
    release('q1');
    expect(ids()).toEqual(['q1', 'q3']);
  });

  it('are not given to a run that has withdrawn or ended', () => {
    const { request, release, actor, ids } = gate({ maxConcurrent: 1 });
    request('q1', { runId: 'other' });
    request('a', { runId: 'withdrawn' });
    request('b', { runId: 'ended' });
    actor.send({ type: 'run.withdraw', runId: 'withdrawn' });
    actor.send({ type: 'run.closed', runId: 'ended' });
    release('q1');
    expect(ids()).toEqual(['q1']);
  });
});

describe('the permit', () => {
  it('is asked for last, when the lease is reserved and the start is due', async () => {
    const { request, breaker, clock, actor } = gate({ staggerMs: 1000 }, true);
    request('q1');
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    request('q2');
    expect(breaker.heard).toHaveLength(1);
    await clock.advance(1000);
    expect(breaker.heard).toHaveLength(2);
  });

  it('comes with the lease', () => {
    const { request, task, actor } = gate({}, true);
    request('q1');
    expect(task.heard).toEqual([]);
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    expect(task.last()).toMatchObject({ type: 'start.granted', requestId: 'q1', permitId: 'p1', at: 0 });
  });

  it('when refused gives lease and gap to the next', () => {
    const { request, task, actor, granted } = gate({ maxConcurrent: 1, staggerMs: 1000 }, true);
    request('q1');
    request('q2');
    actor.send({ type: 'permit.refused', requestId: 'q1', reason: 'open', retryAt: 9000 });
    expect(task.last()).toEqual({
      type: 'start.refused',
      requestId: 'q1',
      cause: 'circuit_open',
      reason: 'open',
      retryAt: 9000,
    });
    actor.send({ type: 'permit.granted', requestId: 'q2', permitId: 'p2' });
    expect(granted()).toEqual([['q2', 0]]);
  });

  it('goes back, and the lease too, when it crosses a withdrawal', () => {
    const { request, task, actor, breaker } = gate({ maxConcurrent: 1 }, true);
    request('q1');
    request('q2');
    actor.send({ type: 'start.withdraw', requestId: 'q1' });
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    expect(task.heard).toEqual([]);
    expect(breaker.heard.slice(1)).toMatchObject([
      { type: 'permit.return', permitId: 'p1', result: 'neutral' },
      { type: 'permit.request', requestId: 'q2' },
    ]);
    actor.send({ type: 'permit.granted', requestId: 'q2', permitId: 'p2' });
    expect(task.last()).toMatchObject({ type: 'start.granted', requestId: 'q2' });
  });

  it('goes back also when the whole run was withdrawn', () => {
    const { request, task, actor, breaker } = gate({ maxConcurrent: 1 }, true);
    request('q1');
    actor.send({ type: 'run.withdraw', runId: 'r' });
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    expect(task.heard).toEqual([]);
    expect(breaker.last()).toMatchObject({ type: 'permit.return', permitId: 'p1', result: 'neutral' });
  });

  it('is not told of when a refusal crosses a withdrawal', () => {
    const { request, task, actor } = gate({}, true);
    request('q1');
    actor.send({ type: 'start.withdraw', requestId: 'q1' });
    actor.send({ type: 'permit.refused', requestId: 'q1', reason: 'open', retryAt: 9000 });
    expect(task.heard).toEqual([]);
  });

  it('of another request is no answer', () => {
    const { request, task, actor } = gate({}, true);
    request('q1');
    actor.send({ type: 'permit.granted', requestId: 'stale', permitId: 'stale' });
    actor.send({ type: 'permit.refused', requestId: 'stale', reason: 'stale', retryAt: 0 });
    expect(task.heard).toEqual([]);
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    expect(task.last()).toMatchObject({ type: 'start.granted', permitId: 'p1' });
  });

  it('is returned with the lease, once, with how the attempt ended', () => {
    const { request, release, actor, breaker } = gate({}, true);
    request('q1');
    actor.send({ type: 'permit.granted', requestId: 'q1', permitId: 'p1' });
    release('q1', { permitId: 'p1', result: 'failure', kind: 'exit' });
    release('q1', { permitId: 'p1', result: 'failure', kind: 'exit' });
    expect(breaker.heard.slice(1)).toMatchObject([
      { type: 'permit.return', permitId: 'p1', result: 'failure', kind: 'exit', at: 0 },
    ]);
  });
});

describe('the start gap', () => {
  it('lies between any two starts, and waiting for it holds no lease', async () => {
    const { request, release, clock, granted } = gate({ maxConcurrent: 1, staggerMs: 1000 });
    request('q1');
    request('q2');
    release('q1');
    await clock.advance(5000);
    expect(granted()).toEqual([
      ['q1', 0],
      ['q2', 1000],
    ]);
  });

  it('is each provider’s own when none was set', async () => {
    const { request, clock, granted } = gate({ maxConcurrent: 9 });
    const run = () => '';
    for (const n of [1, 2]) request(`c${n}`, { agent: { id: 'c', kind: 'cli', run } });
    for (const n of [1, 2]) request(`m${n}`, { agent: { id: 'm', kind: 'model', run } });
    for (const n of [1, 2]) request(`f${n}`, { agent: { id: 'f', run } });
    for (const n of [1, 2]) request(`o${n}`, { agent: { id: 'o', staggerMs: 40, run } });
    await clock.advance(5000);
    expect(Object.fromEntries(granted())).toEqual({ c1: 0, c2: 2000, m1: 0, m2: 250, f1: 0, f2: 0, o1: 0, o2: 40 });
  });

  it('counts from the last start, not from a grid', async () => {
    const { request, clock, granted } = gate({ maxConcurrent: 9, staggerMs: 1000 });
    request('q1');
    await clock.advance(2700);
    request('q2');
    request('q3');
    await clock.advance(5000);
    expect(granted().map(([, at]) => at)).toEqual([0, 2700, 3700]);
  });

  it('of a run is kept to as well', async () => {
    const { request, open, clock, granted } = gate({ maxConcurrent: 9 });
    open('r', { staggerMs: 500 });
    request('q1');
    request('q2');
    await clock.advance(5000);
    expect(granted().map(([, at]) => at)).toEqual([0, 500]);
  });
});

describe('a rate limit', () => {
  it('cools the provider until the instant it named', async () => {
    const { request, limited, clock, granted, task } = gate();
    request('q1');
    limited('q1', 30_000);
    expect(task.last()).toMatchObject({ type: 'provider.cooled', provider: 'one', resumeAt: 30_000 });
    request('q2');
    await clock.advance(60_000);
    expect(granted()[1]).toEqual(['q2', 30_000]);
  });

  it('cools 5 s when nothing says, doubling while they follow each other', async () => {
    const { request, limited, clock, task } = gate();
    const seen: number[] = [];
    for (const id of ['q1', 'q2', 'q3']) {
      request(id);
      await clock.advance(60_000);
      limited(id);
      const cooled = task.last();
      if (cooled?.type === 'provider.cooled') seen.push(cooled.resumeAt - clock.now());
    }
    expect(seen).toEqual([5000, 10_000, 20_000]);
  });

  it('leaves other providers alone', () => {
    const { request, limited, granted } = gate();
    request('q1');
    limited('q1', 30_000);
    request('q2', { agent: { id: 'two', run: () => '' } });
    expect(granted()[1]).toEqual(['q2', 0]);
  });

  it.each([0, 2000])('widens the gap, and quiet narrows it back (an explicit gap of %i ms)', async (staggerMs) => {
    const { request, release, limited, clock, granted } = gate({ maxConcurrent: 9, staggerMs: staggerMs || null });
    const starts = async (prefix: string) => {
      const before = granted().length;
      for (const n of [1, 2, 3]) request(`${prefix}${n}`);
      await clock.advance(100_000);
      const [first = 0, second = 0] = granted()
        .slice(before)
        .map(([, at]) => at);
      for (const n of [1, 2, 3]) release(`${prefix}${n}`);
      return second - first;
    };
    expect(await starts('a')).toBe(staggerMs);
    request('q');
    await clock.advance(100_000);
    limited('q', clock.now() + 1000);
    await clock.advance(100_000);
    const widened = await starts('b');
    expect(widened).toBeGreaterThan(staggerMs);
    const narrower = await starts('c');
    expect(narrower).toBeLessThan(widened);
    for (let i = 0; i < 20; i += 1) await starts(`d${i}-`);
    expect(await starts('e')).toBe(staggerMs);
  });
});

describe('a budget', () => {
  it('of attempts refuses what would be one too many, and tells the run once', () => {
    const { request, open, task, ids } = gate();
    const run = open('r', { budget: { attempts: 2 } });
    for (const id of ['q1', 'q2', 'q3']) request(id);
    expect(ids()).toEqual(['q1', 'q2']);
    expect(task.heard.filter(({ type }) => type === 'start.refused')).toMatchObject([{ requestId: 'q3', cause: 'budget' }]);
    expect(run.heard).toEqual([{ type: 'budget.spent', what: 'attempts' }]);
  });

  it('of tokens counts what the agents report', () => {
    const { request, release, open, task } = gate();
    const run = open('r', { budget: { tokens: 100 } });
    request('q1');
    release('q1', { tokens: 100 });
    expect(run.heard).toEqual([{ type: 'budget.spent', what: 'tokens' }]);
    request('q2');
    expect(task.last()).toMatchObject({ type: 'start.refused', requestId: 'q2', cause: 'budget' });
  });

  it('counts what was spent before', () => {
    const { open } = gate();
    const run = open('r', { budget: { attempts: 5 }, spent: { attempts: 5, tokens: 0 } });
    expect(run.heard).toEqual([{ type: 'budget.spent', what: 'attempts' }]);
  });

  it('of one run is no other’s', () => {
    const { request, open, ids } = gate();
    open('poor', { budget: { attempts: 1 } });
    open('rich');
    for (const id of ['p1', 'p2']) request(id, { runId: 'poor' });
    for (const id of ['r1', 'r2']) request(id, { runId: 'rich' });
    expect(ids()).toEqual(['p1', 'r1', 'r2']);
  });
});
