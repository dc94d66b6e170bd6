import { describe, expect, it } from 'vitest';
import { BreakerMemory } from '../../src/actors/breaker-memory.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import type { StoredBreaker } from '../../src/run/entries.ts';

const POLICY = { ...POLICIES.patient.breaker, failureWindowMs: 1000 };

function failed(agentId: string, at: number, more: Partial<StoredBreaker> = {}): StoredBreaker {
  return { agentId, state: 'closed', failures: [{ at, kind: 'transient' }], retryAt: 0, ...more };
}

const addOthers = (left: BreakerMemory, now: number) => {
  for (let n = 0; n < 200; n += 1) left.add(failed(`other ${now} ${n}`, now), POLICY, now);
};

describe('what a breaker held against its agent when it ended', () => {
  it('is for the next one, once', () => {
    const left = new BreakerMemory(new Map([['of the journal', failed('of the journal', 0)]]));
    left.add(failed('a', 5), POLICY, 5);
    expect(left.take('a')).toEqual(failed('a', 5));
    expect(left.take('a')).toBeUndefined();
    addOthers(left, 1_000_000);
    expect(left.take('of the journal')).toEqual(failed('of the journal', 0));
  });

  it('is not kept when it is nothing', () => {
    const left = new BreakerMemory(new Map());
    left.add(failed('a', 0, { failures: [] }), POLICY, 5);
    expect(left.take('a')).toBeUndefined();
  });

  it('is forgotten when its failures, or its time to stay open, are out of the window, and not before', () => {
    const left = new BreakerMemory(new Map());
    left.add(failed('failed', 0), POLICY, 0);
    left.add(failed('open', 0, { state: 'open', retryAt: 5000 }), POLICY, 0);
    addOthers(left, 999);
    left.add(left.take('failed') as StoredBreaker, POLICY, 999);
    addOthers(left, 5999);
    expect(left.take('failed')).toBeUndefined();
    left.add(left.take('open') as StoredBreaker, POLICY, 5999);
    addOthers(left, 6000);
    expect(left.take('open')).toBeUndefined();
  });
});
