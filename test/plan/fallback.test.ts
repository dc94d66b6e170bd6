import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runFallback, taskFallback } from '../../src/plan/fallback.ts';
import { COLLECT_SETTINGS, mergeSettings, type StatedSettings } from '../../src/run/settings.ts';

const named = fc.option(fc.constantFrom('a', 'b', 'c', false as const), { nil: undefined });

describe('the fallback', () => {
  it('of a run is the first that is stated, and `false` states none', () => {
    expect(runFallback(undefined, 'b', 'c')).toBe('b');
    expect(runFallback(false, 'b', 'c')).toBe(null);
    expect(runFallback(undefined, undefined)).toBe(null);
  });

  it('of a task is its own, else that of the run, and never its own agent', () => {
    const of = (fallback: string | false | undefined, ofRun: string | null) =>
      taskFallback(
        { agent: 'a', spec: { id: 't', prompt: '', ...(fallback === undefined ? {} : { fallback }) } },
        ofRun,
      );
    expect(of('b', 'c')).toBe('b');
    expect(of(undefined, 'c')).toBe('c');
    expect(of(false, 'c')).toBe(null);
    expect(of('a', 'c')).toBe(null);
    expect(of(undefined, 'a')).toBe(null);
  });
});

describe('merged settings', () => {
  const layer: fc.Arbitrary<StatedSettings> = fc.record(
    {
      fallback: named,
      retries: fc.nat(5),
      maxConcurrent: fc.integer({ min: 1, max: 9 }),
      schedule: fc.constantFrom('wave' as const, 'eager' as const),
      timeoutMs: fc.nat(1000),
      policy: fc.constantFrom('patient' as const, 'test' as const),
      budget: fc.record({ attempts: fc.nat(9) }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<StatedSettings>;

  it('take every key from the last layer that states it, else from the base', () => {
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 4 }), (layers) => {
        const merged = mergeSettings(COLLECT_SETTINGS, ...layers);
        for (const key of ['retries', 'maxConcurrent', 'schedule', 'timeoutMs', 'budget'] as const) {
          const stated = layers.findLast((one) => one[key] !== undefined)?.[key];
          expect(merged[key]).toEqual(stated ?? COLLECT_SETTINGS[key]);
        }
        const fallback = layers.findLast((one) => one.fallback !== undefined)?.fallback;
        expect(merged.fallback).toBe(fallback || null);
        const policy = layers.findLast((one) => one.policy !== undefined)?.policy ?? 'patient';
        expect(merged.policy?.name).toBe(policy);
      }),
    );
  });
});
