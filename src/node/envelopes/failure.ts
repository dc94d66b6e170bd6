import { classifyText } from '../../errors/classify.ts';
import type { ErrorKind } from '../../errors/error-kind.ts';
import { limitResetMs } from '../../errors/limits.ts';
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
const ALONE_CHARS = 500;

/** Whether all a text says is that a limit was hit. */
export function isLimitAlone(text: string): boolean {
  const words = text.trim();
  if (words === '' || words.length > ALONE_CHARS) return false;
  return classifyText(words)?.kind === 'rate_limited' || limitResetMs(words, 0) !== null;
}

/** What is known of a failure beside its message. */
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
  // A 404 of a model is told by its words, as is a rate limit that is answered with another status.
  const isTold = said !== null && (byStatus === null || byStatus === 'not_found' || said === 'rate_limited');
  // A limit is known by the time at which it resets, whatever its words, and whatever its error is called.
  const isLimit = !FIRM.has(kind ?? byStatus ?? 'exit') && limitResetMs(text, 0) !== null;
  const known = isLimit ? 'rate_limited' : (kind ?? (isTold ? said : byStatus));
  // «API error» alone says no more than that there was one.
  const isVague = !known || (known === 'inference' && known !== kind);
  return { kind: known ?? 'inference', message: text, ...(isVague ? { isVague } : {}) };
}
