import { collapsed } from './collapsed.ts';
import { momentAt } from './moment.ts';
import { durationInMs, withColons } from './other-languages.ts';
import { places, resolved } from './reset-time.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** Farthest a limit is spoken of from the time at which it resets, characters. */
const NEAR_CHARS = 160;
/** Where the last word on a limit is looked for. */
const TAIL_CHARS = 8192;
const MOST_LINES = 40;
/** A limit, by its word: what is near it may be the time at which it resets. */
const LIMIT =
  /(?<!un|de)limit(?:e?s?(?![a-z])|ed(?![a-z])|ing(?![a-z]))|límite|(?<![a-z])(?:quotas?(?![a-z])|cuota|usage|exhausted|credits?(?![a-z])|allowance|throttl|(?:cap|capped|threshold|plafond|tope|out of (?:messages|requests|prompts|tokens|calls))(?![a-z]))|kontingent|上限|限制|限额|限額|額度|额度|配额|配額|用量|用尽|用盡|用完|耗尽|耗盡|制限|한도|할당량|лимит|квот/gi;
/** Words that are as often about something else: a time alone beside them says nothing. */
const VAGUE = /^(?:usage|exhausted|credit|cap|threshold|plafond|tope|out of)/i;
/** Where a time may begin beside the word for a limit, in any language. */
const CLOCK = /(?<![\d:.])\d{1,2}(?::\d\d(?![\d:])| ?[ap]\.?m\b)|(?<![\d-])\d{4}-\d\d-\d\d[t ]\d\d:\d\d/gi;

/**
 * How long until a limit resets, where a text speaks of a limit, a quota or the like near such a time, in whatever words. Any clock
 * time after the word for the limit counts. Milliseconds from `now`, never negative; null when there is no such place.
 */
export function limitResetMs(text: string, now: number): number | null {
  const words = withColons(collapsed(text));
  for (const { index, 0: limit } of places(words, LIMIT)) {
    const after = words.slice(index + limit.length, index + limit.length + NEAR_CHARS);
    const near = words.slice(Math.max(0, index - NEAR_CHARS), index) + limit + after;
    const ms = parseRetryAfterMs(near, now);
    if (ms !== null) return ms;
    if (VAGUE.test(limit)) continue;
    const left = durationInMs(after);
    if (left !== null) return left;
    for (const { index: start } of places(after, CLOCK)) {
      const moment = momentAt(after, start);
      if (moment) return Math.max(0, resolved(moment, now) - now);
    }
  }
  return null;
}

/**
 * How long the text of a rate limit asks to wait, milliseconds from `now`; null when it does not say. A time that stands near the word
 * for a limit comes first, and that of the last line before that of others: a tool that tried again by itself has named several.
 */
export function limitWaitMs(text: string, now: number): number | null {
  const lines = text.slice(-TAIL_CHARS).split('\n').slice(-MOST_LINES);
  for (const line of lines.reverse()) {
    const ms = limitResetMs(line, now);
    if (ms !== null) return ms;
  }
  return limitResetMs(text, now) ?? parseRetryAfterMs(text, now);
}
