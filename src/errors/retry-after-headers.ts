import { parseRetryAfterMs } from './retry-after.ts';

/** Longest wait that is believed, milliseconds: a header that says more is in another unit than it seems. */
const LONGEST_MS = 31 * 86_400_000;

/** Where providers say when a spent limit is full again; and where, beside it, how much of it is left. */
const RESETS: readonly (readonly [reset: string, remaining: string])[] = [
  ['x-ratelimit-reset-requests', 'x-ratelimit-remaining-requests'],
  ['x-ratelimit-reset-tokens', 'x-ratelimit-remaining-tokens'],
  ['anthropic-ratelimit-requests-reset', 'anthropic-ratelimit-requests-remaining'],
  ['anthropic-ratelimit-tokens-reset', 'anthropic-ratelimit-tokens-remaining'],
  ['anthropic-ratelimit-input-tokens-reset', 'anthropic-ratelimit-input-tokens-remaining'],
  ['anthropic-ratelimit-output-tokens-reset', 'anthropic-ratelimit-output-tokens-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['ratelimit-reset', 'ratelimit-remaining'],
];

/**
 * How long an answer's headers ask to be left alone, milliseconds; null when they do not say. `retry-after-ms` comes before
 * `Retry-After` (seconds, or a date, which is read by the server's own `Date` when it sent one), and that before the reset
 * times of limits that are spent. Names of headers in lower case.
 *
 * @param now Epoch milliseconds.
 * @example
 * retryAfterOfHeaders({ 'retry-after': '30' }, Date.now()); // 30_000
 */
export function retryAfterOfHeaders(headers: Readonly<Record<string, string>>, now: number): number | null {
  const asked = bareNumber(headers['retry-after-ms']);
  if (asked !== null) return asked;
  const after = headers['retry-after'];
  const said = after === undefined ? null : amountMs(after, serverTime(headers, now));
  if (said !== null) return said;
  const resets = RESETS.flatMap(([reset, remaining]) => {
    const ms = amountMs(headers[reset] ?? '', serverTime(headers, now));
    return ms === null ? [] : [{ ms, isSpent: bareNumber(headers[remaining]) === 0 }];
  });
  // A limit that is not spent is not the one that was hit; when none says it is, the last one to be full is waited for.
  const spent = resets.filter(({ isSpent }) => isSpent);
  const waits = (spent.length > 0 ? spent : resets).map(({ ms }) => ms);
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Whether the headers ask in so many words to come back later. */
export function asksToWait(headers: Readonly<Record<string, string>>): boolean {
  return headers['retry-after'] !== undefined || headers['retry-after-ms'] !== undefined;
}

function serverTime(headers: Readonly<Record<string, string>>, now: number): number {
  const date = Date.parse(headers.date ?? '');
  return Number.isFinite(date) ? date : now;
}

function bareNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,12}(?:\.\d+)?\s*$/.test(text) ? Math.ceil(Number(text)) : null;
}

/** Seconds, an instant in epoch seconds or milliseconds, a date, or a duration such as `6m0s`. */
function amountMs(text: string, now: number): number | null {
  const value = text.trim();
  if (value === '') return null;
  if (/^\d{1,13}(?:\.\d+)?$/.test(value)) {
    const amount = Number(value);
    const ms = amount >= 1e12 ? amount - now : amount >= 1e9 ? amount * 1000 - now : amount * 1000;
    return believable(ms);
  }
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)/i.test(value)) return believable(parseRetryAfterMs(`retry after ${value}`, now));
  return believable(Date.parse(value) - now);
}

function believable(ms: number | null): number | null {
  return ms !== null && Number.isFinite(ms) && ms <= LONGEST_MS ? Math.max(0, Math.ceil(ms)) : null;
}
