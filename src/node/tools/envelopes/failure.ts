import { classifyText } from '../../../errors/classify.ts';
import { limitResetMs } from '../../../errors/limits.ts';
import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Failure } from './tool-event.ts';

/** The kind of error an HTTP status is; null for a success and for what says nothing. */
export function kindOfStatus(status: number | undefined | null): ErrorKind | null {
  if (status === undefined || status === null || status < 400) return null;
  if (status === 429) return 'rate_limited';
  if (status === 401) return 'auth';
  if (status === 402 || status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'transient';
  return 'invalid_request';
}

/** Kinds that name something else than a limit so surely that no time in the message changes it. */
const FIRM: ReadonlySet<ErrorKind> = new Set(['auth', 'invalid_model', 'output_limit']);
/** Longest text that is a limit and nothing else, characters. */
const ALONE_CHARS = 200;
/** All that may stand before the words of a limit, and what must follow them, where a text says nothing else. */
const BEFORE =
  /^(?:[^\p{L}\p{N}]|(?:api|error|failed|with|status|code|http|warning|sorry|claude|ai|codex|gemini|your?|the|you(?:['’](?:ve|re))?|have|are|is|was|hour|daily|weekly|monthly|current|request|model|provider|\d{1,4})(?![\p{L}\p{N}])){0,60}$/iu;
const AFTER =
  /^(?:$|\s?[^\s\p{L}\p{N}"'’”]| (?:too many|for|on|until|resets?|will reset|try|please|today|this|in|at|again)(?!\p{L})|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Hangul})/iu;

/**
 * Whether all a text says is that a limit was hit: it begins with that, and continues with no more than when it resets.
 *
 * @param isFree It is known that the text took no tokens: then a time near the word for a limit is enough, in one line.
 */
export function isLimitAlone(text: string, isFree: boolean): boolean {
  const words = text.trim();
  if (words === '' || words.length > ALONE_CHARS) return false;
  const said = classifyText(words);
  if (said?.kind === 'rate_limited') {
    const plain = words.replace(/\s+/g, ' ');
    const at = plain.indexOf(said.pattern);
    return at >= 0 && BEFORE.test(plain.slice(0, at)) && AFTER.test(plain.slice(at + said.pattern.length));
  }
  return isFree && !/[\n:!?]\s|\. /.test(words) && limitResetMs(words, 0) !== null;
}

/** Facts about a failure beside its message. */
export interface Known {
  kind?: ErrorKind | null;
  /** HTTP status of the request that failed. */
  status?: number | null;
}

/**
 * A failure from the field a tool keeps for it: by the kind the tool names, else its HTTP status, else the words of the field.
 * When none of them says anything, it is `inference`, which is retried.
 */
export function failureOf(message: string, { kind, status }: Known = {}): Failure {
  const text = message.trim() === '' ? 'It failed without saying why' : message.trim();
  const said = classifyText(text)?.kind ?? null;
  const byStatus = kindOfStatus(status);
  // A 404 of a model is recognized by its words, as is a rate limit that is answered with another status.
  const isTold = said !== null && (byStatus === null || byStatus === 'not_found' || said === 'rate_limited');
  // A limit is known by the time at which it resets, whatever its words, and whatever its error is called.
  const isLimit = !FIRM.has(kind ?? byStatus ?? 'exit') && limitResetMs(text, 0) !== null;
  const known = isLimit ? 'rate_limited' : (kind ?? (isTold ? said : byStatus));
  // «API error» alone says no more than that there was one.
  const isVague = !known || (known === 'inference' && known !== kind);
  return { kind: known ?? 'inference', message: text, ...(isVague ? { isVague } : {}) };
}
