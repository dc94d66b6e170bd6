import { collapsed } from './collapsed.ts';
import { type Moment, momentAt } from './moment.ts';
import { DAY_MS, instantsOf, wallClock } from './zones.ts';

/** Clocks differ: a time of day that is past by no more than this is now, and not tomorrow. */
const CLOCK_SKEW_MS = 10 * 60_000;
/** Most places in a text where a time is looked for. */
const MAX_PLACES = 64;

/** Words before the time at which a limit resets, as people and tools write them. */
const CUE =
  /(?<![a-z])(?:resets?|resetting|renews?|renewed|refresh(?:es|ed)?|replenish(?:es|ed)?|restored?|lifted|lifts|unlocks?|retry(?:ing)?|again|come back|back|available|until|till|wait)(?![a-z])/gi;
/** Words after it, where the time comes first. */
const CUE_AFTER = /(?:重置|恢复|恢復|刷新|再试|再試|重试|重試|解除|可用|更新|リセット|初期化|초기화|재설정|다시)/;
/** Where a date or a time begins that needs no cue: with digits and the sign of what they count. */
const ASIAN_DATE = /(?:\d{4} ?[年년] ?)?\d{1,2} ?[月월] ?\d{1,2} ?[日号號일]/g;
const CLOCK_BEFORE_CUE =
  /(?:\d{4}[-/]\d{1,2}[-/]\d{1,2} |今天|今日|今晚|明天|明日|明早|明晚|后天|後天|내일|오늘|上午|下午|午前|午後|오전|오후)? ?(?:上午|下午|午前|午後|오전|오후)? ?(?<!\d)\d{1,2}(?:[:：]\d\d|[点點时時시])/g;
/**
 * The instant at which a limit resets, by the words of the tools that say so as a person would: "resets 3pm (UTC)", "resets Monday
 * 9am", "try again at Nov 25th, 2026 3:05 PM", "resets at midnight PT", "2026年10月6日 17:00 重置". Epoch milliseconds; null when the text
 * has none. Without a zone it is the clock of this machine, as where the tool ran.
 *
 * @param now Epoch milliseconds. A time of day is the next one from here, or one that is past by minutes, as clocks differ.
 */
export function parseResetTime(text: string, now: number): number | null {
  const words = collapsed(text);
  for (const { index, 0: cue } of places(words, CUE)) {
    const moment = momentAt(words, index + cue.length);
    if (moment) return resolved(moment, now);
  }
  for (const { index } of places(words, ASIAN_DATE)) {
    const moment = momentAt(words, index);
    if (moment) return resolved(moment, now);
  }
  for (const { index, 0: clock } of places(words, CLOCK_BEFORE_CUE)) {
    if (!CUE_AFTER.test(words.slice(index + clock.length, index + clock.length + 16))) continue;
    const moment = momentAt(words, index);
    if (moment) return resolved(moment, now);
  }
  return null;
}

/** Where a text has a pattern, the first of them: a bound on what a hostile text makes of it. */
export function places(text: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of text.matchAll(pattern)) {
    found.push(match);
    if (found.length === MAX_PLACES) break;
  }
  return found;
}

/** The instant that is meant by a date, a time of day, or both. */
export function resolved(moment: Moment, now: number): number {
  const { zone, year, month, day, weekday, inDays, hour = 0, minute = 0, second = 0 } = moment;
  const today = wallClock(now, zone);
  const [thisYear, thisMonth, thisDay] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()];
  const instants = (y: number, m: number, d: number) => instantsOf(Date.UTC(y, m, d, hour, minute, second), zone);
  const daysFrom = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at).flatMap((days) =>
      instants(thisYear, thisMonth, thisDay + days),
    );
  const next = (candidates: readonly number[], toleranceMs: number) =>
    candidates.find((at) => at >= now - toleranceMs) ?? candidates.at(-1) ?? now;
  if (month !== undefined && day !== undefined) {
    const years = year === undefined ? [thisYear - 1, thisYear, thisYear + 1] : [year];
    return next(
      years.flatMap((one) => instants(one, month, day)),
      DAY_MS,
    );
  }
  // "Tonight at midnight" is where tomorrow begins.
  if (inDays !== undefined) return next(daysFrom(inDays, hour === 0 && minute === 0 ? 1 : inDays), CLOCK_SKEW_MS);
  if (weekday === undefined) return next(daysFrom(-1, 2), CLOCK_SKEW_MS);
  const first = (weekday - today.getUTCDay() + 7) % 7;
  return next(
    [first - 7, first, first + 7].flatMap((days) => daysFrom(days, days)),
    CLOCK_SKEW_MS,
  );
}
