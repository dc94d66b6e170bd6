/** Most texts whose measure is remembered. */
const REMEMBERED = 5000;

/** Characters that are measured at most: no place is wider. */
const LONGEST = 1000;

const fitted = new Map<string, string>();
let ruler: CanvasRenderingContext2D | null = null;

/**
 * The text, cut with `…` where it is wider than `width`, CSS pixels. It is measured, since letters and fonts differ by half.
 *
 * @param style Weight and size, as in `600 11.5px`; the family is the page's.
 */
export function fittedText(whole: string, style: string, width: number): string {
  const text = whole.length > LONGEST ? whole.slice(0, LONGEST) : whole;
  const key = `${style} ${width} ${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  ruler ??= document.createElement('canvas').getContext('2d');
  if (ruler) ruler.font = `${style} ${getComputedStyle(document.documentElement).getPropertyValue('--sans')}`;
  const isWithin = (part: string) => (ruler?.measureText(part).width ?? 0) <= width;
  const found = isWithin(text) ? text : cut(text, isWithin);
  if (fitted.size >= REMEMBERED) fitted.clear();
  fitted.set(key, found);
  return found;
}

/** The longest beginning that fits with its `…`. */
function cut(text: string, isWithin: (part: string) => boolean): string {
  const letters = [...text];
  let [least, most] = [0, letters.length - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (isWithin(`${letters.slice(0, middle).join('')}…`)) least = middle;
    else most = middle - 1;
  }
  return `${letters.slice(0, least).join('')}…`;
}
