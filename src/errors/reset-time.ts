const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const DATE = String.raw`(?:(?<month>${MONTHS.join('|')})[a-z]{0,6}\.?\s{1,3}(?<day>\d{1,2})(?:st|nd|rd|th)?,?(?:\s{1,3}(?<year>\d{4}),?)?(?:\s{1,3}at)?\s{1,3})?`;
const TIME = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d\d))?(?:\s{0,2}(?<half>[ap])\.?m\b\.?)?`;
const ZONE = String.raw`(?:\s{0,2}\((?<zone>[A-Za-z][\w+/-]{1,40})\))?`;
const RESET = new RegExp(
  String.raw`\b(?:resets?|try again|available again)(?:\s{1,3}(?:at|on))?\s{1,3}${DATE}${TIME}${ZONE}`,
  'i',
);

/**
 * The next instant at which a limit resets, by the words of the tools that say so as a person would: "resets 3pm (UTC)",
 * "resets 1:30pm (Europe/Lisbon)", "try again at 3:05 PM", "try again at Nov 25th, 2026 3:05 PM". Epoch milliseconds; null
 * when the text has none. Without a zone it is the clock of this machine, as where the tool ran.
 *
 * @param now Epoch milliseconds. A time of day without a date is the next one from here.
 */
export function parseResetTime(text: string, now: number): number | null {
  const said = RESET.exec(text)?.groups;
  if (!said || (said.half === undefined && said.minute === undefined)) return null;
  const hour = hourOf(Number(said.hour), said.half?.toLowerCase());
  const minute = Number(said.minute ?? 0);
  if (hour === null || minute > 59) return null;
  const zone = zoneOf(said.zone);
  const today = wallTime(now, zone);
  const month = said.month === undefined ? null : MONTHS.indexOf(said.month.toLowerCase());
  if (month === null) {
    const at = (days: number) => epochOf(Date.UTC(today.year, today.month, today.day + days, hour, minute), zone);
    return at(0) > now ? at(0) : at(1);
  }
  const day = Number(said.day);
  const inYear = (year: number) => epochOf(Date.UTC(year, month, day, hour, minute), zone);
  if (said.year !== undefined) return inYear(Number(said.year));
  return inYear(today.year) > now - DAY_MS ? inYear(today.year) : inYear(today.year + 1);
}

const DAY_MS = 86_400_000;

function hourOf(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour <= 23 ? hour : null;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half === 'p' ? 12 : 0);
}

/** The zone as this machine knows it; undefined, its own, for one it does not know. */
function zoneOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function wallTime(
  at: number,
  timeZone: string | undefined,
): { year: number; month: number; day: number; asUtc: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const [year, month, day] = [part('year'), part('month') - 1, part('day')];
  return { year, month, day, asUtc: Date.UTC(year, month, day, part('hour'), part('minute'), part('second')) };
}

/** The instant at which the clocks of a zone show this time, given as if it were UTC. */
function epochOf(asUtc: number, zone: string | undefined): number {
  let at = asUtc;
  // Twice, since the offset at the first guess may be that of the other side of a change of clocks.
  for (let i = 0; i < 2; i++) at = asUtc - (wallTime(at, zone).asUtc - at);
  return at;
}
