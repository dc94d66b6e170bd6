import { collapsed } from './collapsed.ts';
import { parseResetTime } from './reset-time.ts';

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|milli)/, 1],
  [/^(?:s|秒)/, 1000],
  [/^(?:m|分)/, 60_000],
  [/^(?:h|个|個|小|時)/, 3_600_000],
  [/^(?:d|天|日)/, 86_400_000],
  [/^w/, 604_800_000],
];

const AMOUNT = String.raw`\d{1,12}(?:\.\d{1,6})? ?(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)(?![a-z])\.?`;
/** `1m30s`, `2 minutes and 5 seconds`, `1h 2m` */
const DURATION = `(?:${AMOUNT}[ ,]{0,2}(?:and )?){1,6}`;

const HEADER_MS = /\bretry[-_ ]?after[-_ ]?ms["']? ?[:=] ?["']?(\d{1,12}(?:\.\d{1,6})?)/i;
const HEADER_DATE =
  /\bretry[-_ ]?after["']? ?[:=] ?["']?((?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? [^"']{10,40}?GMT)/i;
const HEADER_SECONDS =
  /\b(?:retry[-_ ]?after(?:[-_ ]?seconds)?|resets?[-_ ](?:in|after)[-_ ]seconds)["']? ?[:=]? ?["']?(\d{1,12}(?:\.\d{1,6})?)(?![\d.]{0,12}(?: ?[a-z]|[-/:]))/i;
const IN_WORDS = new RegExp(
  `(?:retry(?:ing)?|again|wait|back|available|resets?|renews?|refresh(?:es)?|retry[-_]?delay|retry[-_ ]?after|reached|exceeded|exhausted)["']? ?(?:(?::|=|again|after|in|for|at least|about|around|approximately|up to|another|~) ?){0,4}["']?(${DURATION})`,
  'i',
);
const IN_ASIAN_WORDS =
  /(?<![\d月월] ?)((?:\d{1,6} ?(?:天|日|[个個]?小[时時]|時間|分钟|分鐘|分|秒钟|秒鐘|秒) ?){1,4})(?:之|以)?[后後]/;
const INSTANT =
  /(?:resets?(?:[-_ ]?(?:at|on|time))?|retry[-_ ]?(?:at|after)|try again (?:at|after)|available (?:at|after)|until)["']? ?(?::|=|at|on)? ?["']?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:Z|UTC|[+-]\d\d:?\d\d)?)(?! ?\()/i;
const EPOCH =
  /(?:(?:resets?(?:[-_ ]?(?:at|time|requests|tokens))?|retry[-_ ]?at|until)["']? ?(?::|=|at)? ?["']?|limit reached\|)(\d{10}(?:\d{3})?)\b/i;

/**
 * How long a rate-limited provider asks to be left alone, milliseconds from `now` (epoch milliseconds); never negative.
 * Null when the text does not say.
 *
 * Reads `Retry-After: 30`, `retry-after-ms: 500`, an HTTP date, "try again in 1m30s", "retry after 2 minutes", "30 秒后重试",
 * "resets at 2026-11-23T20:00:00Z" (without a zone: UTC), epoch instants, and the times of {@link parseResetTime}.
 */
export function parseRetryAfterMs(text: string, now: number): number | null {
  const words = collapsed(text);
  const ms = HEADER_MS.exec(words)?.[1];
  if (ms !== undefined) return positive(Number(ms));
  const date = HEADER_DATE.exec(words)?.[1];
  if (date !== undefined) return positive(Date.parse(date) - now);
  const instant = INSTANT.exec(words)?.[1];
  if (instant !== undefined) return positive(instantOf(instant.trim()) - now);
  const epoch = EPOCH.exec(words)?.[1];
  if (epoch !== undefined) return positive(Number(epoch) * (epoch.length > 10 ? 1 : 1000) - now);
  const duration = IN_WORDS.exec(words)?.[1] ?? IN_ASIAN_WORDS.exec(words)?.[1];
  if (duration !== undefined) return positive(durationMs(duration));
  const seconds = HEADER_SECONDS.exec(words)?.[1];
  if (seconds !== undefined) return positive(Number(seconds) * 1000);
  const reset = parseResetTime(words, now);
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
  for (const [, amount, unit] of text.matchAll(/(\d{1,12}(?:\.\d{1,6})?) ?(\p{L}{1,12})/giu)) {
    const word = (unit ?? '').toLowerCase();
    if (word === 'and') continue;
    total += Number(amount) * (UNIT_MS.find(([pattern]) => pattern.test(word))?.[1] ?? Number.NaN);
  }
  return total;
}
