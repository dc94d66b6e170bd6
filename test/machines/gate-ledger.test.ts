import { describe, expect, it } from 'vitest';
import type { LeaseRelease, RunOpened, StartRequest } from '../../src/machines/gate/events.ts';
import type { GateLimits, Ledger } from '../../src/machines/gate/logic.ts';
import type { Agent } from '../../src/types/agent.ts';
import { agentOf, ledgerOf, limitedAt, opened, release, request, start } from '../support/ledger-bench.ts';

describe('who is next', () => {
  it('is empty when no task waits', () => {
    expect(ledgerOf().decide(0)).toEqual({ do: 'idle' });
    expect(ledgerOf().reserveNext(0)).toBeNull();
  });

  it('is the one that came first, of a run with several agents', () => {
    const ledger = ledgerOf();
    ledger.enqueue(request('a1'), 0);
    ledger.enqueue(request('b1', { agent: agentOf('b') }), 0);
    ledger.enqueue(request('a2'), 0);
    ledger.enqueue(request('b2', { agent: agentOf('b') }), 0);
    const order = [1, 2, 3, 4].map(() => {
      const next = ledger.reserveNext(0);
      ledger.grant(0);
      return next?.requestId;
    });
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('is the run that came first, of two that were never served', () => {
    const ledger = ledgerOf();
    for (const id of ['x', 'y']) ledger.open(opened(id), 0);
    ledger.enqueue(request('x1', { runId: 'x' }), 0);
    ledger.enqueue(request('y1', { runId: 'y' }), 0);
    expect(ledger.reserveNext(0)?.requestId).toBe('x1');
  });

  it('is the run served longest ago, though another’s request is older', () => {
    const ledger = ledgerOf();
    for (const id of ['x', 'y']) ledger.open(opened(id), 0);
    start(ledger, request('y1', { runId: 'y' }));
    start(ledger, request('x1', { runId: 'x' }));
    const other = agentOf('b');
    ledger.enqueue(request('y2', { runId: 'y', agent: other }), 0);
    ledger.enqueue(request('x2', { runId: 'x', agent: other }), 0);
    expect(ledger.reserveNext(0)?.requestId).toBe('y2');
    ledger.grant(0);
    const older = ledgerOf();
    for (const id of ['x', 'y']) older.open(opened(id), 0);
    start(older, request('x1', { runId: 'x' }));
    start(older, request('y1', { runId: 'y' }));
    older.enqueue(request('y2', { runId: 'y' }), 0);
    older.enqueue(request('x2', { runId: 'x' }), 0);
    expect(older.reserveNext(0)?.requestId).toBe('x2');
  });

  it('is the run served longest ago, also when an older lane of its holds a newer request', () => {
    const ledger = ledgerOf();
    for (const id of ['x', 'y']) ledger.open(opened(id), 0);
    start(ledger, request('x1', { runId: 'x' }));
    start(ledger, request('y1', { runId: 'y' }));
    // The lanes that are empty by now are forgotten; those of x and y are made anew, in this order.
    ledger.decide(0);
    ledger.enqueue(request('x2', { runId: 'x' }), 0);
    ledger.enqueue(request('y2', { runId: 'y' }), 0);
    ledger.enqueue(request('x3', { runId: 'x' }), 0);
    ledger.withdraw('x2');
    expect(ledger.reserveNext(0)?.requestId).toBe('x3');
  });

  it('excludes a run whose budget is spent', () => {
    const ledger = ledgerOf();
    ledger.open(opened('r', { budget: { attempts: 1 } }), 0);
    for (const id of ['q1', 'q2']) ledger.enqueue(request(id), 0);
    ledger.reserveNext(0);
    ledger.grant(0);
    expect(ledger.decide(0)).toEqual({ do: 'idle' });
    expect(ledger.accounts.notices.map(({ event }) => event)).toEqual([{ type: 'budget.spent', what: 'attempts' }]);
  });
});

describe('when the next start is due', () => {
  it('is a gap after the last start, of whatever provider that was', () => {
    const ledger = ledgerOf({ staggerMs: 1000 });
    start(ledger, request('q1'), 5000);
    ledger.enqueue(request('q2', { agent: agentOf('b') }), 5000);
    expect(ledger.decide(5000)).toEqual({ do: 'pace', at: 6000 });
    expect(ledger.decide(6000)).toMatchObject({ do: 'ask' });
  });

  it.each([
    { engine: null, run: null, gap: 40 },
    { engine: 300, run: null, gap: 300 },
    { engine: null, run: 200, gap: 200 },
    { engine: 300, run: 200, gap: 300 },
    { engine: 200, run: 300, gap: 300 },
  ])('keeps the wider of two gaps: %o', ({ engine, run, gap }) => {
    const ledger = ledgerOf({ staggerMs: engine });
    ledger.open(opened('r', { staggerMs: run }), 0);
    const agent = agentOf('a', { staggerMs: 40 });
    start(ledger, request('q1', { agent }), 1000);
    ledger.enqueue(request('q2', { agent }), 1000);
    expect(ledger.decide(1000)).toEqual({ do: 'pace', at: 1000 + gap });
  });

  it('counts from the last start of another process, which is never in the future', () => {
    const decisionAfter = (lastStartAt: number | null, now = 5000) => {
      const ledger = ledgerOf({ staggerMs: 1000 });
      ledger.open(opened('r', { lastStartAt }), now);
      ledger.enqueue(request('q1'), now);
      return ledger.decide(now);
    };
    expect(decisionAfter(4500)).toEqual({ do: 'pace', at: 5500 });
    expect(decisionAfter(9000)).toEqual({ do: 'pace', at: 6000 });
    expect(decisionAfter(null)).toMatchObject({ do: 'ask' });
    expect(decisionAfter(null, 10)).toMatchObject({ do: 'ask' });
  });

  it('is not moved back by a run that started earlier', () => {
    const ledger = ledgerOf({ staggerMs: 1000 });
    start(ledger, request('q1'), 5000);
    ledger.open(opened('old', { lastStartAt: 2000 }), 5000);
    ledger.enqueue(request('q2', { runId: 'old' }), 5000);
    expect(ledger.decide(5000)).toEqual({ do: 'pace', at: 6000 });
  });
});

describe('a lease', () => {
  it('counts for its agent, its provider and its run until it is back', () => {
    const ledger = ledgerOf({ perAgent: { a: 1 }, perProvider: { p: 1 } });
    ledger.open(opened('narrow', { maxConcurrent: 1 }), 0);
    const ofP = (id: string) => request(id, { agent: agentOf(id, { provider: 'p' }) });
    const ofRun = (id: string) => request(id, { runId: 'narrow', agent: agentOf(id) });
    for (const pair of [['a1', 'a2'].map((id) => request(id)), ['p1', 'p2'].map(ofP), ['n1', 'n2'].map(ofRun)]) {
      const [first, second] = pair as [StartRequest, StartRequest];
      expect(start(ledger, first)?.leaseId).toBe(first.requestId);
      ledger.enqueue(second, 0);
      expect(ledger.decide(0)).toEqual({ do: 'idle' });
      ledger.release(release(first.requestId));
      expect(ledger.reserveNext(0)?.requestId).toBe(second.requestId);
      ledger.grant(0);
      ledger.release(release(second.requestId));
    }
  });

  it('of an agent’s part counts for that agent, and of one that a plan describes for no other of its id', () => {
    const alone = agentOf('a', { maxConcurrent: 1 });
    const isRoomBeside = (out: StartRequest['agent'], wanted: StartRequest['agent']) => {
      const ledger = ledgerOf();
      start(ledger, request('q1', { agent: out }));
      ledger.enqueue(request('q2', { agent: wanted }), 0);
      return ledger.decide(0).do === 'ask';
    };
    const part = { ...alone, id: 'poet', base: 'a' };
    const described = { ...alone, identity: 'a#1' };
    expect(isRoomBeside(alone, part)).toBe(false);
    expect(isRoomBeside(part, alone)).toBe(false);
    expect(isRoomBeside(described, described)).toBe(false);
    expect(isRoomBeside(described, { ...part, identity: 'a#1' })).toBe(false);
    expect(isRoomBeside(described, { ...alone, identity: 'a#2' })).toBe(true);
    expect(isRoomBeside(described, alone)).toBe(true);
  });

  it('that is back is no longer counted, not even as nothing', () => {
    const ledger = ledgerOf();
    start(ledger, request('q1'));
    ledger.release(release('q1'));
    ledger.enqueue(request('q2'), 0);
    ledger.reserveNext(0);
    ledger.refuse();
    expect(ledger.toJSON()).toEqual({
      ...{ waiting: 0, out: [], asked: null, lastStart: 0 },
      outBy: { agent: {}, provider: {} },
    });
  });

  it('is full when all are out, unless one that is reserved is no longer wanted', () => {
    const ledger = ledgerOf({ maxConcurrent: 1 });
    expect(ledger.isFull).toBe(false);
    ledger.enqueue(request('q1'), 0);
    expect(ledger.waiting).toBe(1);
    ledger.reserveNext(0);
    expect([ledger.waiting, ledger.isFull]).toEqual([0, true]);
    ledger.withdraw('q2');
    ledger.withdrawRun('another');
    expect(ledger.isFull).toBe(true);
    ledger.withdraw('q1');
    expect(ledger.isFull).toBe(false);
  });

  it('is given although another request, or another run, was withdrawn meanwhile', () => {
    const ledger = ledgerOf();
    ledger.enqueue(request('q1'), 0);
    ledger.reserveNext(0);
    ledger.withdraw('q2');
    ledger.withdrawRun('another');
    expect(ledger.grant(7)).toMatchObject({ leaseId: 'q1', startedAt: 7 });
  });

  it('goes to the next request after a withdrawal was crossed by a grant or a refusal', () => {
    const ledger = ledgerOf();
    ledger.enqueue(request('q1'), 0);
    ledger.reserveNext(0);
    ledger.withdraw('q1');
    expect(ledger.grant(0)).toBeNull();
    expect(start(ledger, request('q2'))?.leaseId).toBe('q2');
    ledger.enqueue(request('q3'), 0);
    ledger.reserveNext(0);
    ledger.withdraw('q3');
    expect(ledger.refuse()).toBeNull();
    ledger.enqueue(request('q4'), 0);
    ledger.reserveNext(0);
    expect(ledger.refuse()?.requestId).toBe('q4');
  });

  it('is shown to inspectors', () => {
    const ledger = ledgerOf();
    const outBy = (count: number) => ({ agent: { a: count }, provider: { a: count } });
    start(ledger, request('q1'), 30);
    for (const id of ['q2', 'q3']) ledger.enqueue(request(id), 30);
    expect(ledger.toJSON()).toEqual({ waiting: 2, out: ['q1'], outBy: outBy(1), asked: null, lastStart: 30 });
    ledger.reserveNext(30);
    expect(ledger.toJSON()).toEqual({ waiting: 1, out: ['q1', 'q2'], outBy: outBy(2), asked: 'q2', lastStart: 30 });
  });
});

describe('a release', () => {
  /** One lease is out and one request waits: is that one due with the release? */
  function isNextDue(given: {
    limits?: Partial<GateLimits>;
    run?: Partial<RunOpened>;
    next?: Partial<StartRequest>;
    released?: Partial<LeaseRelease>;
    before?: (ledger: Ledger) => void;
  }): boolean {
    const ledger = ledgerOf({ maxConcurrent: 1, ...given.limits });
    ledger.open(opened('r', given.run), 0);
    start(ledger, request('q1'));
    ledger.enqueue(request('q2', given.next), 0);
    given.before?.(ledger);
    return ledger.isNextDueAfter(release('q1', given.released));
  }

  it('hands its lease on to a request that is due and has a breaker to ask', () => {
    expect(isNextDue({})).toBe(true);
    expect(isNextDue({ next: { breaker: false } })).toBe(false);
    expect(isNextDue({ limits: { staggerMs: 10 } })).toBe(false);
    expect(isNextDue({ before: (ledger) => ledger.withdraw('q2') })).toBe(false);
    expect(isNextDue({ released: { leaseId: 'never given' } })).toBe(false);
  });

  it('leaves room for its own agent, provider and run, and for no other', () => {
    const wide = { maxConcurrent: 2 };
    const other = (profile: Partial<Agent> = {}) => ({ agent: agentOf('b', profile) });
    const alsoOut =
      (agent: StartRequest['agent'], runId = 'r') =>
      (ledger: Ledger) => {
        ledger.withdraw('q2');
        start(ledger, request('q0', { agent, runId }));
        ledger.enqueue(request('q2', { agent, runId }), 0);
      };
    expect(isNextDue({ limits: { ...wide, perAgent: { a: 1 } } })).toBe(true);
    expect(isNextDue({ limits: { ...wide, perProvider: { a: 1 } } })).toBe(true);
    expect(isNextDue({ limits: wide, run: { maxConcurrent: 1 } })).toBe(true);
    expect(isNextDue({ limits: { ...wide, perAgent: { b: 1 } }, before: alsoOut(other().agent) })).toBe(false);
    const ofP = other({ provider: 'p' }).agent;
    expect(isNextDue({ limits: { ...wide, perProvider: { p: 1 } }, before: alsoOut(ofP) })).toBe(false);
    const narrow = (ledger: Ledger) => {
      ledger.open(opened('narrow', { maxConcurrent: 1 }), 0);
      alsoOut(other().agent, 'narrow')(ledger);
    };
    expect(isNextDue({ limits: wide, before: narrow })).toBe(false);
  });

  it('does not while another request is asked about', () => {
    const before = (ledger: Ledger) => {
      ledger.enqueue(request('q3'), 0);
      ledger.reserveNext(0);
    };
    expect(isNextDue({ limits: { maxConcurrent: 2 }, before })).toBe(false);
  });

  it('does not before a rate limit has been entered', () => {
    const other = { agent: agentOf('b') };
    const limited = limitedAt(null);
    const judge = (ledger: Ledger) => void ledger.judge(release('q1', limited));
    expect(isNextDue({ next: other, released: limited })).toBe(false);
    expect(isNextDue({ next: other, released: limited, before: judge })).toBe(true);
    expect(isNextDue({ next: other, before: judge })).toBe(true);
  });

  it('does not when what was used may spend a budget', () => {
    const tokens = { budget: { tokens: 100 } };
    const cost = { budget: { costUsd: 1 } };
    expect(isNextDue({ run: tokens, released: { tokens: 5 } })).toBe(false);
    expect(isNextDue({ run: cost, released: { costUsd: 0.1 } })).toBe(false);
    expect(isNextDue({ run: tokens, released: { costUsd: 0.1 } })).toBe(true);
    expect(isNextDue({ run: cost, released: { tokens: 5 } })).toBe(true);
    expect(isNextDue({ run: tokens })).toBe(true);
    expect(isNextDue({ run: cost })).toBe(true);
    expect(isNextDue({ released: { tokens: 5, costUsd: 0.1 } })).toBe(true);
  });

  it('counts cost against a budget once, with the verdict, also without tokens', () => {
    const ledger = ledgerOf();
    ledger.open(opened('r', { budget: { costUsd: 0.5 } }), 0);
    start(ledger, request('q1'));
    ledger.judge(release('q1', { costUsd: 0.3 }));
    ledger.judge(release('q1', { costUsd: 0.3 }));
    expect(ledger.accounts.notices).toEqual([]);
    start(ledger, request('q1b'));
    ledger.judge(release('q1b', { costUsd: 0.2 }));
    expect(ledger.accounts.notices.map(({ event }) => event)).toEqual([{ type: 'budget.spent', what: 'cost' }]);
    expect(ledger.enqueue(request('q2'), 0)).toBe(false);
  });
});

describe('a run that has ended', () => {
  it('is forgotten with its budget', () => {
    const ledger = ledgerOf();
    ledger.open(opened('r', { budget: { attempts: 0 } }), 0);
    expect(ledger.enqueue(request('q1'), 0)).toBe(false);
    ledger.close('r');
    expect(ledger.enqueue(request('q1'), 0)).toBe(true);
  });
});
