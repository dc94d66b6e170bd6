import { describe, expect, it } from 'vitest';
import { parseResetTime } from '../../src/errors/reset-time.ts';
import { parseRetryAfterMs } from '../../src/errors/retry-after.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const at = (text: string, now = NOON) => {
  const found = parseResetTime(text, now);
  return found === null ? null : new Date(found).toISOString();
};

describe('parseResetTime', () => {
  it.each([
    ["You've hit your limit · resets 3pm (UTC)", '2026-11-24T15:00:00.000Z'],
    ['resets 11am (UTC)', '2026-11-25T11:00:00.000Z'],
    ['resets 12am (UTC)', '2026-11-25T00:00:00.000Z'],
    ['resets 12:30 PM (UTC)', '2026-11-24T12:30:00.000Z'],
    ['resets at 15:45 (UTC)', '2026-11-24T15:45:00.000Z'],
    ['resets 1:30pm (America/New_York)', '2026-11-24T18:30:00.000Z'],
    ['resets 9pm (Asia/Kolkata)', '2026-11-24T15:30:00.000Z'],
    ['resets Nov 27, 3pm (Europe/Lisbon)', '2026-11-27T15:00:00.000Z'],
    ['resets Jan 2, 3pm (UTC)', '2027-01-02T15:00:00.000Z'],
    ['Try again at Dec 1st, 2026 3:05 PM (UTC).', '2026-12-01T15:05:00.000Z'],
    ['resets on March 29, 2027 at 3am (Europe/Berlin)', '2027-03-29T01:00:00.000Z'],
    ['resets Monday 9am (UTC)', '2026-11-30T09:00:00.000Z'],
    ['resets Tuesday 3pm (UTC)', '2026-11-24T15:00:00.000Z'],
    ['resets Tue, Nov 24, 1pm (UTC)', '2026-11-24T13:00:00.000Z'],
    ['try again tomorrow at 9 (UTC)', '2026-11-25T09:00:00.000Z'],
    ['resets tonight at 9 (UTC)', '2026-11-24T21:00:00.000Z'],
    ['resets at midnight Pacific time', '2026-11-25T08:00:00.000Z'],
    ['resets noon UTC', '2026-11-24T12:00:00.000Z'],
    ['resets at 17:00 UTC+2', '2026-11-24T15:00:00.000Z'],
    ['resets 9pm (GMT-5:30)', '2026-11-25T02:30:00.000Z'],
    ['resets 5pm PST', '2026-11-25T01:00:00.000Z'],
    ['resets Jul 1, 5pm PT', '2027-07-02T00:00:00.000Z'],
    ['resets Jul 1, 5pm PST', '2027-07-02T01:00:00.000Z'],
    ['resets 5:30:15 PM UTC', '2026-11-24T17:30:15.000Z'],
    ['resets 6 December at 17:00 CET', '2026-12-06T16:00:00.000Z'],
    ['resets Nov 27 (UTC)', '2026-11-27T00:00:00.000Z'],
    ['将于 2026年12月6日 17:00 (UTC+8) 重置', '2026-12-06T09:00:00.000Z'],
    ['12月6日 下午5点半 UTC 恢复', '2026-12-06T17:30:00.000Z'],
    ['明天上午9点 (UTC) 重置', '2026-11-25T09:00:00.000Z'],
  ])('reads "%s"', (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  it("takes this machine's clock where no zone is named", () => {
    const now = new Date(2026, 10, 24, 12).getTime();
    expect(parseResetTime("You've hit your usage limit. Try again at 3:05 PM.", now)).toBe(
      new Date(2026, 10, 24, 15, 5).getTime(),
    );
  });

  it.each([
    ['by two minutes', 'resets 11:58am (UTC)', NOON, '2026-11-24T11:58:00.000Z'],
    ['by an hour', 'resets 11am (UTC)', NOON, '2026-11-25T11:00:00.000Z'],
    ['across midnight', 'resets 11:59pm (UTC)', Date.parse('2026-11-25T00:01:00Z'), '2026-11-24T23:59:00.000Z'],
    ['across new year', 'resets Dec 31, 11:59pm (UTC)', Date.parse('2027-01-01T00:01:00Z'), '2026-12-31T23:59:00.000Z'],
    ['on its weekday', 'resets Tuesday 11:55am (UTC)', NOON, '2026-11-24T11:55:00.000Z'],
  ])(
    'takes a time that is past %s for now when clocks may differ by as much, else for the next',
    (_, text, now, expected) => {
      expect(at(text, now)).toBe(expected);
    },
  );

  it.each([
    ['a time that is skipped', 'resets 2:30am (Europe/Berlin)', '2027-03-27T23:00:00Z', '2027-03-28T01:30:00.000Z'],
    ['a time that comes twice', 'resets 2:30am (Europe/Berlin)', '2026-10-24T23:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['its second time', 'resets 2:30am (Europe/Berlin)', '2026-10-25T00:50:00Z', '2026-10-25T01:30:00.000Z'],
    ['the day after', 'resets 9am (America/New_York)', '2026-10-31T14:00:00Z', '2026-11-01T14:00:00.000Z'],
  ])('knows that clocks are changed: %s', (_, text, now, expected) => {
    expect(at(text, Date.parse(now))).toBe(expected);
  });

  it('takes the clock of this machine for an Asian date without a zone', () => {
    const now = new Date(2026, 9, 1).getTime();
    expect(parseResetTime('额度已用完,10月6日恢复', now)).toBe(new Date(2026, 9, 6).getTime());
    expect(parseResetTime('2026年10月6日 17:00', now)).toBe(new Date(2026, 9, 6, 17).getTime());
    expect(parseResetTime('您的限额将在 2026-10-06 03:13:39 重置', now)).toBe(
      new Date(2026, 9, 6, 3, 13, 39).getTime(),
    );
  });

  it.each(['', 'resets 3', 'resets 13pm', 'resets 25:00', 'try again later', 'it resets 3 times', 'resets 3:75pm'])(
    'finds nothing in "%s"',
    (text) => {
      expect(at(text)).toBeNull();
    },
  );

  it('is read from a message when nothing more exact is said', () => {
    expect(parseRetryAfterMs('limit reached, resets 3pm (UTC)', NOON)).toBe(3 * 3_600_000);
    expect(parseRetryAfterMs('resets 3pm (UTC), retry-after: 7', NOON)).toBe(7000);
    expect(parseRetryAfterMs('resets 3pm (UTC), try again in 7 s', NOON)).toBe(7000);
  });
});
