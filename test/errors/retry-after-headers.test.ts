import { describe, expect, it } from 'vitest';
import { asksToWait, retryAfterOfHeaders } from '../../src/errors/retry-after-headers.ts';

const NOW = Date.parse('2026-11-23T19:00:00Z');
const EPOCH = NOW / 1000;

describe('retryAfterOfHeaders', () => {
  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['parts of a second', { 'retry-after': '1.25' }, 1250],
    ['a duration instead of seconds', { 'retry-after': '2m' }, 120_000],
    ['milliseconds, before seconds', { 'retry-after': '9', 'retry-after-ms': '250.5' }, 251],
    ['seconds where the milliseconds are invalid', { 'retry-after': '9', 'retry-after-ms': 'soon' }, 9000],
    ['a date', { 'retry-after': 'Mon, 23 Nov 2026 19:00:10 GMT' }, 10_000],
    [
      'a date, by the clock of its author',
      { 'retry-after': 'Mon, 23 Nov 2026 08:00:10 GMT', date: 'Mon, 23 Nov 2026 08:00:00 GMT' },
      10_000,
    ],
    ['a date that is over', { 'retry-after': 'Mon, 23 Nov 2026 18:00:00 GMT' }, 0],
    ['Retry-After before resets', { 'retry-after': '1', 'x-ratelimit-reset-tokens': '6m0s' }, 1000],
    [
      'the spent one of two limits',
      {
        'x-ratelimit-reset-requests': '20s',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-tokens': '6m0s',
        'x-ratelimit-remaining-tokens': '7',
      },
      20_000,
    ],
    ['an instant with its zone', { 'anthropic-ratelimit-tokens-reset': '2026-11-23T19:00:05Z' }, 5000],
    ['seconds of the drafted standard', { 'ratelimit-reset': '50' }, 50_000],
    ['an epoch instant in seconds', { 'x-ratelimit-reset': String(EPOCH + 60) }, 60_000],
    ['an epoch instant in milliseconds', { 'x-ratelimit-reset': String(NOW + 1500) }, 1500],
  ])('reads %s', (_, headers, ms) => {
    expect(retryAfterOfHeaders(headers, NOW)).toBe(ms);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['words', { 'retry-after': 'soon' }],
    ['an empty header', { 'retry-after': '' }],
    ['an implausible time', { 'retry-after': '99999999' }],
    ['a count without a time', { 'x-ratelimit-remaining-requests': '0' }],
  ])('finds nothing in %s', (_, headers) => {
    expect(retryAfterOfHeaders(headers, NOW)).toBeNull();
  });

  it('knows who asks to wait from who merely counts', () => {
    const asks = ['retry-after', 'retry-after-ms', 'x-ratelimit-reset'].map((name) => asksToWait({ [name]: '1' }));
    expect(asks).toEqual([true, true, false]);
  });
});
