import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { breakerMachine } from '../../src/machines/breaker/machine.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { addressee } from '../model/fakes.ts';

const RESET_MS = 1000;

/** Ours, used one call at a time: whether a call is let through, and whether the circuit is closed after it. */
function ours(failureThreshold: number) {
  const clock = new VirtualClock();
  const policy = { ...POLICIES.patient.breaker, failureThreshold, resetTimeoutMs: RESET_MS, failureWindowMs: 1e9 };
  const actor = createActor(breakerMachine, { clock, input: { agentId: 'a', policy } }).start();
  let calls = 0;
  return {
    pass: (ms: number) => clock.advance(ms),
    call: async (succeeds: boolean) => {
      const ref = addressee();
      calls += 1;
      actor.send({ type: 'permit.request', requestId: `${calls}`, ref });
      const isLet = ref.sent.some(({ type }) => type === 'permit.granted');
      const result = succeeds ? ('success' as const) : ('failure' as const);
      const at = clock.now();
      if (isLet) actor.send({ type: 'permit.return', permitId: `${calls}`, result, kind: 'transient', at });
      return { isLet, isClosed: actor.getSnapshot().matches('closed') };
    },
  };
}

function theirs(failureThreshold: number) {
  const breaker = new ConsecutiveBreaker(failureThreshold);
  const policy = circuitBreaker(handleAll, { halfOpenAfter: RESET_MS, breaker });
  return {
    pass: async (ms: number) => void vi.setSystemTime(Date.now() + ms),
    call: async (succeeds: boolean) => {
      const answer = policy.execute(() => {
        if (!succeeds) throw new Error('It failed.');
      });
      const error = await answer.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      return { isLet: !(error instanceof BrokenCircuitError), isClosed: policy.state === 0 };
    },
  };
}

describe('the breaker, called one at a time and within its window', () => {
  afterEach(() => void vi.useRealTimers());

  test('lets through what the breaker of cockatiel lets through', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const step = fc.oneof(
      fc.record({ pass: fc.integer({ min: 1, max: 2 * RESET_MS }) }),
      fc.record({ succeeds: fc.boolean() }),
      fc.record({ succeeds: fc.constant(false) }),
    );
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 40 }),
      async (threshold, steps) => {
        const breakers = [ours(threshold), theirs(threshold)];
        for (const one of steps) {
          if ('pass' in one) await Promise.all(breakers.map(({ pass }) => pass(one.pass)));
          else {
            const [mine, other] = await Promise.all(breakers.map(({ call }) => call(one.succeeds)));
            expect(mine).toEqual(other);
          }
        }
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
