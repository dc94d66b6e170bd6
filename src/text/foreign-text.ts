/**
 * Text written by others: outputs of agents, answers of models, plans, journals, traces, files, arguments. It may hold terminal
 * codes, and invisible characters that reorder or hide what stands beside them. Every function here is linear in its input.
 */

/**
 * Terminal codes: control sequences (`ESC [`, U+009B), strings (`ESC ]` and its kin, with or without their end) and short
 * escapes. No two parts that repeat can match the same character, so no text makes it slow. Of a string without an end the
 * introducer alone is a code: what follows may be all that was said.
 */
const CODES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])(?:[^\p{Cc}]*(?:[\u0007\u009c]|\u001b\\))?|\u001b[ -/]*[0-~]?/gu;

/** Lone halves of characters, line separators of Unicode, and format characters: bidirectional, zero-width, tags. */
const HIDDEN = String.raw`\p{Cs}\u2028\u2029\u00ad\u061c\u070f\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}`;

/** The joiners shape letters and emoji, but in a name they only hide. One that joins two emoji stays. */
const IN_NAMES = new RegExp(
  String.raw`[\p{Cc}${HIDDEN}\u200c]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d`,
  'gu',
);
const IN_LINES = new RegExp(String.raw`(?![\n\t])[\p{Cc}${HIDDEN}]`, 'gu');
const IN_JSON = new RegExp(String.raw`[\u007f-\u009f${HIDDEN}]`, 'gu');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function written(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  // Code units, as JSON has it.
  return character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Where terminal codes stand in a text. */
export function codesIn(text: string): { start: number; end: number }[] {
  return Array.from(text.matchAll(CODES), ({ 0: code, index }) => ({ start: index, end: index + code.length }));
}

/** A string of a terminal at the end of a text, whose end may still come. A line break ends it too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const OPEN_STRING = /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\p{Cc}]*\u001b?$/u;

/** Where a terminal code begins that more text may continue; the length of the text when there is none. */
export function openCodeIn(text: string, codes: readonly { start: number; end: number }[]): number {
  const last = codes.at(-1);
  const openAt = last?.end === text.length ? last.start : text.length;
  return Math.min(openAt, OPEN_STRING.exec(text)?.index ?? text.length);
}

/** The text without terminal codes. */
export function withoutCodes(text: string): string {
  return text.replace(CODES, '');
}

/**
 * Text to show or to pass on: without terminal codes, and without control and format characters other than newline and tab.
 * Line ends become newlines.
 */
export function cleanText(text: string): string {
  return withoutCodes(text).replace(/\r\n?/g, '\n').replace(IN_LINES, '');
}

/** The same of a text whose lines were overwritten (`\r`), as spinners do: each line is what a terminal shows at the end. */
export function settledText(text: string): string {
  if (!text.includes('\r')) return cleanText(text);
  const lines = withoutCodes(text).split('\n');
  return cleanText(lines.map(lastWritten).join('\n'));
}

function lastWritten(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

/** The same on one line, with single spaces. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** A name or value to quote on one line: nothing is removed, control and format characters are written as `\u001b`. */
export function escaped(text: string): string {
  return text.replace(IN_NAMES, written);
}

/** Characters of a quoted name or value, at most. */
const LONGEST_QUOTE = 300;

/** A name or value as a message quotes it: in backticks, {@link escaped}, at most 300 characters of it. */
export function quoted(text: string): string {
  return `\`${clipped(escaped(text.slice(0, LONGEST_QUOTE * 2)), LONGEST_QUOTE)}\``;
}

/** At most `limit` characters, the last one `…` where more were cut. */
export function clipped(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return `${text.slice(0, isHalf ? end - 1 : end)}…`;
}

/** A message of several lines: what {@link escaped} does, but newlines and tabs stay. */
export function escapedLines(text: string): string {
  return text.replace(IN_LINES, written);
}

/** The same JSON in which control and format characters are escaped, so that it can be printed on a terminal. */
export function escapedJson(json: string): string {
  return json.replace(IN_JSON, written);
}

const SHORT_IN_JSON: Readonly<Record<string, string>> = { '\\b': '\\\\u0008', '\\f': '\\\\u000c' };
const ESCAPES = /\\(?:u([\da-fA-F]{4})|.)/gs;

/** The same JSON with texts in which control and format characters are written out, for a page that shows them. */
export function shownJson(json: string): string {
  const restored = json.replace(ESCAPES, (given: string, code?: string) => {
    if (code === undefined) return SHORT_IN_JSON[given] ?? given;
    const character = String.fromCharCode(Number.parseInt(code, 16));
    return character.search(IN_LINES) === 0 && !/[\ud800-\udfff]/.test(character) ? `\\${given}` : given;
  });
  return restored.replace(IN_JSON, (character) => written(character).replaceAll('\\', '\\\\'));
}
