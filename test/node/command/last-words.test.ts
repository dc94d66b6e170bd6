import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../src/node/command/last-words.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const WARNING =
  '(node:4242) ExperimentalWarning: SQLite is an experimental feature\n(Use `node --trace-warnings ...` to show where the warning was created)\n';

const judge = (words: { stdout?: string; stderr?: string }, source: 'tool' | 'command' = 'command') =>
  verdictOf({ stdout: '', stderr: '', ...words, source, now: NOON });

const LIMITS: [text: string, retryAfterMs: number | null][] = [
  ["You're out of extra usage · resets 5pm (Europe/Lisbon)", 5 * 3_600_000],
  ['You’ve hit your limit · resets 9pm (UTC)', 9 * 3_600_000],
  ["You've hit your weekly Sonnet limit · resets Monday 9am (UTC)", 141 * 3_600_000],
  ['Limit reached · resets 7pm (UTC)', 7 * 3_600_000],
  ['You have exhausted your daily quota on this model.', null],
  ['Se ha alcanzado el límite de uso: hasta 18:00 UTC', 6 * 3_600_000],
  ['Nutzungslimit erreicht, zurückgesetzt um 18:00 UTC', 6 * 3_600_000],
  ['已达到 5 小时的使用上限，将于 2026年11月24日 17:00 (UTC) 重置', 5 * 3_600_000],
  ['{"error":{"message":"Your plan allows no more usage","resets_in_seconds":60}}', 60_000],
  ['Rate limit. retrying in 1s\nRate limit. retrying in 2s\nUsage allowance spent, resets in 3h', 3 * 3_600_000],
];

describe('the last words of a process that failed', () => {
  it.each(LIMITS)('are a limit: %s', (text, retryAfterMs) => {
    const expected = { kind: 'rate_limited', retryAfterMs };
    for (const source of ['tool', 'command'] as const) {
      expect(judge({ stderr: text }, source)).toMatchObject(expected);
      expect(judge({ stdout: text }, source)).toMatchObject(expected);
      expect(judge({ stdout: text, stderr: WARNING }, source)).toMatchObject(expected);
      expect(judge({ stdout: text, stderr: 'the agent exited unexpectedly' }, source)).toMatchObject(expected);
    }
  });

  it('are on stdout when stderr holds warnings alone', () => {
    expect(judge({ stdout: 'Error: 401 Unauthorized', stderr: WARNING })).toMatchObject({ kind: 'auth' });
    expect(judge({ stdout: 'Error: 401 Unauthorized', stderr: 'something broke' })).toBeNull();
  });

  it('are on stderr first', () => {
    const words = { stdout: "You've hit your limit", stderr: 'Error: 401 Unauthorized' };
    expect(judge(words)).toMatchObject({ kind: 'auth' });
  });

  it.each([
    [
      'jest',
      'FAIL src/limit.test.ts\n  ✕ usage limit resets at 17:00 (12 ms)\n    Error: rate limit exceeded\nTests: 1 failed, 3 passed',
    ],
    ['vitest', ' FAIL  test/limit.test.ts > quota\nAssertionError: expected "limit resets 9pm" to be null'],
    ['node', 'not ok 1 - hits the rate limit\n# fail 1\nHTTP 429 Too Many Requests'],
    ['pytest', 'E  RateLimitError: 429\n=== 1 failed, 2 passed in 0.12s ===\nquota resets at 17:00'],
    ['go', '--- FAIL: TestQuota (0.00s)\n    quota_test.go:10: usage limit reached, resets 9pm'],
    ['cargo', 'test result: FAILED. 1 passed\nrate limit exceeded'],
    ['tsc', "src/limit.ts(3,1): error TS2304: Cannot find name 'limit'. resets 9pm"],
    ['gcc', "limit.c:10:5: error: 'quota' undeclared; resets at 17:00"],
    ['npm', 'Error: 429 Too Many Requests\nnpm error Lifecycle script `test` failed with error:'],
  ])('say nothing of limits where a command reports failed tests or sources: %s', (_, text) => {
    expect(judge({ stderr: text })).toBeNull();
    expect(judge({ stdout: text })).toBeNull();
    expect(judge({ stdout: text, stderr: 'npm error code 1' })).toBeNull();
  });

  it.each([
    [
      'long before its end',
      `API usage limit: 1000 a day, resets at 17:00\n${'working\n'.repeat(5)}Error: no such file`,
    ],
    ['in code', "if (limit) return 'resets 9pm' => later"],
  ])('are no limit for a command that speaks of one %s', (_, text) => {
    expect(judge({ stderr: text })).toBeNull();
  });

  it('are a limit for a tool wherever it speaks of one', () => {
    const text = `Your allowance is spent, resets at 17:00 UTC\n${'at work\n'.repeat(5)}`;
    expect(judge({ stderr: text }, 'tool')).toMatchObject({ kind: 'rate_limited', retryAfterMs: 5 * 3_600_000 });
  });

  it('say nothing when there are none', () => {
    expect(judge({})).toBeNull();
    expect(judge({ stderr: 'it broke' })).toBeNull();
  });
});
