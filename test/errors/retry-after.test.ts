import { describe, expect, it } from 'vitest';
import { parseRetryAfterMs } from '../../src/errors/retry-after.ts';

const NOW = Date.parse('2026-11-23T19:00:00Z');

describe('parseRetryAfterMs', () => {
  it.each([
    ['Retry-After: 30', 30_000],
    ['retry-after: 1.5', 1500],
    ['{"retry_after": 12}', 12_000],
    ['retry-after-ms: 250', 250],
    ['retry after 30s', 30_000],
    ['Please retry after 2 minutes.', 120_000],
    ['try again in 1m30s', 90_000],
    ['Please try again in 20ms.', 20],
    ['Please try again in 6m0s', 360_000],
    ['try again in 1 hour and 5 minutes', 3_900_000],
    ['try again in 3 days 4 hours 2 minutes', 273_720_000],
    ['"retryDelay": "34.5s"', 34_500],
    ['wait 10 seconds before the next request', 10_000],
    ['limit resets in 45 min', 2_700_000],
    ['resets at 2026-11-23T20:00:00Z', 3_600_000],
    ['resets at 2026-11-23 20:00:00 UTC', 3_600_000],
    ['"reset_at":"2026-11-23T20:00:00.500+01:00"', 500],
    ['resets at 2026-11-23T20:00', 3_600_000],
    ['Retry-After: Mon, 23 Nov 2026 19:01:00 GMT', 60_000],
    [`x-ratelimit-reset: ${NOW / 1000 + 60}`, 60_000],
    [`usage limit reached|${NOW / 1000 + 5}`, 5000],
    ['resets at 2026-11-23T18:00:00Z', 0],
    ['resets at midnight (UTC)', 18_000_000],
    ['resets in 3h 20m', 12_000_000],
    ['"resets_in_seconds": 90', 90_000],
    ['resets in 1 week', 604_800_000],
    ['请在 30 秒后重试', 30_000],
    ['3小时20分钟后重试', 12_000_000],
    ['Retry after 2026-11-23 20:00 (Europe/Lisbon)', 3_600_000],
  ])('reads %j', (text, ms) => {
    expect(parseRetryAfterMs(text, NOW)).toBe(ms);
  });

  it.each([[''], ['rate limit exceeded'], ['429'], ['try again later'], ['retry attempt 3 of 5']])(
    'finds nothing in %j',
    (text) => {
      expect(parseRetryAfterMs(text, NOW)).toBeNull();
    },
  );
});
