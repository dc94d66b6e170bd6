import { describe, expect, it } from 'vitest';
import { gate } from '../support/gate-bench.ts';

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
  it('of attempts refuses what would be one too many, and reports the run once', () => {
    const { request, open, task, ids } = gate();
    const run = open('r', { budget: { attempts: 2 } });
    for (const id of ['q1', 'q2', 'q3']) request(id);
    expect(ids()).toEqual(['q1', 'q2']);
    expect(task.heard.filter(({ type }) => type === 'start.refused')).toMatchObject([
      { requestId: 'q3', cause: 'budget' },
    ]);
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

  it('of cost counts what the agents report, to the last tenth', () => {
    const { request, release, open, task } = gate();
    const run = open('r', { budget: { costUsd: 0.8 }, spent: { attempts: 1, tokens: 5, costUsd: 0.1 } });
    request('q1');
    release('q1', { tokens: 7, costUsd: 0.7 });
    expect(run.heard).toEqual([{ type: 'budget.spent', what: 'cost' }]);
    request('q2');
    expect(task.last()).toMatchObject({ type: 'start.refused', requestId: 'q2', cause: 'budget' });
  });

  it('counts what was spent before', () => {
    const { open } = gate();
    const run = open('r', { budget: { attempts: 5 }, spent: { attempts: 5, tokens: 0, costUsd: 0 } });
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
