import { type Zone, zoneOf } from './zones.ts';

/** A date, a time of day, or both, as a text says them. */
export interface Moment {
  year?: number;
  /** From 0. */
  month?: number;
  day?: number;
  /** 0 is Sunday. */
  weekday?: number;
  /** Days from today. */
  inDays?: number;
  hour?: number;
  minute?: number;
  second?: number;
  zone?: Zone;
  /** `2026-11-23 20:00` without a zone, as machines write it. */
  isStamp?: boolean;
}

type Groups = Readonly<Record<string, string | undefined>>;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH = String.raw`(?<month>${MONTHS.join('|')})(?:uary|ruary|ch|il|e|y|ust|t(?:ember)?|ober|ember)?\b\.?`;
const YEAR = String.raw`(?:,? (?<year>\d{4})\b(?!:))?`;
const RELATIVE: Readonly<Record<string, number>> = {
  today: 0,
  tonight: 0,
  tomorrow: 1,
  今天: 0,
  今日: 0,
  今晚: 0,
  오늘: 0,
  明天: 1,
  明日: 1,
  明早: 1,
  明晚: 1,
  내일: 1,
  后天: 2,
  後天: 2,
};
const AFTERNOON = /^(?:下午|晚上|傍晚|午後|오후|今晚|明晚|tonight)/i;

const ASIAN = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/;

/** Separators between and before the parts. */
const FILLER =
  /(?:[\s,:=@~·∙(["'-]|at\b|on\b|by\b|the\b|is\b|will\b|be\b|again\b|online\b|after\b|until\b|from\b|around\b|about\b|approximately\b|time\b|limits?\b|every\b|each\b|day\b|daily\b|next\b|于|於|在|将|將){1,12}/iy;

interface Part {
  pattern: RegExp;
  /** Null when the text is not a moment after all. */
  read(groups: Groups, whole: string): Moment | null;
}

/** The parts of a moment, each of which may come once, in any order. */
const PARTS: readonly Part[] = [
  {
    pattern:
      /(?<year>\d{4})(?<mark>[-/])(?<month>\d{1,2})\k<mark>(?<day>\d{1,2})(?![\d-])(?:[t ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d{1,9})?)?)?(?: ?(?<zone>z\b|utc\b|gmt\b|[+-]\d\d:?\d\d))?/iy,
    read: ({ year, month, day, hour, minute, second, zone }) => ({
      ...dated(year, Number(month) - 1, day),
      ...(hour === undefined ? {} : timed(hour, minute, second)),
      ...(zone === undefined ? { isStamp: true } : { zone: zoneOf(zone) }),
    }),
  },
  {
    pattern:
      /(?:(?<year>\d{4}) ?[年년] ?)?(?<month>\d{1,2}) ?[月월] ?(?<day>\d{1,2}) ?[日号號일](?: ?[(（]?(?:周|星期|礼拜)?[一二三四五六日天月火水木金土](?:曜日)?[)）]?(?![\d点點时時]))?/y,
    read: ({ year, month, day }) => dated(year, Number(month) - 1, day),
  },
  {
    pattern: new RegExp(String.raw`${MONTH} (?<day>\d{1,2})(?:st|nd|rd|th)?\b(?!:|\d| ?[ap]\.?m\b)${YEAR}`, 'iy'),
    read: ({ year, month, day }) => dated(year, MONTHS.indexOf((month ?? '').toLowerCase()), day),
  },
  {
    pattern: new RegExp(String.raw`(?<day>\d{1,2})(?:st|nd|rd|th)?\.?(?: of)? ${MONTH}${YEAR}`, 'iy'),
    read: ({ year, month, day }) => dated(year, MONTHS.indexOf((month ?? '').toLowerCase()), day),
  },
  {
    pattern: /(?<weekday>sun|mon|tue|wed|thu|fri|sat)(?:day|s|sday|nesday|r|rs|rsday|urday)?\b\.?/iy,
    read: ({ weekday = '' }) => ({ weekday: WEEKDAYS.indexOf(weekday.toLowerCase()) }),
  },
  {
    pattern: /midnight\b|noon\b/iy,
    read: (_, whole) => ({ hour: whole.toLowerCase() === 'noon' ? 12 : 0, minute: 0 }),
  },
  {
    pattern:
      /(?<half>上午|下午|凌晨|早上|中午|晚上|傍晚|午前|午後|오전|오후)? ?(?<hour>\d{1,2})(?:[:：](?<minute>\d\d)(?::(?<second>\d\d))?|[点點时時시](?: ?(?:(?<minutes>\d{1,2}) ?[分분]|(?<thirty>半)))?)(?!:?\d| ?[ap]\.?m\b)/iy,
    read: ({ half, hour, minute, minutes, second, thirty }) =>
      clock(hour, minute ?? minutes ?? (thirty ? '30' : '0'), second, half),
  },
  {
    pattern: /(?<hour>\d{1,2})(?:[:.](?<minute>\d\d))?(?::(?<second>\d\d))? ?(?<half>[ap])\.?m\b\.?/iy,
    read: ({ hour, minute, second, half }) => clock(hour, minute ?? '0', second, half),
  },
  {
    pattern: /(?:today|tonight|tomorrow)\b|今天|今日|今晚|明天|明日|明早|明晚|后天|後天|내일|오늘/iy,
    read: (_, whole) => ({ inDays: RELATIVE[whole.toLowerCase()] ?? 0 }),
  },
  {
    pattern:
      /\(?(?<zone>(?:utc|gmt) ?[+-]\d{1,2}(?::?\d\d)?|[+-]\d\d:\d\d|[a-z][a-z_]{1,20}\/[a-z][\w+/-]{1,40}|(?:pacific|mountain|central|eastern)(?: (?:standard |daylight )?time)?|local time|[a-z]{1,4})\b\)?/iy,
    read: ({ zone = '' }, whole) => {
      const known = zoneOf(zone);
      return known === undefined && !whole.includes('(') ? null : { zone: known };
    },
  },
];

const MOST_PARTS = 5;
/** A bare hour is one only where a day is named: `tomorrow at 9`, and not `resets 3 times`. */
const HOUR = /(?<hour>\d{1,2})(?![\d:.,%/a-z])/iy;

/** The moment that a text names from `start` on, after whatever joins it to what came before; null when it names none. */
export function momentAt(text: string, start: number): Moment | null {
  let at = start;
  let moment: Moment = {};
  let isEvening = false;
  const rest = new Set(PARTS);
  for (let count = 0; count < MOST_PARTS; count++) {
    const from = after(FILLER, text, at);
    const found = partAt(rest, text, from);
    if (!found) {
      if (!hasDay(moment) || moment.hour !== undefined) break;
      HOUR.lastIndex = from;
      const hour = HOUR.exec(text)?.groups?.hour;
      if (hour === undefined || Number(hour) > 23 || !/\bat ?$/i.test(text.slice(Math.max(0, from - 4), from))) break;
      moment = { ...moment, hour: Number(hour), minute: 0 };
      break;
    }
    rest.delete(found.part);
    isEvening ||= AFTERNOON.test(found.whole);
    moment = { ...found.read, ...moment };
    at = found.end;
  }
  if (isEvening && moment.hour !== undefined && moment.hour > 0 && moment.hour < 12)
    moment = { ...moment, hour: moment.hour + 12 };
  // Machines mean UTC; in a text for people who write so, it is the clock on their wall.
  if (moment.isStamp && !('zone' in moment) && !ASIAN.test(text.slice(Math.max(0, start - 40), at + 40))) {
    moment = { ...moment, zone: 0 };
  }
  return hasDay(moment) || moment.hour !== undefined ? moment : null;
}

function hasDay({ month, weekday, inDays }: Moment): boolean {
  return month !== undefined || weekday !== undefined || inDays !== undefined;
}

function partAt(parts: ReadonlySet<Part>, text: string, at: number) {
  for (const part of parts) {
    part.pattern.lastIndex = at;
    const match = part.pattern.exec(text);
    const read = match && part.read(match.groups ?? {}, match[0]);
    if (match && read && isPossible(read)) return { part, read, whole: match[0], end: at + match[0].length };
  }
  return null;
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

function dated(year: string | undefined, month: number, day: string | undefined): Moment {
  return { ...(year === undefined ? {} : { year: Number(year) }), month, day: Number(day) };
}

function timed(hour: string | undefined, minute: string | undefined, second: string | undefined): Moment {
  return { hour: Number(hour), minute: Number(minute ?? 0), second: Number(second ?? 0) };
}

/** A time on a clock of twelve hours where a half of the day is named; null for one that no clock shows. */
function clock(hour = '', minute: string, second: string | undefined, half: string | undefined): Moment | null {
  const time = timed(hour, minute, second);
  if (half === undefined || !/^[ap]$/i.test(half)) return time;
  if (Number(hour) < 1 || Number(hour) > 12) return null;
  return { ...time, hour: (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) };
}

function isPossible({ month = 0, day = 1, hour = 0, minute = 0, second = 0 }: Moment): boolean {
  return month >= 0 && month <= 11 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59;
}
