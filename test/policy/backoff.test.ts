import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, totalBackoffMs } from '../../src/policy/backoff.ts';
import type { RetryPolicy } from '../../src/policy/policy.ts';
import { POLICIES } from '../../src/policy/presets.ts';

const middle = () => 0.5;
const policy = (changes: Partial<RetryPolicy>): RetryPolicy => ({
  ...POLICIES.default.retry,
  baseDelayMs: 100,
  maxDelayMs: 1000,
  factor: 2,
  jitter: 0,
  ...changes,
});
const delays = (retry: RetryPolicy) => [1, 2, 3, 4, 5].map((k) => retryDelayMs(retry, k, middle));

const anyPolicy = fc.record({
  retries: fc.nat(50),
  strategy: fc.constantFrom('immediate', 'fixed', 'linear', 'exponential'),
  baseDelayMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  maxDelayMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  factor: fc.double({ min: 0, max: 100, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  retryOnTimeout: fc.boolean(),
  retryOnEarlyTermination: fc.boolean(),
}) as fc.Arbitrary<RetryPolicy>;

describe('retryDelayMs', () => {
  it('waits as the strategy says, up to the cap', () => {
    expect(delays(policy({ strategy: 'immediate' }))).toEqual([0, 0, 0, 0, 0]);
    expect(delays(policy({ strategy: 'fixed' }))).toEqual([100, 100, 100, 100, 100]);
    expect(delays(policy({ strategy: 'linear' }))).toEqual([100, 300, 500, 700, 900]);
    expect(delays(policy({ strategy: 'exponential' }))).toEqual([100, 200, 400, 800, 1000]);
  });

  it('stays 0 for a base of 0, however large the power', () => {
    expect(retryDelayMs(policy({ strategy: 'exponential', baseDelayMs: 0, factor: 100 }), 1000, middle)).toBe(0);
  });

  it('varies by the jitter either way', () => {
    const retry = policy({ strategy: 'fixed', jitter: 0.1 });
    expect(retryDelayMs(retry, 1, () => 0)).toBe(90);
    expect(retryDelayMs(retry, 1, () => 0.999999)).toBe(109);
  });

  it('keeps to the cap with its jitter too', () => {
    const retry = policy({ strategy: 'fixed', baseDelayMs: 5000, jitter: 0.5 });
    expect(retryDelayMs(retry, 1, () => 0.99)).toBe(1000);
    expect(retryDelayMs(retry, 1, () => 0)).toBe(500);
  });

  it('never exceeds the cap, is never negative, and is whole, whatever the figures', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retry, k, r) => {
          const delay = retryDelayMs(retry, k, () => r);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(retry.maxDelayMs);
        },
      ),
    );
  });
});

describe('totalBackoffMs', () => {
  it('is the sum of all delays without jitter', () => {
    fc.assert(
      fc.property(anyPolicy, (retry) => {
        const plain = { ...retry, jitter: 0 };
        let sum = 0;
        for (let k = 1; k <= retry.retries; k += 1) sum += retryDelayMs(plain, k, middle);
        expect(Math.abs(totalBackoffMs(retry) - sum)).toBeLessThanOrEqual(retry.retries + 1e-6 * sum);
      }),
    );
  });

  it('does not count up to a huge number of retries', () => {
    const total = (changes: Partial<RetryPolicy>) => totalBackoffMs(policy({ retries: 1e12, ...changes }));
    expect(total({ strategy: 'exponential' })).toBe(1500 + (1e12 - 4) * 1000);
    expect(total({ strategy: 'exponential', factor: 1 })).toBe(1e14);
    expect(total({ strategy: 'fixed' })).toBe(1e14);
    expect(total({ strategy: 'linear', factor: 0.5 })).toBe(9450 + (1e12 - 18) * 1000);
    expect(total({ strategy: 'exponential', factor: 0.5 })).toBe(200);
  });

  it('knows that delays may shrink below the cap', () => {
    const shrinking = policy({ strategy: 'exponential', baseDelayMs: 4000, factor: 0.5, retries: 4 });
    expect(totalBackoffMs(shrinking)).toBe(1000 + 1000 + 1000 + 500);
  });
});
