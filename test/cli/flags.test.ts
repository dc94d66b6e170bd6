import { describe, expect, it } from 'vitest';
import { parseBudget, parseDuration } from '../../src/cli/flags.ts';

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['1500', 1500],
    ['250ms', 250],
    ['60s', 60_000],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['2h', 7_200_000],
  ])('%s is %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '-5', '10 parsecs', 'ten', '1e3', 'NaN'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('Expected milliseconds');
  });
});

describe('a budget', () => {
  it('has a time, attempts and tokens', () => {
    expect(parseBudget('time=10m, attempts=20,tokens=100000')).toEqual({
      timeMs: 600_000,
      attempts: 20,
      tokens: 100_000,
    });
  });

  it('adds up over several flags, the last one winning', () => {
    expect(parseBudget('cost=1.50')).toEqual({ costUsd: 1.5 });
    expect(parseBudget('cost=$0.05,tokens=9')).toEqual({ costUsd: 0.05, tokens: 9 });
    expect(() => parseBudget('cost=cheap')).toThrow('Expected US dollars, such as cost=1.50.');
    expect(parseBudget('attempts=2', parseBudget('attempts=1,tokens=5'))).toEqual({ attempts: 2, tokens: 5 });
  });

  it.each(['money=3', 'attempts', 'attempts=-1', 'attempts=1.5', 'time=soon', ''])('refuses %j', (text) => {
    expect(() => parseBudget(text)).toThrow('Expected');
  });
});
