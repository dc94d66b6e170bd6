import { Buffer } from 'node:buffer';

/** Stands in a string whose middle is left out. */
export const cutMark = (bytes: number) => `\n[… ${bytes} bytes cut …]\n`;
const MARK = /\n\[… \d{1,15} bytes cut …\]\n/;

/** Whether the middle of some string of an event was left out. */
export function isCut(value: unknown): boolean {
  const text = typeof value === 'string' ? value : (JSON.parse(JSON.stringify([value]))[0] ?? '');
  if (typeof text === 'string') return MARK.test(text);
  return typeof text === 'object' && Object.values(text as object).some(isCut);
}

export interface StringCutter {
  /** Takes the next piece of the line, and returns what is to be kept of it so far. Null: it is no JSON. */
  push(piece: string): string | null;
}

/**
 * Leaves out the middle of every long string in one line of JSON, as the line comes, so that an event of any length is read in bounded
 * memory: its type and what else it says stay whole.
 *
 * @param maxChars What is kept of a string: the first half of these, and the last.
 */
export function createStringCutter(maxChars: number): StringCutter {
  const half = Math.max(1, Math.floor(maxChars / 2));
  /** An escape that a piece ends in. */
  let pending = '';
  let isInside = false;
  let head = '';
  let tail = '';
  let cutBytes = 0;

  function keep(text: string): void {
    const room = half - head.length;
    head += text.slice(0, room);
    tail += text.slice(Math.max(0, room));
    if (tail.length > 2 * half) drop();
  }

  function drop(): void {
    cutBytes += Buffer.byteLength(tail.slice(0, -half));
    tail = tail.slice(-half);
  }

  function finished(): string {
    if (cutBytes > 0 && tail.length > half) drop();
    // A character of two halves may have been cut in two.
    const whole =
      cutBytes === 0
        ? head + tail
        : head.replace(/[\ud800-\udbff]$/, '') + cutMark(cutBytes) + tail.replace(/^[\udc00-\udfff]/, '');
    head = '';
    tail = '';
    cutBytes = 0;
    return JSON.stringify(whole).slice(1);
  }

  function push(piece: string): string {
    const text = pending + piece;
    pending = '';
    let kept = '';
    let at = 0;
    while (at < text.length) {
      if (!isInside) {
        const quote = text.indexOf('"', at);
        const end = quote < 0 ? text.length : quote + 1;
        kept += text.slice(at, end);
        at = end;
        isInside = quote >= 0;
        continue;
      }
      const quote = closingQuote(text, at);
      const end = quote < 0 ? wholeEscapes(text, at) : quote;
      keep(JSON.parse(`"${text.slice(at, end)}"`));
      if (quote < 0) {
        pending = text.slice(end);
        break;
      }
      kept += finished();
      at = quote + 1;
      isInside = false;
    }
    return kept;
  }

  return {
    push(piece) {
      try {
        return push(piece);
      } catch {
        return null;
      }
    },
  };
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (backslashesBefore(text, at, from) % 2 === 0) return at;
  }
  return -1;
}

/** Where the last whole character of a piece ends; an escape may continue in the next one. */
function wholeEscapes(text: string, from: number): number {
  const last = text.lastIndexOf('\\');
  if (last < from || text.length - last > 6 || backslashesBefore(text, last + 1, from) % 2 === 0) return text.length;
  const length = text[last + 1] === 'u' ? 6 : 2;
  return text.length - last < length ? last : text.length;
}

function backslashesBefore(text: string, end: number, from: number): number {
  let at = end;
  while (at > from && text[at - 1] === '\\') at -= 1;
  return end - at;
}
