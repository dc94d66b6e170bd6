import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClockPolicy } from '../../src/policy/policy.ts';
import { type ClockCheck, checkClock, markActivity, startClock } from '../../src/policy/timeouts.ts';

const progressive: ClockPolicy = {
  startTimeoutMs: null,
  idleTimeoutMs: null,
  onIdle: 'stop',
  mode: 'progressive',
  initialTimeoutMs: 60_000,
  maxTimeoutMs: 300_000,
  extensionThresholdMs: 10_000,
  extensionFactor: 1.5,
};
const fixed: ClockPolicy = { ...progressive, mode: 'fixed' };

/** Checks at `now`, after activity at each of the given instants. */
function check(clocks: ClockPolicy, activity: readonly number[], now: number, timeoutMs?: number): ClockCheck {
  const clock = startClock(clocks, 0, timeoutMs);
  for (const instant of activity) markActivity(clock, instant);
  return checkClock(clock, clocks, now);
}

describe('the limit of an attempt', () => {
  it('stops it when due, and says after how long', () => {
    expect(check(fixed, [299_000], 299_999)).toMatchObject({ verdict: 'ok', nextAt: 300_000 });
    expect(check(fixed, [299_000], 300_000)).toMatchObject({
      verdict: 'stop',
      kind: 'timeout',
      reason: 'Timed out after 300 seconds',
      nextAt: Number.POSITIVE_INFINITY,
    });
  });

  it('is not extended before it is due, however active the attempt is', () => {
    expect(check(progressive, [100, 200, 59_000], 59_999).clock.deadlineAt).toBe(60_000);
  });

  it('is extended when due with activity shortly before', () => {
    expect(check(progressive, [50_000], 60_000)).toMatchObject({ verdict: 'ok', nextAt: 90_000 });
  });

  it('is not extended after a silence longer than the threshold, nor because the attempt has just started', () => {
    expect(check(progressive, [49_999], 60_000)).toMatchObject({
      verdict: 'stop',
      reason: 'Timed out after 60 seconds',
    });
    expect(check({ ...progressive, extensionThresholdMs: 60_000 }, [], 60_000).verdict).toBe('stop');
  });

  it('grows to the hard limit and no further', () => {
    const clock = startClock(progressive, 0);
    let current = clock;
    const limits: number[] = [];
    for (let now = 0; now < 400_000; now += 5_000) {
      const seen = checkClock(current, progressive, now);
      current = seen.clock;
      if (seen.verdict === 'stop') {
        expect(now).toBe(300_000);
        break;
      }
      if (limits.at(-1) !== current.deadlineAt) limits.push(current.deadlineAt);
      markActivity(current, now);
    }
    expect(limits).toEqual([60_000, 90_000, 135_000, 202_500, 300_000]);
  });

  it('is counted from the start of the attempt, whenever that was', () => {
    const clock = startClock(progressive, 1_000_000);
    markActivity(clock, 1_055_000);
    const extended = checkClock(clock, progressive, 1_060_000);
    expect(extended.nextAt).toBe(1_090_000);
    expect(checkClock(extended.clock, progressive, 1_090_000)).toMatchObject({
      verdict: 'stop',
      reason: 'Timed out after 90 seconds',
      clock: { startedAt: 1_000_000, deadlineAt: 1_090_000 },
    });
  });

  it('is due after all when an extension adds less than a millisecond', () => {
    const clocks: ClockPolicy = { ...progressive, initialTimeoutMs: 10, extensionFactor: 1.01 };
    expect(check(clocks, [9], 10)).toMatchObject({ verdict: 'stop', reason: 'Timed out after 10 milliseconds' });
  });

  it('is never beyond the hard limit from the start', () => {
    expect(startClock({ ...progressive, initialTimeoutMs: 900_000 }, 5).deadlineAt).toBe(300_005);
  });

  it('is the task’s own where it has one, without any other clock', () => {
    const clocks: ClockPolicy = { ...progressive, startTimeoutMs: 10, idleTimeoutMs: 10 };
    expect(check(clocks, [], 500_000, 700_000)).toMatchObject({ verdict: 'ok', nextAt: 700_000 });
    expect(check(clocks, [699_999], 700_000, 700_000)).toMatchObject({ verdict: 'stop', kind: 'timeout' });
    const reason = (timeoutMs: number) => check(clocks, [], timeoutMs, timeoutMs).reason;
    expect(reason(50)).toBe('Timed out after 50 milliseconds');
    expect(reason(1)).toBe('Timed out after 1 millisecond');
    expect(reason(1000)).toBe('Timed out after 1 second');
  });
});

describe('the start clock', () => {
  const clocks: ClockPolicy = { ...fixed, startTimeoutMs: 15_000, idleTimeoutMs: 40_000 };

  it('stops an attempt that nothing is heard of', () => {
    expect(check(clocks, [], 14_999)).toMatchObject({ verdict: 'ok', nextAt: 15_000 });
    expect(check(clocks, [], 15_000)).toMatchObject({
      verdict: 'stop',
      kind: 'start_timeout',
      reason: 'Nothing heard within 15 seconds of the start',
    });
  });

  it('gives way to the idle clock once something was heard', () => {
    expect(check(clocks, [14_000], 50_000)).toMatchObject({ verdict: 'ok', nextAt: 54_000 });
    expect(check(clocks, [14_000], 54_000)).toMatchObject({
      kind: 'idle_timeout',
      reason: 'No activity for 40 seconds',
    });
  });
});

describe('the idle clock', () => {
  const stopping: ClockPolicy = { ...fixed, idleTimeoutMs: 120_000 };
  const stalling: ClockPolicy = { ...stopping, onIdle: 'stall' };

  it('runs from the start when there is no start clock', () => {
    expect(check(stopping, [], 120_000)).toMatchObject({ kind: 'idle_timeout', reason: 'No activity for 120 seconds' });
  });

  it('says stalled once, then leaves the attempt alone until its limit', () => {
    const first = check(stalling, [], 120_000);
    expect(first).toMatchObject({ verdict: 'stalled', nextAt: 300_000 });
    expect(checkClock(first.clock, stalling, 250_000)).toMatchObject({ verdict: 'ok', nextAt: 300_000 });
    expect(checkClock(first.clock, stalling, 300_000)).toMatchObject({ verdict: 'stop', kind: 'timeout' });
  });

  it('says resumed after activity, and can stall again', () => {
    const { clock } = check(stalling, [], 120_000);
    markActivity(clock, 130_000);
    const resumed = checkClock(clock, stalling, 130_000);
    expect(resumed).toMatchObject({ verdict: 'resumed', nextAt: 250_000 });
    expect(checkClock(resumed.clock, stalling, 250_000).verdict).toBe('stalled');
  });

  it('counts when it was due before the limit, though both are due by now', () => {
    expect(check(stopping, [], 999_000)).toMatchObject({ kind: 'idle_timeout' });
    expect(check(stopping, [250_000], 999_000)).toMatchObject({ kind: 'timeout' });
    expect(check(stopping, [180_000], 300_000)).toMatchObject({
      kind: 'idle_timeout',
      clock: { lastActivityAt: 180_000 },
    });
  });
});

describe('checkClock', () => {
  it('gives the same clock when nothing has changed', () => {
    const clock = startClock(progressive, 0);
    expect(checkClock(clock, progressive, 1000).clock).toBe(clock);
  });

  it('always names an instant later than now, so that a waiter never spins', () => {
    const clocks = fc.record({
      startTimeoutMs: fc.option(fc.integer({ min: 1, max: 1000 })),
      idleTimeoutMs: fc.option(fc.integer({ min: 1, max: 1000 })),
      onIdle: fc.constantFrom('stop', 'stall'),
      mode: fc.constantFrom('fixed', 'progressive'),
      initialTimeoutMs: fc.integer({ min: 1, max: 3000 }),
      maxTimeoutMs: fc.integer({ min: 1, max: 3000 }),
      extensionThresholdMs: fc.nat(500),
      extensionFactor: fc.double({ min: 1.01, max: 3, noNaN: true }),
    }) as fc.Arbitrary<ClockPolicy>;
    const steps = fc.array(fc.record({ ms: fc.nat(400), active: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(clocks, steps, (policy, walk) => {
        let clock = startClock(policy, 0);
        let now = 0;
        for (const { ms, active } of walk) {
          now += ms;
          const seen = checkClock(clock, policy, now);
          if (seen.verdict === 'stop') return;
          expect(now).toBeLessThan(policy.maxTimeoutMs);
          expect(seen.nextAt).toBeGreaterThan(now);
          clock = seen.clock;
          if (active) markActivity(clock, now);
        }
      }),
    );
  });
});
