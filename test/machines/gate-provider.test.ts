import { describe, expect, it } from 'vitest';
import type { LeaseRelease } from '../../src/machines/gate/events.ts';
import type { Ledger } from '../../src/machines/gate/logic.ts';
import type { Agent } from '../../src/types/agent.ts';
import { agentOf, ledgerOf, limitedAt, release, request, start } from '../support/ledger-bench.ts';

describe('how a provider is asked', () => {
  const limited = (ledger: Ledger, id: string, at: number) =>
    ledger.judge(release(id, { result: 'neutral', at, ...limitedAt(at) }));

  it('is learned once from each attempt', () => {
    const ledger = ledgerOf();
    start(ledger, request('q1'), 10);
    expect(limited(ledger, 'q1', 50)?.resumeAt).toBe(50);
    expect(limited(ledger, 'q1', 90)).toBeNull();
    expect(ledger.judge(release('never given'))).toBeNull();
  });

  it('narrows with a success, and with nothing else', () => {
    const gapAfter = (result: LeaseRelease['result']) => {
      const ledger = ledgerOf();
      start(ledger, request('q1'));
      limited(ledger, 'q1', 0);
      start(ledger, request('q2'), 1000);
      ledger.judge(release('q2', { result, at: 1000 }));
      ledger.enqueue(request('q3'), 1000);
      return ledger.decide(1000);
    };
    expect(gapAfter('failure')).toEqual({ do: 'pace', at: 1500 });
    expect(gapAfter('neutral')).toEqual({ do: 'pace', at: 1500 });
    expect(gapAfter('success')).toEqual({ do: 'pace', at: 1375 });
  });

  it('is slowed from a rate limit on until successes have taken all of it back', () => {
    const ledger = ledgerOf();
    expect(ledger.isSlowed('a')).toBe(false);
    start(ledger, request('q1'));
    expect(ledger.isSlowed('a')).toBe(false);
    limited(ledger, 'q1', 0);
    expect([ledger.isSlowed('a'), ledger.isSlowed('b')]).toEqual([true, false]);
    const slowed = ['q2', 'q3', 'q4', 'q5'].map((id, at) => {
      start(ledger, request(id), (at + 1) * 1000);
      ledger.judge(release(id));
      return ledger.isSlowed('a');
    });
    expect(slowed).toEqual([true, true, true, false]);
  });

  it('is known as long as a start has to wait for it, however many others are asked meanwhile', () => {
    const ledger = ledgerOf({ maxConcurrent: 999 });
    const agent = agentOf('a', { staggerMs: 2000 });
    start(ledger, request('q1', { agent }));
    for (let n = 0; n < 200; n += 1) start(ledger, request(`o${n}`, { agent: agentOf(`o${n}`) }), 1999);
    ledger.enqueue(request('q2', { agent }), 1999);
    expect(ledger.decide(1999)).toEqual({ do: 'pace', at: 2000 });
  });

  it('is learned from a rate limit also when its start has been forgotten by then', () => {
    const ledger = ledgerOf({ maxConcurrent: 999 });
    const lease = start(ledger, request('q1'));
    for (let n = 0; n < 200; n += 1) start(ledger, request(`o${n}`, { agent: agentOf(`o${n}`) }), 10);
    limited(ledger, 'q1', 5000);
    expect(ledger.paceOf(lease as never)).toMatchObject({ lastStart: 0, coolUntil: 5000 });
    ledger.enqueue(request('q2'), 4000);
    expect(ledger.decide(4000)).toEqual({ do: 'pace', at: 5000 });
  });

  it('widens by the gap that is kept: the explicit one, else the agent’s', () => {
    const gapOf = (staggerMs: number | null) => {
      const ledger = ledgerOf({ staggerMs });
      const agent = agentOf('a', { staggerMs: 800 });
      start(ledger, request('q1', { agent }));
      limited(ledger, 'q1', 0);
      ledger.enqueue(request('q2', { agent }), 0);
      return ledger.decide(0);
    };
    expect(gapOf(null)).toEqual({ do: 'pace', at: 1600 });
    expect(gapOf(2000)).toEqual({ do: 'pace', at: 4000 });
  });

  it('is worth keeping when there is a gap, or when something was learned', () => {
    const paceOf = (profile: Partial<Agent>, learns: boolean) => {
      const ledger = ledgerOf();
      const lease = start(ledger, request('q1', { agent: agentOf('a', profile) }), 10);
      if (learns) limited(ledger, 'q1', 20);
      return ledger.paceOf(lease as never);
    };
    expect(paceOf({}, false)).toBeNull();
    expect(paceOf({ staggerMs: 5 }, false)).toMatchObject({ lastStart: 10 });
    expect(paceOf({}, true)).toMatchObject({ cooledAt: 20 });
    const lease = start(ledgerOf(), request('q1'));
    expect(ledgerOf({ staggerMs: 5 }).paceOf(lease as never)).toBeNull();
  });
});
