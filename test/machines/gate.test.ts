import { describe, expect, it } from 'vitest';
import { gate } from '../support/gate-bench.ts';

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

  it('is not reported when a refusal crosses a withdrawal', () => {
    const { request, task, actor } = gate({}, true);
    request('q1');
    actor.send({ type: 'start.withdraw', requestId: 'q1' });
    actor.send({ type: 'permit.refused', requestId: 'q1', reason: 'open', retryAt: 9000 });
    expect(task.heard).toEqual([]);
  });

  it('of another request is not an answer', () => {
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
