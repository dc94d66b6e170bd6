import { withoutCodes } from '../../../text/foreign-text.ts';
import { createObjectEnd } from './object-end.ts';
import { createStringCutter, type StringCutter } from './string-cutter.ts';

/** Longest line that is read as it is, characters. Of a longer one the middle of its long strings is left out. */
export const MAX_LINE_CHARS = 16 * 1024 * 1024;
const MAX_STRING_CHARS = 1024 * 1024;
/** Most characters that are parsed in vain to find the end of an event whose line was cut. */
const MAX_JOINED_CHARS = 4 * MAX_LINE_CHARS;
/** Most places in a broken line that are looked at. */
const MAX_CANDIDATES = 16;
const ESCAPE = String.fromCharCode(27);
const BOM = '\u{feff}';

export type JsonEvent = Record<string, unknown>;

export interface JsonLinesOptions {
  /** The values of `type` that whole events of this tool have; what stands in the middle of a line is known by them. */
  types: ReadonlySet<string>;
  /** Longest line that is read as it is, characters. Default {@link MAX_LINE_CHARS}. */
  maxLineChars?: number;
  /** Characters kept of each string of a longer line. Default 1 Mi. */
  maxStringChars?: number;
  onEvent(event: JsonEvent): void;
  /** A line that is not an event, without its end. */
  onText(line: string): void;
}

export interface JsonLines {
  push(text: string): void;
  /**
   * Reads what has no line end yet. `damaged` is true when an event was begun and never ended, `skipped` when one was too long also
   * without the middle of its strings: nothing of it was read.
   */
  end(): { damaged: boolean; skipped: boolean };
}

/**
 * Reads events, one JSON object a line, from text that comes in any pieces, and from what tools make of such a stream:
 *
 * - an event written into the middle of another one's line (`…"text":"half {"type":"rate_limit_event",…}⏎ other half"}`): both
 *   are found;
 * - several events in one line, an array of events, a prefix such as `[debug]` before one;
 * - a byte order mark, CRLF, colour codes, blank lines, lines of plain text before, between and after;
 * - an event whose line end never comes, since its tool hangs: it is read as soon as it is whole;
 * - an event longer than `maxLineChars`, whose long strings then lack their middle.
 *
 * Holds at most `maxLineChars`, and twice that while it parses.
 */
export function createJsonLines(options: JsonLinesOptions): JsonLines {
  const { types, onEvent, onText, maxLineChars = MAX_LINE_CHARS, maxStringChars = MAX_STRING_CHARS } = options;
  let carry: string[] = [];
  let carried = 0;
  let cutter: StringCutter | null = null;
  let isTooLong = false;
  let isFirst = true;
  let damaged = false;
  let skipped = false;
  let joinedChars = 0;
  /** The beginning of an event whose line was cut by something else. */
  let open = '';
  const objectEnd = createObjectEnd();

  function keep(part: string): void {
    if (part === '' || isTooLong) return;
    const kept = cutter ? cutter.push(part) : part;
    carried += kept?.length ?? 0;
    if (kept !== null) carry.push(kept);
    if (kept !== null && carried <= maxLineChars) return;
    const line = carry.join('');
    carry = [];
    carried = 0;
    if (cutter === null) {
      cutter = createStringCutter(maxStringChars);
      keep(line);
    } else {
      isTooLong = true;
      skipped ||= /^\s{0,8}[{[]/.test(line.slice(0, 9));
    }
  }

  function finishLine(): void {
    const line = carry.join('');
    const wasTooLong = isTooLong;
    carry = [];
    carried = 0;
    cutter = null;
    isTooLong = false;
    objectEnd.reset();
    if (wasTooLong) {
      onText('');
    } else look(line);
  }

  /** Takes the beginning of a line. A whole event is not kept waiting for its line end, which a tool that hangs never writes. */
  function begin(part: string): void {
    keep(part);
    if (!objectEnd.push(part) || isTooLong || open !== '') return;
    const [event] = eventsOf(cleaned(carry.join(''), isFirst)) ?? [];
    if (event && types.has(String(event.type))) finishLine();
  }

  function look(raw: string): void {
    const line = cleaned(raw, isFirst);
    isFirst = false;
    if (line.trim() === '') return;
    if (emitted(line)) return;
    if (open !== '' && isJoined(open, line)) {
      open = '';
      return;
    }
    const { events, rest } = separated(line, types);
    for (const event of events) onEvent(event);
    if (rest.trim() === '') return;
    if (events.length > 0 && isJoined(open, rest)) open = '';
    else if (open === '' && rest.trimStart().startsWith('{')) open = rest;
    // What was cut once may be cut again; a line without an event in it is only a remark in between.
    else if (open !== '' && events.length > 0 && open.length + rest.length <= maxLineChars) open += rest;
    else if (open !== '' && rest.trimStart().startsWith('{"')) {
      damaged = true;
      open = rest;
    } else onText(rest);
  }

  /** Whether an event is whole now. Parsing what is not over and over would take for ever. */
  function isJoined(start: string, rest: string): boolean {
    if (!/[}\]]\s{0,8}$/.test(rest.slice(-9)) || joinedChars > MAX_JOINED_CHARS) return false;
    joinedChars += start.length + rest.length;
    if (!emitted(start + rest)) return false;
    joinedChars = 0;
    return true;
  }

  function emitted(text: string): boolean {
    const found = eventsOf(text);
    if (!found) return false;
    for (const event of found) onEvent(event);
    return true;
  }

  return {
    push(text) {
      let from = 0;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
        keep(text.slice(from, at));
        finishLine();
        from = at + 1;
      }
      begin(text.slice(from));
    },
    end() {
      finishLine();
      const isOpen = open !== '';
      open = '';
      return { damaged: damaged || isOpen, skipped };
    },
  };
}

function cleaned(raw: string, isFirst: boolean): string {
  const line = isFirst && raw.startsWith(BOM) ? raw.slice(1) : raw;
  const unstyled = line.includes(ESCAPE) ? withoutCodes(line) : line;
  return unstyled.endsWith('\r') ? unstyled.slice(0, -1) : unstyled;
}

/** The events a whole text is: one object, or an array of them. Null when it is something else. */
export function eventsOf(text: string): JsonEvent[] | null {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return null;
  try {
    const value: unknown = JSON.parse(text);
    const all = Array.isArray(value) ? value : [value];
    return all.length > 0 && all.every(isEvent) ? all : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is JsonEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The whole events of known types that stand anywhere in a line, and what is left without them. */
function separated(line: string, types: ReadonlySet<string>): { events: JsonEvent[]; rest: string } {
  const events: JsonEvent[] = [];
  let rest = '';
  let from = 0;
  let looked = 0;
  for (const match of line.matchAll(/\{\s{0,8}"type"\s{0,8}:\s{0,8}"([\w.-]{1,60})"/g)) {
    if (match.index < from || !types.has(match[1] ?? '')) continue;
    looked += 1;
    if (looked > MAX_CANDIDATES) break;
    const end = endOfObject(line, match.index);
    const found = end === null ? null : eventsOf(line.slice(match.index, end));
    if (end === null || !found) continue;
    events.push(...found);
    rest += line.slice(from, match.index);
    from = end;
  }
  return { events, rest: rest + line.slice(from) };
}

/** Where the object that begins at `start` ends; null when it does not. */
function endOfObject(line: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < line.length; at++) {
    const char = line[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
