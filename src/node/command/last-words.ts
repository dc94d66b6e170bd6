import { classifyText } from '../../errors/classify.ts';
import { limitResetMs, limitWaitMs } from '../../errors/limits.ts';
import type { ErrorKind } from '../../types/error-kind.ts';

/** Output of a failed process, without colours. */
export interface LastWords {
  stdout: string;
  stderr: string;
  /**
   * `tool`: an agent by its preset, whose every word about a limit is about its own. `command`: any program, whose output may be about
   * limits of something else.
   */
  source: 'tool' | 'command';
  /** Epoch milliseconds. */
  now: number;
}

export interface Verdict {
  kind: ErrorKind;
  /** Where it stands. */
  words: string;
  retryAfterMs: number | null;
}

const CLASSIFIED_CHARS = 4096;
const STATEMENT_LINES = 3;
const STATEMENT_CHARS = 400;

/** Warnings of Node and npm, which say nothing of a failure. */
const WARNING =
  /^(?:\(node:\d+\) |\(Use `node --trace|npm (?:warn|notice)\b|\S{0,80}(?:Deprecation|Experimental|Future)Warning: |\s{1,8}at .{1,200}:\d{1,6}\)?$).*$/gim;

/** A test run, a compiler or a linter that failed: what it prints of limits is its subject. */
const REPORT =
  /^\s{0,8}(?:FAIL(?:ED)?\s+\S*[./:]\S|--- FAIL|not ok \d|# fail [1-9]|ℹ fail [1-9]|tests?:? .{0,40}\d+ failed|test (?:suites|files) .{0,40}\d+ failed|=+ .{0,80}\d+ failed|\d+ (?:failing|failed)\b|test result: FAILED|\d+ examples?, \d+ failures?|failures[:!]|[✕✗×✖] .{1,200}\d ?m?s\)?$|● .{1,200} › |BUILD FAILED|make(?:\[\d+\])?: \*\*\*|error: could not compile|npm (?:ERR!|error) (?:test failed|lifecycle script `(?:test|build|lint|check|typecheck)\w{0,20}` failed))|\bAssertionError\b|\bassertion .{0,80}failed\b|\berror TS\d+:|\berror\[E\d+\]|:\d+:\d+: error:/im;
const CODE = /=>|[=!]=|\b(?:expect|assert|describe|it|test)\w{0,20}\(|^\s*(?:at \S|\d+ ?\||[+>|] )|\w\.\w{1,5}:\d/;

/**
 * Finds the reason in the output of a failed process: what stderr speaks of; where that is nothing, or warnings alone, what stdout does. A limit
 * is known by its words, or by a time at which it resets. Null when neither says anything.
 *
 * Of a command more is asked. One that reports failed tests, or sources that do not compile, has failed of those. A limit without the
 * words of an error counts only as a statement at the very end; on stdout beside a stderr that says something else, any limit does.
 */
export function verdictOf({ stdout, stderr, source, now }: LastWords): Verdict | null {
  const complaint = withoutWarnings(stderr.slice(-CLASSIFIED_CHARS));
  const spoken = stdout.slice(-CLASSIFIED_CHARS);
  const isTool = source === 'tool';
  if (!isTool && (REPORT.test(complaint) || REPORT.test(spoken))) return null;
  const found = judged(complaint, isTool);
  if (found) return found;
  if (isTool || complaint === '') return judged(spoken, isTool);
  const last = statements(spoken);
  const said = judged(last, false);
  return said?.kind === 'rate_limited' ? said : null;

  function judged(words: string, isLenient: boolean): Verdict | null {
    const kind = classifyText(words)?.kind ?? null;
    if (kind === 'rate_limited') return { kind, words, retryAfterMs: limitWaitMs(words, now) };
    const said = isLenient ? words : statements(words);
    const resetMs = kind === 'auth' || kind === 'invalid_model' ? null : limitResetMs(said, now);
    if (resetMs !== null) return { kind: 'rate_limited', words: said, retryAfterMs: limitWaitMs(said, now) };
    return kind === null ? null : { kind, words, retryAfterMs: null };
  }
}

function withoutWarnings(text: string): string {
  return text.replace(WARNING, '').trim();
}

/** The last lines, without those that are code, data or too long to be said to a person. */
function statements(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines
    .slice(-STATEMENT_LINES)
    .filter((line) => line.length <= STATEMENT_CHARS && !CODE.test(line))
    .join('\n');
}
