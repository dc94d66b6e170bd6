import { describe, expect, it } from 'vitest';
import { resolveAgent } from '../../src/agents/resolve.ts';
import type { RunOpened, StartRequest } from '../../src/machines/gate/events.ts';
import { KnownPaces } from '../../src/machines/gate/known-paces.ts';
import { Lanes } from '../../src/machines/gate/lanes.ts';
import {
  coolingAfter,
  LONGEST_GUESS_MS,
  narrowed,
  newPace,
  type Pace,
  restoredPace,
  widened,
} from '../../src/machines/gate/pacing.ts';
import { Accounts, type RunAccount } from '../../src/machines/gate/run-budgets.ts';
import type { StoredPace } from '../../src/run/entries.ts';
import { addressee } from '../model/fakes.ts';

function opened(runId: string, more: Partial<RunOpened> = {}): RunOpened {
  return { type: 'run.opened', runId, maxConcurrent: null, staggerMs: null, budget: null, ref: addressee(), ...more };
}

describe('an account', () => {
  const accountOf = (budget: RunOpened['budget'], now = 0): [Accounts, RunAccount] => {
    const accounts = new Accounts();
    accounts.open(opened('r', { budget }), now, 0);
    return [accounts, accounts.of('r', 0)];
  };

  it('is spent when its time is up, counted from when the run was opened', () => {
    const [accounts, run] = accountOf({ timeMs: 100 }, 50);
    expect(accounts.judge(run, 149)).toBeNull();
    expect(accounts.judge(run, 150)).toBe('time');
    expect(accounts.notices.map(({ event }) => event)).toEqual([{ type: 'budget.spent', what: 'time' }]);
    expect(accounts.judge(run, 151)).toBe('time');
    expect(accounts.notices).toHaveLength(1);
  });

  it('is spent when what was used comes to its bound, each by its own', () => {
    const judged = (budget: RunOpened['budget'], used: Partial<RunAccount>) => {
      const [accounts, run] = accountOf(budget);
      return accounts.judge(Object.assign(run, used), 0);
    };
    expect(judged({ attempts: 3 }, { attempts: 2, tokens: 99, costUsd: 99 })).toBeNull();
    expect(judged({ attempts: 3 }, { attempts: 3 })).toBe('attempts');
    expect(judged({ tokens: 3 }, { attempts: 99, tokens: 2, costUsd: 99 })).toBeNull();
    expect(judged({ tokens: 3 }, { tokens: 3 })).toBe('tokens');
    expect(judged({ costUsd: 3 }, { attempts: 99, tokens: 99, costUsd: 2.99 })).toBeNull();
    expect(judged({ costUsd: 3 }, { costUsd: 3 })).toBe('cost');
    expect(judged({}, { attempts: 99, tokens: 99, costUsd: 99 })).toBeNull();
  });

  it('is the same for a run that never announced itself, and has no bounds', () => {
    const accounts = new Accounts();
    const run = accounts.of('stranger', 7);
    expect(accounts.of('stranger', 9)).toBe(run);
    expect(run).toMatchObject({ maxConcurrent: null, budget: null, served: 7, out: 0 });
    expect(accounts.judge(run, 1e9)).toBeNull();
  });

  it('keeps what is out when the run announces itself late', () => {
    const accounts = new Accounts();
    accounts.of('r', 0).out = 2;
    accounts.open(opened('r'), 0, 0);
    expect(accounts.of('r', 0).out).toBe(2);
  });
});

describe('lanes', () => {
  const run = (runId: string) => new Accounts().of(runId, 0);
  const request = (requestId: string, runId = 'r', agentId = 'a') =>
    ({ requestId, runId, agent: resolveAgent(agentId, () => '') }) as unknown as StartRequest;
  const headsOf = (lanes: Lanes) => [...lanes.heads()].map(({ head }) => head.request.requestId);
  const filled = (count: number) => {
    const lanes = new Lanes();
    const account = run('r');
    for (let i = 0; i < count; i += 1) lanes.add(account, request(`q${i}`), i);
    return lanes;
  };

  it('have one lane for each agent of each run, first come, first served', () => {
    const lanes = new Lanes();
    lanes.add(run('r'), request('a1'), 1);
    lanes.add(run('r'), request('b1', 'r', 'b'), 2);
    lanes.add(run('s'), request('c1', 's'), 3);
    lanes.add(run('r'), request('a2'), 4);
    expect(headsOf(lanes)).toEqual(['a1', 'b1', 'c1']);
    lanes.remove('a1');
    expect(headsOf(lanes)).toEqual(['a2', 'b1', 'c1']);
    expect(lanes.waiting).toBe(3);
  });

  it('are two for agents of one id that are not the same', () => {
    const lanes = new Lanes();
    const ofPlan = request('own');
    lanes.add(run('r'), request('known'), 1);
    lanes.add(run('r'), { ...ofPlan, agent: { ...ofPlan.agent, identity: 'a#1' } }, 2);
    expect(headsOf(lanes)).toEqual(['known', 'own']);
  });

  it('lose a run with all its requests, and no other', () => {
    const lanes = new Lanes();
    for (const id of ['a1', 'a2']) lanes.add(run('r'), request(id), 1);
    lanes.add(run('r'), request('b1', 'r', 'b'), 2);
    lanes.add(run('s'), request('c1', 's'), 3);
    lanes.removeRun('r');
    expect([headsOf(lanes), lanes.waiting]).toEqual([['c1'], 1]);
  });

  it('hold no request that was served or withdrawn', () => {
    const lanes = filled(10);
    for (let i = 0; i < 9; i += 1) lanes.remove(`q${i}`);
    const [last] = [...lanes.heads()];
    expect([...(last?.lane.queue ?? [])]).toEqual([last?.head]);
  });

  it('belong to the account that is there when they are filled again', () => {
    const lanes = new Lanes();
    const [old, mid, late] = [run('r'), run('r'), run('r')];
    lanes.add(old, request('q1'), 1);
    lanes.remove('q1');
    expect(headsOf(lanes)).toEqual([]);
    lanes.add(mid, request('q2'), 2);
    expect([...lanes.heads()][0]?.lane.run).toBe(mid);
    lanes.removeRun('r');
    lanes.add(late, request('q3'), 3);
    expect([...lanes.heads()][0]?.lane.run).toBe(late);
  });

  it.each([
    { count: 100, removed: 50, left: 100 },
    { count: 100, removed: 51, left: 49 },
    { count: 64, removed: 33, left: 31 },
    { count: 40, removed: 32, left: 40 },
  ])('drop what has gone once that is most of a long queue: %o', ({ count, removed, left }) => {
    const lanes = filled(count);
    for (let i = 0; i < removed; i += 1) lanes.remove(`q${i}`);
    expect(headsOf(lanes)).toEqual([`q${removed}`]);
    expect([...lanes.heads()][0]?.lane.queue.places).toBe(left);
    lanes.remove(`q${removed}`);
    expect(headsOf(lanes)).toEqual([`q${removed + 1}`]);
  });
});

describe('the pace of a provider', () => {
  const pace = (changes: Partial<Pace> = {}): Pace => ({ ...newPace(0), ...changes });
  const cooled = (given: Pace, retryAt: number | null, startedAt: number, now: number) => {
    coolingAfter(given, retryAt, startedAt, now, 5000);
    return given;
  };

  it('cools as long as the provider asks, and never less than before', () => {
    const given = cooled(pace(), 9000, 0, 1000);
    expect(given).toMatchObject({ coolUntil: 9000, streak: 1, cooledAt: 1000 });
    expect(cooled(given, 4000, 2000, 3000).coolUntil).toBe(9000);
  });

  it('doubles its guess with each rate limit in a row, up to the longest', () => {
    const guess = (streak: number) => cooled(pace({ streak }), null, 0, 1000).coolUntil - 1000;
    expect([0, 1, 2, 6, 20].map(guess)).toEqual([5000, 10_000, 20_000, 300_000, 300_000]);
  });

  it('takes attempts in flight that are limited together for one', () => {
    const given = cooled(pace(), null, 0, 1000);
    expect(cooled(given, null, 999, 2000)).toMatchObject({ coolUntil: 6000, streak: 1, cooledAt: 1000 });
    expect(cooled(given, null, 1000, 3000)).toMatchObject({ coolUntil: 13_000, streak: 2, cooledAt: 3000 });
  });

  it('cools again when an attempt of before is limited after the cooling', () => {
    const given = cooled(pace(), null, 0, 1000);
    expect(cooled(given, null, 500, 5999).coolUntil).toBe(6000);
    expect(cooled(given, null, 500, 6000)).toMatchObject({ coolUntil: 11_000, streak: 1 });
  });

  it('doubles its gap with each rate limit, from half a second to a minute', () => {
    const given = pace();
    const gaps = [0, 0, 2000].map((gapMs) => {
      widened(given, gapMs);
      return given.extraMs;
    });
    expect(gaps).toEqual([500, 1000, 4000]);
    const wide = pace({ extraMs: 50_000 });
    widened(wide, 0);
    expect(wide.extraMs).toBe(60_000);
  });

  it('gives a quarter back with each success, and the rest when little is left', () => {
    const afterSuccess = (extraMs: number) => {
      const given = pace({ extraMs, streak: 3 });
      narrowed(given);
      return [given.extraMs, given.streak];
    };
    expect(afterSuccess(1000)).toEqual([750, 0]);
    expect(afterSuccess(250)).toEqual([187.5, 0]);
    expect(afterSuccess(249)).toEqual([0, 0]);
    expect(afterSuccess(0)).toEqual([0, 0]);
  });
});

describe('the pace that another process left', () => {
  const left = (changes: Partial<StoredPace> = {}): StoredPace => ({
    provider: 'p',
    lastStart: 900,
    extraMs: 1000,
    coolUntil: 1000,
    cooledAt: 950,
    streak: 2,
    at: 1000,
    ...changes,
  });

  it('of a provider that was never limited is its last start alone', () => {
    expect(restoredPace(left({ coolUntil: null, cooledAt: null, extraMs: 0 }), 1000, 5000)).toEqual(newPace(900));
  });

  it('forgets what little is left of the gap', () => {
    expect(restoredPace(left({ extraMs: 125 }), 1000, 5000).extraMs).toBe(125);
    expect(restoredPace(left({ extraMs: 124 }), 1000, 5000).extraMs).toBe(0);
  });

  it('forgets its rate limits after a quiet as long as the longest cooling that is guessed', () => {
    expect(restoredPace(left(), 1000 + LONGEST_GUESS_MS - 1, 5000).streak).toBe(2);
    expect(restoredPace(left(), 1000 + LONGEST_GUESS_MS, 5000).streak).toBe(0);
  });
});

describe('the paces of many providers', () => {
  const NOW = 1_000_000;
  /** Asks as many others as it takes to have another look at those that are known. */
  const askOthers = (paces: KnownPaces, now: number) => {
    for (let n = 0; n < 200; n += 1) paces.started(`other ${now} ${n}`, now, 0);
  };

  it('are forgotten once the next start has nothing to wait for, and not before', () => {
    const paces = new KnownPaces(new Map());
    paces.started('asked', NOW, 5000);
    paces.started('cooling', NOW, 0);
    coolingAfter(paces.get('cooling') as Pace, NOW + 50_000, NOW, NOW, 0);
    askOthers(paces, NOW + 4999);
    expect([paces.get('asked')?.lastStart, paces.get('cooling')?.coolUntil]).toEqual([NOW, NOW + 50_000]);
    askOthers(paces, NOW + 5000);
    expect(paces.get('asked')).toBeUndefined();
    askOthers(paces, NOW + 100_000);
    expect(paces.get('cooling')?.streak).toBe(1);
    askOthers(paces, NOW + 1_000_000);
    expect(paces.get('cooling')).toBeUndefined();
  });

  it('of another process are as it left them, until then', () => {
    const paces = new KnownPaces(new Map([['known', { ...newPace(NOW), extraMs: 800 }]]));
    askOthers(paces, NOW + 60_000);
    expect(paces.get('known')?.extraMs).toBe(800);
    askOthers(paces, NOW + 700_000);
    expect(paces.get('known')).toBeUndefined();
  });
});
