import { jsonrepair } from 'jsonrepair';

/** Opening brackets without an end that are tried before a text is given up. */
const MAX_OPEN = 50;
/** Bound on repairs of one text, in characters times odd quotes: by that, or faster, the library's time grows. */
const MAX_MENDING = 4_000_000;
/** Longest part that is mended, characters. */
const MAX_MENDED = 200_000;

/** JSON found in a text. */
export interface FoundJson {
  /** Objects and arrays, longest first. */
  values: unknown[];
  /** Reason for the missing JSON, addressed to the author of the text; null when JSON was found. */
  fault: string | null;
}

/**
 * Finds the JSON in a model's answer, whatever stands around it: prose, a code fence, both. Small slips are mended
 * (trailing commas, comments, line breaks in strings, single quotes), but never a missing end: text that was cut off is gone, and
 * closing its brackets would pass a part off as the whole.
 *
 * @example
 * findJson('Sure!\n```json\n{ "a": 1, }\n```').values; // [{ a: 1 }]
 */
export function findJson(text: string): FoundJson {
  const { spans, isCut } = bracketed(text);
  let left = MAX_MENDING;
  const values = spans
    .sort((a, b) => b.length - a.length)
    .flatMap((span) => {
      let value = parsed(span);
      const work = value === undefined ? span.length * (1 + oddQuotesIn(span)) : 0;
      if (value === undefined && span.length <= MAX_MENDED && work <= left) {
        left -= work;
        value = mended(span);
      }
      return value === undefined ? [] : [value];
    });
  if (values.length > 0) return { values, fault: null };
  if (isCut) return { values, fault: 'The JSON has no end: its brackets are not closed.' };
  return { values, fault: spans.length > 0 ? 'The JSON cannot be parsed.' : 'There is no JSON in the answer.' };
}

/** The parts of a text from an opening bracket to the one that closes it, none inside another. */
function bracketed(text: string): { spans: string[]; isCut: boolean } {
  const spans: string[] = [];
  let isCut = false;
  let at = nextStart(text, 0);
  for (let opened = 0; at >= 0 && opened < MAX_OPEN; ) {
    const end = endOf(text, at);
    if (end > 0) spans.push(text.slice(at, end));
    // An object without an end is the answer cut off; an object that closes inside it is not the answer.
    else if (/^\{\s*["'}/\w]/.test(text.slice(at, at + 40))) return { spans, isCut: true };
    else {
      isCut = true;
      opened++;
    }
    at = nextStart(text, end > 0 ? end : at + 1);
  }
  return { spans, isCut };
}

function nextStart(text: string, from: number): number {
  const found = text.slice(from).search(/[{[]/);
  return found < 0 ? -1 : from + found;
}

/** Index after the bracket that closes the one at `start`; -1 when none does. */
function endOf(text: string, start: number): number {
  const open: string[] = [];
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') open.push('}');
    else if (character === '[') open.push(']');
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) return -1;
      if (open.length === 0) return at + 1;
    }
  }
  return -1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Quotes that end a string before something else than a comma, colon or bracket, and quotes of another kind. */
function oddQuotesIn(text: string): number {
  let odd = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (inString && character === '\\') at++;
    else if (character === '"') {
      inString = !inString;
      if (!inString && !/^\s{0,20}[,:\]}]/.test(text.slice(at + 1, at + 22))) odd++;
    } else if (!inString && `'\`´‘’“”`.includes(character)) odd++;
  }
  return odd;
}

function mended(text: string): unknown {
  try {
    return JSON.parse(jsonrepair(text));
  } catch {
    return undefined;
  }
}
