import { cleanText } from '../text/foreign-text.ts';
import { isErrorKind } from '../types/error-kind.ts';
import type { TaskError } from '../types/task.ts';
import { AgentError } from './agent-error.ts';
import { limitWaitMs } from './limits.ts';

/** Longest message kept, characters, the mark of the cut included. */
const MESSAGE_CHARS = 4000;
/** Longest kind of an agent's own that is kept, characters. */
const KIND_CHARS = 100;
/** Most errors of an `AggregateError` that a message quotes. */
const MOST_REASONS = 5;
const NO_MESSAGE = 'It threw an object without a message.';

/** Converts a thrown value to a task's error, with the time it names for the next try. */
export type ThrownError = TaskError & {
  /** Epoch milliseconds. */
  retryAt?: number;
  retryAfterMs?: number;
};

/**
 * Turns whatever an agent threw into a task's error: an {@link AgentError} keeps its kind, or is `other` when that is one of its
 * own; anything else is `internal`, and may be retried. Never throws, also not for objects whose properties do.
 *
 * @param now Epoch milliseconds; a rate limit that only says in its message when to come back is counted from here.
 */
export function toTaskError(thrown: unknown, now: number): ThrownError {
  const error = attempt(() => (AgentError.isInstance(thrown) ? fromAgentError(thrown, now) : null), null);
  return error ?? { kind: 'internal', message: cut(messageOf(thrown)), retryable: true };
}

function fromAgentError(error: AgentError, now: number): ThrownError {
  const { kind, retryable, retryAt, retryAfterMs } = error;
  const message = cut(messageOf(error));
  if (!isErrorKind(kind)) {
    return { kind: 'other', message: withOwnKind(kind, message), retryable: retryable !== false };
  }
  const said = isInstant(retryAt) || isInstant(retryAfterMs);
  const read = kind === 'rate_limited' && !said ? limitWaitMs(message, now) : null;
  return {
    kind,
    message,
    retryable: retryable === true,
    ...(isInstant(retryAt) ? { retryAt } : {}),
    ...(isInstant(retryAfterMs) ? { retryAfterMs } : {}),
    ...(read === null ? {} : { retryAfterMs: read }),
  };
}

/** Keeps an unknown kind as text, so that its author finds it again. */
function withOwnKind(kind: unknown, message: string): string {
  const own = typeof kind === 'string' ? cleanText(kind).trim().slice(0, KIND_CHARS) : '';
  return own === '' || message.startsWith(`${own}:`) ? message : cut(`${own}: ${message}`);
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown === '' ? 'It threw an empty string.' : thrown;
  if (thrown === undefined || thrown === null) return `It threw ${thrown}.`;
  if (typeof thrown !== 'object') return attempt(() => String(thrown), 'It threw something without a message.');
  const message = textOf(thrown, 'message') || textOf(thrown, 'name');
  const reasons = attempt(() => reasonsOf(thrown), []).filter((why) => why !== '' && !message.includes(why));
  if (message === '' && reasons.length === 0) return attempt(() => jsonOf(thrown), NO_MESSAGE);
  return reasons.length === 0 ? message : `${message} (${reasons.join('; ')})`.trim();
}

/** "fetch failed" or "All promises were rejected" alone does not help: the reasons are in the cause, or in the errors. */
function reasonsOf(thrown: object): string[] {
  const { cause, errors } = thrown as { cause?: unknown; errors?: unknown };
  const several = Array.isArray(errors) ? errors : [];
  const more = several.length > MOST_REASONS ? [`${several.length - MOST_REASONS} more`] : [];
  const reasons = [cause, ...several.slice(0, MOST_REASONS)].map((one) =>
    typeof one === 'object' && one !== null ? textOf(one, 'message') : typeof one === 'string' ? one.trim() : '',
  );
  return [...new Set(reasons), ...more];
}

function textOf(thrown: object, key: 'message' | 'name'): string {
  const value = attempt(() => (thrown as Record<string, unknown>)[key], '');
  return typeof value === 'string' ? value.trim() : '';
}

function jsonOf(thrown: object): string {
  const json = JSON.stringify(thrown) ?? String(thrown);
  return json === '{}' ? NO_MESSAGE : json;
}

/** Without terminal codes and hidden characters, and not too long. */
function cut(whole: string): string {
  const message = cleanText(whole);
  if (message.length <= MESSAGE_CHARS) return message;
  const mark = (count: number) => ` [… ${count} characters cut …]`;
  const kept = MESSAGE_CHARS - mark(message.length).length;
  return `${message.slice(0, kept)}${mark(message.length - kept)}`;
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
