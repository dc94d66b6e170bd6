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
  ])('reads "%s"', (text, expected) => {
    expect(at(text)).toBe(expected);
  });

  it("takes this machine's clock where no zone is named", () => {
    const now = new Date(2026, 10, 24, 12).getTime();
    expect(parseResetTime("You've hit your usage limit. Try again at 3:05 PM.", now)).toBe(
      new Date(2026, 10, 24, 15, 5).getTime(),
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
