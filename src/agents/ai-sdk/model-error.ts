import { AgentError } from '../../errors/agent-error.ts';
import { classifyText } from '../../errors/classify.ts';
import { parseRetryAfterMs } from '../../errors/retry-after.ts';
import { asksToWait, retryAfterOfHeaders } from '../../errors/retry-after-headers.ts';
import { maskOfValues } from '../../text/mask/secret-mask.ts';
import { type ErrorKind, isPermanent } from '../../types/error-kind.ts';
import type { Usage } from '../../types/usage.ts';
import { readFailure, type StatedFailure } from './stated-failure.ts';

/** Facts about a failed call to a model. */
export interface FailedCall {
  /** How the model is named in the message. */
  model: string;
  /** Its output until then. */
  output: string;
  usage: Usage | undefined;
  /** Values that must not get out, should the server repeat them. */
  secrets: readonly string[];
  /** Epoch milliseconds. */
  now: number;
}

/** Names that providers give to errors, in `code`, `type` or `status`; they win over the status of HTTP. */
const CODES: readonly (readonly [RegExp, ErrorKind])[] = [
  [
    /^(?:insufficient_quota|billing_hard_limit_reached|billing_error|insufficient_credits|payment_required)$/,
    'forbidden',
  ],
  [/^(?:rate_limit.*|too_many_requests|resource_exhausted|throttling.*|tokens|requests)$/, 'rate_limited'],
  [/^(?:invalid_api_key|authentication_error|unauthenticated|unauthorized|invalid_authentication)$/, 'auth'],
  [/^(?:permission_error|permission_denied|forbidden|access_denied)$/, 'forbidden'],
  [/^(?:model_not_found|invalid_model|unknown_model|model_not_available)$/, 'invalid_model'],
  [/^(?:context_length_exceeded|content_filter|content_policy_violation|string_above_max_length)$/, 'invalid_request'],
  [
    /^(?:overloaded_error|server_error|service_unavailable|unavailable|internal|timeout|deadline_exceeded)$/,
    'transient',
  ],
];

const BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  402: 'forbidden',
  403: 'forbidden',
  404: 'not_found',
  408: 'transient',
  409: 'transient',
  410: 'not_found',
  425: 'transient',
  429: 'rate_limited',
};

/** Errors of the SDK itself, before any request. */
const BY_NAME: Readonly<Record<string, ErrorKind>> = {
  AI_InvalidArgumentError: 'invalid_request',
  AI_InvalidPromptError: 'invalid_request',
  AI_UnsupportedFunctionalityError: 'invalid_request',
  AI_LoadSettingError: 'invalid_request',
  AI_LoadAPIKeyError: 'auth',
  AI_NoSuchModelError: 'invalid_model',
  AI_UnsupportedModelVersionError: 'invalid_model',
};

/** Statuses whose reason is in the words: an unknown model as 400, a spent limit as 403, a bad key as 400. */
const VAGUE: ReadonlySet<number> = new Set([400, 403, 404, 422]);

/**
 * Converts a failed call to a model to a task's error. Of the provider's error only its status, its names and its words get into
 * the message: the request, its headers and the rest of the answer stay out, and there is no `cause`.
 */
export function toAgentError(thrown: unknown, call: FailedCall): AgentError {
  const { output, usage, now } = call;
  const kept = { output, ...(usage ? { usage } : {}) };
  if (AgentError.isInstance(thrown)) return thrown;
  const stated = readFailure(thrown, maskOfValues(call.secrets).mask);
  const kind = (thrown instanceof Error ? BY_NAME[thrown.name] : undefined) ?? kindOf(stated, output !== '');
  const where = stated.status === null || stated.status < 400 ? '' : ` answered HTTP ${stated.status}`;
  const what = stated.isUnreached ? ' could not be reached' : where === '' ? ' failed' : where;
  const half = output === '' || where !== '' ? '' : ' in the middle of its answer';
  const message = `Model ${call.model}${what}${half}${stated.said === '' ? '.' : `: ${stated.said}`}`;
  const retryAfterMs = kind === 'rate_limited' ? retryAfterOf(stated, now) : null;
  return new AgentError(kind, message, {
    ...kept,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function kindOf({ status, headers, codes, said, isUnreached }: StatedFailure, hasBegun: boolean): ErrorKind {
  // Also called a rate limit, where one request alone is more than the limit allows.
  if (status === 413) return 'invalid_request';
  for (const code of codes) {
    const kind = CODES.find(([pattern]) => pattern.test(code))?.[1];
    // A quota that says when it is full again is a rate limit; one that does not is a bill to pay.
    if (kind === 'forbidden' && status === 429 && asksToWait(headers)) return 'rate_limited';
    if (kind) return kind;
  }
  if (isUnreached) return 'connection';
  if (status === null || status < 400) {
    const kind = classifyText(`Error: ${said}`)?.kind ?? 'transient';
    // An answer that was under way had reached its server: what broke is the answer.
    return kind === 'connection' && (hasBegun || status !== null) ? 'transient' : kind;
  }
  const byWords = VAGUE.has(status) ? classifyText(`Error: ${said}`)?.kind : undefined;
  // A request that was refused is refused again, whatever else its words remind of ("invalid JSON in messages").
  if (byWords === 'rate_limited' || (byWords && isPermanent(byWords))) return byWords;
  if (status === 404 && /\bmodel\b/i.test(said)) return 'invalid_model';
  return BY_STATUS[status] ?? (status >= 500 ? 'transient' : 'invalid_request');
}

function retryAfterOf({ headers, said }: StatedFailure, now: number): number | null {
  return retryAfterOfHeaders(headers, now) ?? parseRetryAfterMs(said, now);
}
