import { describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/policy/presets.ts';
import { deriveRunTimeoutMs } from '../../src/policy/run-timeout.ts';

const patient = POLICIES.patient;

describe('deriveRunTimeoutMs', () => {
  it('covers all attempts, the backoff between them, the fallback, the stagger and a buffer', () => {
    const input = { tasks: 5, maxConcurrent: 3, policy: patient, staggerMs: 2000, hasFallback: true };
    expect(deriveRunTimeoutMs(input)).toBe(3_732_000);
    expect(deriveRunTimeoutMs({ ...input, hasFallback: false })).toBe(2_532_000);
  });

  it('takes a fixed preset at its own timeout', () => {
    const input = { tasks: 1, maxConcurrent: 4, policy: POLICIES.development, hasFallback: false };
    expect(deriveRunTimeoutMs(input)).toBe(1_920_000);
  });

  it('is the buffer alone when there is nothing to run', () => {
    const input = { tasks: 0, maxConcurrent: 3, policy: patient, staggerMs: 2000, hasFallback: true };
    expect(deriveRunTimeoutMs(input)).toBe(120_000);
    expect(deriveRunTimeoutMs({ ...input, bufferMs: 5 })).toBe(5);
  });

  it('has one round at least', () => {
    const input = { tasks: 2, maxConcurrent: Number.POSITIVE_INFINITY, policy: POLICIES.test, hasFallback: false };
    expect(deriveRunTimeoutMs(input)).toBe(150_000);
  });
});
