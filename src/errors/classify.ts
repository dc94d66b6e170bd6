import type { ErrorKind } from '../types/error-kind.ts';
import { HINT, isProse, isRetrying, RULES } from './patterns.ts';

export { parseRetryAfterMs } from './retry-after.ts';
export { toTaskError } from './to-task-error.ts';

/** Failure of its author, as a text states it. */
export interface Classified {
  kind: ErrorKind;
  /** The words that say so. */
  pattern: string;
}

/** Longest line that is looked at, characters; an error says what it is at its beginning. */
const LINE_CHARS = 8192;
const PATTERN_CHARS = 120;
/** Most characters that are looked at: of a longer text its beginning and its end. */
const TEXT_CHARS = 32 * 1024;

const ESCAPE = String.fromCharCode(27);
const ESCAPES = new RegExp(`${ESCAPE}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

/**
 * The kind of error that the output of a process **that failed** speaks of; null when it says nothing of the kind.
 *
 * Judged line by line, and by category: a line must report an error (`HTTP 429`, `Error: Forbidden`, `model not found`),
 * not merely mention its words ("implementing a rate limiter", "wrote 429 lines", a file that was not found).
 * When several lines report something, the first of these wins: rate_limited, auth, forbidden, invalid_model,
 * invalid_request, not_found, connection, transient, inference. A network that timed out is `connection`, a server
 * that did (504, "request timed out") is `transient`; both are retried alike.
 *
 * @example
 * classifyText('API Error: 429 {"type":"error"}'); // { kind: 'rate_limited', pattern: 'Error: 429' }
 */
export function classifyText(text: string): Classified | null {
  // A colour ends in a letter, which would make one word of it and a status.
  const ends = text.length <= TEXT_CHARS ? text : `${text.slice(0, TEXT_CHARS / 2)}\n${text.slice(-TEXT_CHARS / 2)}`;
  const plain = ends.includes(ESCAPE) ? ends.replace(ESCAPES, '') : ends;
  if (!HINT.test(plain)) return null;
  const lines = plain
    .split(/[\r\n]+/)
    .map(cleaned)
    .filter((line) => HINT.test(line) && !isProse(line));
  for (const { kind, pattern } of RULES) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match) return { kind, pattern: match[0].trim().slice(0, PATTERN_CHARS) };
    }
  }
  return null;
}

/** Runs of spaces become one, which also keeps the expressions linear. */
function cleaned(line: string): string {
  return line.slice(0, LINE_CHARS).replace(ESCAPES, '').replace(/\s+/g, ' ').trim();
}

/** Marks of a line that continues the one before: an object or a list over many lines, a stack. */
const CONTINUES = /^(?:\s|[{}[\]()"',|+>-]|at |caused by|$)/i;

/** Most lines of one piece that are classified, the last ones: older lines do not explain the silence after them. */
const MOST_LINES = 100;

export interface PatternScanner {
  /** Takes the next piece of text; says what the lines completed by it report, the most severe first, else null. */
  push(chunk: string): { kind: ErrorKind; line: string } | null;
}

/**
 * Classifies a stream line by line as it comes. What a line says of an error counts for nothing when the line says that the tool tries
 * again by itself, and so do the lines before it in the same piece, and what it prints of that error after it. Every completed line is looked at once; what is not yet a line is kept,
 * at most 8 KiB of it: of a longer line only that much is looked at.
 */
export function createPatternScanner(): PatternScanner {
  let carry = '';
  let skipping = false;
  /** Whether what comes may still belong to the error that the tool mends by itself. */
  let mends = false;

  /** Takes text without any line end. */
  function keep(part: string): void {
    if (carry.length < LINE_CHARS) carry += part.slice(0, LINE_CHARS - carry.length);
  }

  return {
    push(chunk) {
      let found: { kind: ErrorKind; line: string; rank: number } | null = null;
      const look = (isLate: boolean) => {
        if (skipping || carry === '' || (mends && CONTINUES.test(carry))) return;
        mends = isRetrying(carry);
        if (mends) found = null;
        const seen = mends || !isLate ? null : classifyText(carry);
        if (!seen) return;
        const rank = RULES.findIndex(({ kind }) => kind === seen.kind);
        if (!found || rank < found.rank) found = { kind: seen.kind, line: cleaned(carry), rank };
      };
      const parts = chunk.split(/[\r\n]/);
      const rest = parts.pop() ?? '';
      for (const [at, part] of parts.entries()) {
        keep(part);
        look(at >= parts.length - MOST_LINES);
        carry = '';
        skipping = false;
      }
      keep(rest);
      if (carry.length >= LINE_CHARS && !skipping) {
        // Its beginning is known, and it may never end: it is looked at now, and the rest of it not again.
        look(true);
        skipping = true;
      }
      const result = found as { kind: ErrorKind; line: string } | null;
      return result && { kind: result.kind, line: result.line };
    },
  };
}
