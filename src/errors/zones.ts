/** Minutes east of UTC, a name of the time zone database, or undefined: the zone of this machine, as where the tool ran. */
export type Zone = number | string | undefined;

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const UNITED_STATES = { p: 'America/Los_Angeles', m: 'America/Denver', c: 'America/Chicago', e: 'America/New_York' };
/** Abbreviations, in hours from UTC, as written: `PST` is that of the winter also in summer; `PT` is whichever is in force. */
const HOURS: Readonly<Record<string, number>> = {
  z: 0,
  utc: 0,
  gmt: 0,
  wet: 0,
  west: 1,
  bst: 1,
  cet: 1,
  cest: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  ist: 5.5,
  sgt: 8,
  hkt: 8,
  jst: 9,
  kst: 9,
  aest: 10,
  aedt: 11,
  nzst: 12,
  nzdt: 13,
  brt: -3,
  edt: -4,
  est: -5,
  cdt: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
  akdt: -8,
  akst: -9,
  hst: -10,
};

/**
 * The zone a name means: `UTC`, `UTC+5:30`, `PST`, `PT`, `Pacific time`, `Europe/Lisbon`. Undefined for one that is not known, and
 * for `local time`.
 */
export function zoneOf(name: string): Zone {
  const word = name.trim().toLowerCase();
  const shifted = /^(?:utc|gmt)? ?([+-])(\d{1,2}):?(\d\d)?$/.exec(word);
  if (shifted) {
    const minutes = Number(shifted[2]) * 60 + Number(shifted[3] ?? 0);
    return minutes > 14 * 60 ? undefined : shifted[1] === '-' ? -minutes : minutes;
  }
  const hours = Object.hasOwn(HOURS, word) ? HOURS[word] : undefined;
  if (hours !== undefined) return hours * 60;
  const american = /^([pmce])(?:t|acific|ountain|entral|astern)(?: (?:standard |daylight )?time)?$/.exec(word)?.[1];
  if (american !== undefined) return UNITED_STATES[american as keyof typeof UNITED_STATES];
  if (!word.includes('/')) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: word }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Wall time of a zone at an instant, as if that were UTC. */
export function wallClock(at: number, zone: Zone): Date {
  return new Date(at + offsetAt(at, zone));
}

/**
 * The instants at which the clocks of a zone show a time, which is given as if it were UTC; in order. Two where clocks are set back;
 * one in the gap where they are set forward: as if they had not been yet.
 */
export function instantsOf(asUtc: number, zone: Zone): number[] {
  const before = offsetAt(asUtc - DAY_MS, zone);
  const after = offsetAt(asUtc + DAY_MS, zone);
  const found = [...new Set([before, after])].map((offset) => ({ at: asUtc - offset, offset }));
  const shown = found.filter(({ at, offset }) => offsetAt(at, zone) === offset).map(({ at }) => at);
  return shown.length === 0 ? [asUtc - before] : shown.sort((a, b) => a - b);
}

/** Milliseconds by which the clocks of a zone are ahead of UTC. */
function offsetAt(at: number, zone: Zone): number {
  if (typeof zone === 'number') return zone * MINUTE_MS;
  if (zone === undefined) return -new Date(at).getTimezoneOffset() * MINUTE_MS;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(at / 1000) * 1000;
}
