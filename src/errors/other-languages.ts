/** `à 17h30`, `às 17h`, `um 17 Uhr`, `в 17 ч`: an hour only after a word for *at* or *until*, as `5h` alone is a length of time. */
const HOURS =
  /(?<!\p{L})(à|vers|dès|às|até|las|hasta|um|ab|bis|alle|ore|om|kl\.?|в|с|до|at|until) (\d{1,2}) ?(?:h|uhr|ч)(?: ?(\d\d))?(?![\p{L}\d])/giu;

/** A text in which such hours are written with a colon, as other readers of times know them. */
export function withColons(text: string): string {
  return text.replace(HOURS, (_, at, hour, minute = '00') => `${at} ${hour}:${minute}`);
}

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:s(?:e[ckg]\p{L}{0,8})?|с(?:ек\p{L}{0,5})?)$/iu, 1000],
  [/^(?:m|mn|min\p{L}{0,6}|мин\p{L}{0,4})$/iu, 60_000],
  [/^(?:h|std|stunden?|heures?|horas?|or[ae]|uur|uren|timm?[ea]r?|godz\p{L}{0,4}|ч|час\p{L}{0,3})$/iu, 3_600_000],
  [/^(?:d|j|tage?n?|jours?|d[ií]as?|giorn[oi]|dag(?:en|ar|e)?|dni|дн\p{L}{0,3}|день)$/iu, 86_400_000],
];
const AMOUNT = String.raw`\d{1,6} ?\p{L}{1,10}(?!\p{L})`;
const DURATION = new RegExp(
  String.raw`(?<!\p{L})(?:dans|d'ici|en|em|tra|fra|za|через|in(?= \d{1,6} ?(?:sek|minut|std|stund|tag))) (${AMOUNT}(?:(?:,? (?:and |et |y |e |und |en |og |och |и )?)${AMOUNT}){0,3})`,
  'giu',
);
/** Most places where a length of time is looked for. */
const MOST = 16;

/**
 * The first length of time after a word for *in*, in milliseconds: `dans 2 heures`, `in 3 Stunden`, `через 2 часа`; null when there is
 * none. Not the English one, by which a failure often says how long it took: `exceeded the time limit in 5 seconds`.
 */
export function durationInMs(text: string): number | null {
  let left = MOST;
  for (const [, duration = ''] of text.matchAll(DURATION)) {
    let total = 0;
    for (const [, amount, unit = ''] of duration.matchAll(/(\d{1,6}) ?(\p{L}{1,10})/gu)) {
      const ms = UNIT_MS.find(([pattern]) => pattern.test(unit))?.[1];
      if (ms === undefined) break;
      total += Number(amount) * ms;
    }
    if (total > 0) return total;
    left -= 1;
    if (left === 0) break;
  }
  return null;
}
