import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { StoredBreaker } from '../../src/journal/entries.ts';
import { restoredBreaker } from '../../src/machines/breaker/restored.ts';
import { POLICIES } from '../../src/policy/presets.ts';
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

  it('knows nothing any more when nobody has tried for a failure window', () => {
    const { breaker, state } = restored({ retryAt: NOW - 60_000, failures: [failure(NOW - 70_000)] });
    expect(state()).toBe('closed');
    expect(breaker.getSnapshot().context.failures).toEqual([]);
  });

  it('waits no longer than its policy says when the clock was set back', async () => {
    const { clock, state } = restored({ retryAt: NOW + 86_400_000 });
    await clock.advance(10_000);
    expect(state()).toEqual({ halfOpen: 'ready' });
  });

  it('is closed when all it knows are programs that could not be started', () => {
    const { state, breaker } = restored({ failures: [failure(NOW - 2000, 'spawn'), failure(NOW - 1000, 'spawn')] });
    expect(state()).toBe('closed');
    expect(breaker.getSnapshot().context.failures).toEqual([]);
  });

  it('is closed when all it knows are exit codes of commands', () => {
    const { breaker, state } = restored({
      state: 'open',
      failures: [failure(NOW - 2000, 'exit'), failure(NOW - 1000, 'exit')],
    });
    expect([state(), breaker.getSnapshot().context.failures]).toEqual(['closed', []]);
  });

  it('counts the failures that came before', () => {
    const { breaker, state } = restored({ state: 'closed', failures: [failure(NOW - 2000), failure(NOW - 1000)] });
    expect(state()).toBe('closed');
    breaker.send({ type: 'permit.return', permitId: 'p', result: 'failure', kind: 'exit', at: NOW });
    expect(state()).toBe('open');
  });
});
