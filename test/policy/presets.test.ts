import { describe, expect, it } from 'vitest';
import { SoarError } from '../../src/errors/soar-error.ts';
import { PRESET_NAMES } from '../../src/policy/policy.schema.ts';
import type { PolicyInput } from '../../src/policy/policy.ts';
import { POLICIES, resolvePolicy } from '../../src/policy/presets.ts';

function failure(run: () => unknown): SoarError {
  try {
    run();
  } catch (error) {
    if (SoarError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('It did not throw.');
}

describe('the presets', () => {
  it.each([
    // name, mode, initial s, max s, extension s, idle s, start s, on idle, retries, base ms, max delay ms
    ['default', 'progressive', 60, 300, 10, 30, 30, 'stop', 2, 1000, 60_000],
    ['production', 'progressive', 120, 600, 15, 60, null, 'stall', 2, 2000, 120_000],
    ['patient', 'progressive', 120, 600, 10, 120, null, 'stall', 1, 2000, 30_000],
    ['fastFail', 'fixed', 60, 60, 10, 15, 15, 'stop', 0, 1000, 60_000],
    ['development', 'fixed', 1800, 1800, 10, 300, null, 'stall', 0, 1000, 60_000],
    ['test', 'fixed', 30, 30, 10, 10, 10, 'stop', 0, 1000, 60_000],
  ] as const)(
    'have the figures of the reference: %s',
    (name, mode, initial, max, threshold, idle, start, onIdle, retries, base, cap) => {
      const { clocks, retry } = POLICIES[name];
      expect(clocks).toEqual({
        mode,
        initialTimeoutMs: initial * 1000,
        maxTimeoutMs: max * 1000,
        extensionThresholdMs: threshold * 1000,
        extensionFactor: 1.5,
        idleTimeoutMs: idle * 1000,
        startTimeoutMs: start === null ? null : start * 1000,
        onIdle,
      });
      expect(retry).toMatchObject({ retries, baseDelayMs: base, maxDelayMs: cap, factor: 2, jitter: 0.1 });
    },
  );

  it('protect agents but in development and tests, and end attempts early but in development', () => {
    const on = (of: (name: (typeof PRESET_NAMES)[number]) => boolean) => PRESET_NAMES.filter(of);
    expect(on((name) => POLICIES[name].breaker.enabled)).toEqual(['default', 'production', 'fastFail', 'patient']);
    expect(on((name) => !POLICIES[name].termination.enabled)).toEqual(['development']);
    expect(on((name) => !POLICIES[name].retry.retryOnTimeout)).toEqual(['fastFail', 'test']);
  });

  it('are frozen all the way down', () => {
    for (const name of PRESET_NAMES) {
      const policy = POLICIES[name];
      expect([policy, ...Object.values(policy)].every((part) => Object.isFrozen(part))).toBe(true);
    }
  });
});

describe('resolvePolicy', () => {
  it('is patient when nothing is said', () => {
    expect(resolvePolicy(undefined)).toBe(POLICIES.patient);
    expect(resolvePolicy({})).toEqual(POLICIES.patient);
    expect(resolvePolicy('test')).toBe(POLICIES.test);
  });

  it('changes what is given and keeps the rest of the preset', () => {
    const policy = resolvePolicy({
      preset: 'production',
      name: 'mine',
      retry: { retries: 5 },
      clocks: { idleTimeoutMs: null },
    });
    expect(policy).toEqual({
      ...POLICIES.production,
      name: 'mine',
      retry: { ...POLICIES.production.retry, retries: 5 },
      clocks: { ...POLICIES.production.clocks, idleTimeoutMs: null },
    });
    expect(Object.isFrozen(policy.retry)).toBe(true);
  });

  it('takes a setting that is undefined for one that is not given', () => {
    expect(resolvePolicy({ retry: { retries: undefined }, breaker: undefined })).toEqual(POLICIES.patient);
  });

  it('lets an override of the retries win', () => {
    expect(resolvePolicy('patient', { retries: 4 }).retry.retries).toBe(4);
    expect(resolvePolicy({ retry: { retries: 9 } }, { retries: 0 }).retry.retries).toBe(0);
    expect(resolvePolicy('test', { retries: POLICIES.test.retry.retries })).toBe(POLICIES.test);
  });

  it('suggests the right name for the one the reference uses', () => {
    const error = failure(() => resolvePolicy('fast_fail' as PolicyInput));
    expect(error.code).toBe('invalid-options');
    expect(error.message).toContain('got `fast_fail` (string). Did you mean `fastFail`?');
  });

  it('names every fault', () => {
    const input = {
      preset: 'test',
      clocks: { maxTimeoutMs: Number.NaN, idle: 3 },
      retry: { retries: -1, jitter: 2, retryOnTimeout: 'yes' },
      colour: 'red',
    };
    const { message, issues } = failure(() => resolvePolicy(input as unknown as PolicyInput));
    expect(issues.map(({ path }) => path)).toEqual([
      'clocks.maxTimeoutMs',
      'clocks',
      'retry.retries',
      'retry.jitter',
      'retry.retryOnTimeout',
      '',
    ]);
    expect(message).toContain('Expected `retry.retries` to be 0 or more, got `-1` (number).');
    expect(message).toContain('Expected `clocks.maxTimeoutMs` to be a finite number, got `NaN` (number).');
    expect(message).toContain('Unknown key `colour` in the policy.');
    expect(message).toContain('got `-1` (number). Expected `retry.jitter`');
  });

  it.each([
    [null],
    [3],
    [[]],
    ['nonsense'],
    [{ retry: 1 }],
    [{ clocks: { maxTimeoutMs: 0 } }],
    [{ clocks: { startTimeoutMs: Number.POSITIVE_INFINITY } }],
  ])('refuses %j', (input) => {
    expect(failure(() => resolvePolicy(input as unknown as PolicyInput)).code).toBe('invalid-options');
  });

  it.each([[-1], [1.5], [Number.NaN], ['2']])('refuses %j retries', (retries) => {
    const error = failure(() => resolvePolicy('patient', { retries: retries as number }));
    expect(error.message).toMatch(/^Expected `retries` to be .*, got /);
  });
});

describe('a wait for an open breaker', () => {
  it('is allowed by its length alone', () => {
    expect(resolvePolicy({ preset: 'patient', breaker: { maxOpenWaitMs: 300_000 } }).breaker).toMatchObject({
      onOpen: 'wait',
      maxOpenWaitMs: 300_000,
    });
  });

  it('is refused where `onOpen` says so', () => {
    const breaker = { onOpen: 'fail', maxOpenWaitMs: 300_000 } as const;
    expect(resolvePolicy({ breaker }).breaker.onOpen).toBe('fail');
    expect(resolvePolicy({}).breaker.onOpen).toBe('fail');
  });
});
