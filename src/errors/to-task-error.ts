import type { TaskError } from '../types.ts';
import { AgentError } from './agent-error.ts';
import { isErrorKind } from './error-kind.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** Longest message kept, characters, the mark of the cut included. */
const MESSAGE_CHARS = 4000;

/** What was thrown, as a task's error, with what it says about when to come back. */
export type ThrownError = TaskError & {
  /** Epoch milliseconds. */
  retryAt?: number;
  retryAfterMs?: number;
};

/**
 * Turns whatever an agent threw into a task's error: an {@link AgentError} keeps its kind, anything else is `internal`
 * and may be retried. Never throws, also not for objects whose properties do.
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
  if (!isErrorKind(kind)) return { kind: 'internal', message, retryable: retryable !== false };
  const said = isInstant(retryAt) || isInstant(retryAfterMs);
  const read = kind === 'rate_limited' && !said ? parseRetryAfterMs(message, now) : null;
  return {
    kind,
    message,
    retryable: retryable === true,
    ...(isInstant(retryAt) ? { retryAt } : {}),
    ...(isInstant(retryAfterMs) ? { retryAfterMs } : {}),
    ...(read === null ? {} : { retryAfterMs: read }),
  };
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown === '' ? 'It threw an empty string.' : thrown;
  if (thrown === undefined || thrown === null) return `It threw ${thrown}.`;
  if (typeof thrown !== 'object') return attempt(() => String(thrown), 'It threw something without a message.');
  const message = textOf(thrown, 'message');
  const name = textOf(thrown, 'name');
  if (message === '') return name || attempt(() => jsonOf(thrown), 'It threw an object without a message.');
  // "fetch failed" alone helps nobody: the reason is in the cause.
  const cause = attempt(() => (thrown as { cause?: unknown }).cause, undefined);
  const why = typeof cause === 'object' && cause !== null ? textOf(cause, 'message') : '';
  return why === '' || message.includes(why) ? message : `${message} (${why})`;
}

function textOf(thrown: object, key: 'message' | 'name'): string {
  const value = attempt(() => (thrown as Record<string, unknown>)[key], '');
  return typeof value === 'string' ? value.trim() : '';
}

function jsonOf(thrown: object): string {
  return JSON.stringify(thrown) ?? String(thrown);
}

function cut(message: string): string {
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
