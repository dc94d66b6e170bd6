/**
 * Why an attempt, and with it a task, failed. The kind decides what happens next: permanent kinds are never retried,
 * a rate limit cools the provider instead of consuming a retry, the rest are transient. `other` is a kind of an agent's own,
 * which its message begins with.
 */
export const ERROR_KINDS = [
  'rate_limited',
  'auth',
  'forbidden',
  'invalid_model',
  'invalid_request',
  'not_found',
  'timeout',
  'idle_timeout',
  'start_timeout',
  'exit',
  'spawn',
  'connection',
  'transient',
  'inference',
  'empty',
  'output_limit',
  'circuit_open',
  'budget',
  'dependency',
  'cancelled',
  'internal',
  'other',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Kinds that another attempt cannot mend: no retry is spent on them, and two in quick succession open the breaker. */
const PERMANENT: ReadonlySet<ErrorKind> = new Set([
  'auth',
  'forbidden',
  'invalid_model',
  'invalid_request',
  'not_found',
  'output_limit',
]);

/** Kinds decided by the engine, not by an attempt: nothing about the agent could be tried again. */
const DECIDED: ReadonlySet<ErrorKind> = new Set(['circuit_open', 'budget', 'dependency', 'cancelled']);

export function isErrorKind(value: unknown): value is ErrorKind {
  return typeof value === 'string' && (ERROR_KINDS as readonly string[]).includes(value);
}

/** True when the same request would fail the same way again. */
export function isPermanent(kind: ErrorKind): boolean {
  return PERMANENT.has(kind);
}

/** True when another attempt may succeed. `rate_limited` is retryable, after its cooling. */
export function isRetryable(kind: ErrorKind): boolean {
  return !PERMANENT.has(kind) && !DECIDED.has(kind);
}
