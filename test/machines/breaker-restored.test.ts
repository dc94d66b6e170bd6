import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { restoredBreaker } from '../../src/machines/breaker/restored.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import type { StoredBreaker } from '../../src/run/entries.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const POLICY = { ...POLICIES.patient.breaker, failureThreshold: 3, failureWindowMs: 60_000, resetTimeoutMs: 10_000 };
const NOW = 1_000_000;

function restored(stored: Partial<StoredBreaker>) {
  const clock = new VirtualClock(NOW);
  const { logic, restored: held } = restoredBreaker(
    { agentId: 'one', state: 'open', failures: [], retryAt: NOW + 4000, ...stored },
    POLICY,
    NOW,
  );
  const input = { agentId: 'one', policy: POLICY, ...(held ? { restored: held } : {}) };
  const breaker = createActor(logic, { input, clock }).start();
  return { breaker, clock, state: () => breaker.getSnapshot().value };
}

const failure = (at: number, kind = 'connection') => ({ at, kind });

describe('a breaker that another process left', () => {
  it('stays open until the time it was given', async () => {
    const { clock, state } = restored({});
    expect(state()).toBe('open');
    await clock.advance(3999);
    expect(state()).toBe('open');
    await clock.advance(1);
    expect(state()).toEqual({ halfOpen: 'ready' });
  });

  it('has opened once, and not again', () => {
    expect(restored({}).breaker.getSnapshot().context.metrics.opened).toBe(0);
  });

  it('is half-open at once when its time has come, and forgets the probe that died', () => {
    expect(restored({ retryAt: NOW - 1 }).state()).toEqual({ halfOpen: 'ready' });
    expect(restored({ retryAt: NOW }).state()).toEqual({ halfOpen: 'ready' });
    expect(restored({ state: 'halfOpen', retryAt: NOW - 1 }).state()).toEqual({ halfOpen: 'ready' });
  });

  it('knows nothing any more after a failure window without a try', () => {
    const { breaker, state } = restored({ retryAt: NOW - 60_000, failures: [failure(NOW - 70_000)] });
    expect(state()).toBe('closed');
    expect(breaker.getSnapshot().context.failures).toEqual([]);
  });

  it('waits no longer than its policy says when the clock was set back', async () => {
    const { clock, state } = restored({ retryAt: NOW + 86_400_000 });
    await clock.advance(10_000);
    expect(state()).toEqual({ halfOpen: 'ready' });
  });

  it.each(['exit', 'spawn', 'auth', 'invalid_model'])('closes and forgets failures of kind %s', (kind) => {
    const failures = [failure(NOW - 2000, kind), failure(NOW - 1000, kind)];
    for (const state of ['open', 'halfOpen'] as const) {
      const left = restored({ state, failures });
      expect([left.state(), left.breaker.getSnapshot().context.failures]).toEqual(['closed', []]);
    }
  });

  it.each([
    ['the others are too few to open it', ['connection', 'auth', 'connection'], 2],
    ['a login ended the last probe', ['connection', 'connection', 'connection', 'auth'], 3],
  ])('closes and keeps the other failures when %s', (_, kinds, kept) => {
    const failures = kinds.map((kind, i) => failure(NOW - 9000 + i * 1000, kind));
    const { state, breaker } = restored({ failures });
    expect([state(), breaker.getSnapshot().context.failures]).toEqual(['closed', Array(kept).fill(expect.anything())]);
  });

  it('stays open when the failures it keeps open it alone', () => {
    const kinds = ['auth', 'connection', 'connection', 'connection'];
    expect(restored({ failures: kinds.map((kind, i) => failure(NOW - 9000 + i * 1000, kind)) }).state()).toBe('open');
  });

  it('counts the failures that came before', () => {
    const { breaker, state } = restored({ state: 'closed', failures: [failure(NOW - 2000), failure(NOW - 1000)] });
    expect(state()).toBe('closed');
    breaker.send({ type: 'permit.return', permitId: 'p', result: 'failure', kind: 'exit', at: NOW });
    expect(state()).toBe('open');
  });
});
