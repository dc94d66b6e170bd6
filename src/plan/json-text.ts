import { pathText } from '../errors/zod-issues.ts';
import { quoted } from '../text/foreign-text.ts';
import { jsonFault } from './json-fault.ts';
import { type LineFault, lineFault } from './plan-source.ts';
import { keepWrittenNumbers } from './written-numbers.ts';

/** JSON as data, with the lines of its parts. */
export interface JsonText {
  value: unknown;
  /** Keys that one object has twice: JSON keeps the last, so the others would be lost. */
  faults: readonly LineFault[];
  lineOf(at: readonly PropertyKey[]): number | null;
}

/** Deepest parts whose lines are kept: `tasks[3].policy.clocks.idleTimeoutMs`. */
const DEEPEST = 6;

/** A number that may be read as another text than it is written as: `1.10`, `1e3`, one of more than 15 digits. */
const CHANGED_NUMBER = /[:[,][ \t\n\r]*(?:-?\d{16}|-?\d{1,15}[.eE]|-0)/;

/**
 * Reads JSON strictly. Numbers that name something stay as they are written. A byte order mark is ignored.
 *
 * @throws SyntaxError with line, column and the expected token.
 */
export function readJson(text: string): JsonText {
  const body = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    const fault = jsonFault(body);
    const message = fault ? `Line ${fault.line}, column ${fault.column}: ${fault.message}.` : String(cause);
    throw new SyntaxError(message, { cause });
  }
  let read: Parts | undefined;
  const parts = () => {
    read ??= partsOf(body);
    return read;
  };
  const faults = hasDuplicateKeys(body, value) ? parts().faults : [];
  if (CHANGED_NUMBER.test(body)) keepWrittenNumbers(value, (at) => parts().numbers.get(pathText(at)) ?? null);
  const lineOf = (at: readonly PropertyKey[]) => {
    for (let depth = Math.min(at.length, DEEPEST); depth >= 0; depth -= 1) {
      const line = parts().lines.get(pathText(at.slice(0, depth)));
      if (line !== undefined) return line;
    }
    return null;
  };
  return { value, faults, lineOf };
}

/** Whether the text has more keys than its value kept. */
function hasDuplicateKeys(body: string, value: unknown): boolean {
  let written = 0;
  let isInside = false;
  let isClosed = false;
  for (let at = 0; at < body.length; at++) {
    const char = body[at];
    if (isInside && char === '\\') at += 1;
    else if (char === '"') {
      isInside = !isInside;
      isClosed = !isInside;
    } else if (!isInside && isClosed && !' \t\r\n'.includes(char as string)) {
      if (char === ':') written += 1;
      isClosed = false;
    }
  }
  let kept = 0;
  const left: unknown[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const inner = Object.values(next);
    if (!Array.isArray(next)) kept += inner.length;
    for (const one of inner) if (typeof one === 'object' && one !== null) left.push(one);
  }
  return written > kept;
}

interface Frame {
  keys: Set<string> | null;
  at: PropertyKey;
}

interface Parts {
  /** The line of each part, by its path. */
  lines: Map<string, number>;
  /** Numbers as they are written, by their path. */
  numbers: Map<string, string>;
  /** The keys that are there twice. */
  faults: LineFault[];
}

const NUMBER = /-?[\d.eE+-]+/y;

function partsOf(body: string): Parts {
  const numbers = new Map<string, string>();
  const lines = new Map<string, number>([['', 1]]);
  const faults: LineFault[] = [];
  const frames: Frame[] = [];
  const lineAt = lineCounter(body);
  const note = (offset: number) => {
    if (frames.length <= DEEPEST) lines.set(pathText(frames.map(({ at }) => at)), lineAt(offset));
  };
  jsonFault(body, {
    key(key, offset) {
      const frame = frames.at(-1) as Frame;
      if (frame.keys?.has(key)) {
        const message = `The key ${quoted(key)} is there already; keys must be unique.`;
        faults.push(lineFault(lineAt(offset), message, 'syntax'));
      }
      frame.keys?.add(key);
      frame.at = key;
      note(offset);
    },
    value(offset, opens) {
      const frame = frames.at(-1);
      if (frame && frame.keys === null) {
        frame.at = Number(frame.at) + 1;
        note(offset);
      }
      NUMBER.lastIndex = offset;
      const number = frames.length <= DEEPEST ? NUMBER.exec(body)?.[0] : undefined;
      if (number !== undefined) numbers.set(pathText(frames.map(({ at }) => at)), number);
      if (opens === '{') frames.push({ keys: new Set(), at: '' });
      else if (opens === '[') frames.push({ keys: null, at: -1 });
    },
    close: () => void frames.pop(),
  });
  return { lines, numbers, faults };
}

/** The 1-based line of ascending offsets. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let end = text.indexOf('\n');
  return (offset) => {
    while (end !== -1 && end < offset) {
      line += 1;
      end = text.indexOf('\n', end + 1);
    }
    return line;
  };
}
