import { parseResetTime } from './reset-time.ts';

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|milli)/, 1],
  [/^s/, 1000],
  [/^m/, 60_000],
  [/^h/, 3_600_000],
  [/^d/, 86_400_000],
];

const AMOUNT = String.raw`\d{1,12}(?:\.\d{1,6})?\s*(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b`;
/** `1m30s`, `2 minutes and 5 seconds`, `1h 2m` */
const DURATION = `(?:${AMOUNT.replace('\\b', '(?![a-z])')}[\\s,]*(?:and\\s+)?)+`;

const HEADER_MS = /\bretry[-_ ]?after[-_ ]?ms["']?\s*[:=]\s*["']?(\d{1,12}(?:\.\d+)?)/i;
const HEADER_DATE =
  /\bretry[-_ ]?after["']?\s*[:=]\s*["']?((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s[^"'\n]{10,40}?GMT)/i;
const HEADER_SECONDS =
  /\bretry[-_ ]?after(?:[-_ ]?seconds)?["']?\s*[:=]?\s*["']?(\d{1,12}(?:\.\d+)?)(?![\d.]*\s*[a-z])/i;
const IN_WORDS = new RegExp(
  `(?:retry(?:ing)?|try again|wait|available|resets?|retry[-_]?delay|quota will reset|retry[-_ ]?after)["']?\\s*(?::|=|again|after|in|for|at least|about|~|\\s)*\\s*["']?(${DURATION})`,
  'i',
);
const INSTANT =
  /(?:resets?(?:[-_ ]?(?:at|on|time))?|retry[-_ ]?(?:at|after)|try again (?:at|after)|available (?:at|after)|until)["']?\s*(?::|=|at|on)?\s*["']?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?)/i;
const EPOCH =
  /(?:(?:reset(?:s|[-_ ]?(?:at|time|requests|tokens))?|retry[-_ ]?at)["']?\s*(?::|=|at)?\s*["']?|limit reached\|)(\d{10}(?:\d{3})?)\b/i;

/**
 * How long a rate-limited provider asks to be left alone, milliseconds from `now` (epoch milliseconds); never negative.
 * Null when the text does not say.
 *
 * Reads `Retry-After: 30`, `retry-after-ms: 500`, an HTTP date, "try again in 1m30s", "retry after 2 minutes",
 * "resets at 2026-11-23T20:00:00Z" (without a zone: UTC), epoch instants, and the times of {@link parseResetTime}.
 */
export function parseRetryAfterMs(text: string, now: number): number | null {
  const ms = HEADER_MS.exec(text)?.[1];
  if (ms !== undefined) return positive(Number(ms));
  const date = HEADER_DATE.exec(text)?.[1];
  if (date !== undefined) return positive(Date.parse(date) - now);
  const instant = INSTANT.exec(text)?.[1];
  if (instant !== undefined) return positive(instantOf(instant) - now);
  const epoch = EPOCH.exec(text)?.[1];
  if (epoch !== undefined) return positive(Number(epoch) * (epoch.length > 10 ? 1 : 1000) - now);
  const duration = IN_WORDS.exec(text)?.[1];
  if (duration !== undefined) return positive(durationMs(duration));
  const seconds = HEADER_SECONDS.exec(text)?.[1];
  if (seconds !== undefined) return positive(Number(seconds) * 1000);
  const reset = parseResetTime(text, now);
  return reset === null ? null : positive(reset - now);
}

function positive(ms: number): number | null {
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : null;
}

function instantOf(text: string): number {
  const iso = text
    .replace(/\s?UTC$/i, 'Z')
    .replace(/^(\S{10}) /, '$1T')
    .replace(' ', '');
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
}

function durationMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const word = (unit ?? '').toLowerCase();
    if (word === 'and') continue;
    total += Number(amount) * (UNIT_MS.find(([pattern]) => pattern.test(word))?.[1] ?? Number.NaN);
  }
  return total;
}
