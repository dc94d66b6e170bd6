import { APICallError } from 'ai';
import { AgentError } from '../../errors/agent-error.ts';
import { classifyText } from '../../errors/classify.ts';
import type { ErrorKind } from '../../errors/error-kind.ts';
import { parseRetryAfterMs } from '../../errors/retry-after.ts';
import { asksToWait, retryAfterOfHeaders } from '../../errors/retry-after-headers.ts';
import type { Usage } from '../../types.ts';
import { masked } from './masked-stream.ts';

/** What is known when a call to a model fails. */
export interface FailedCall {
  /** How the model is named in the message. */
  model: string;
  /** What it had said until then. */
  output: string;
  usage: Usage | undefined;
  /** Values that must not get out, should the server repeat them. */
  secrets: readonly string[];
  /** Epoch milliseconds. */
  now: number;
}

/** Longest text of a provider that is repeated, characters. */
const SAID_CHARS = 600;

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
  [
    /^(?:context_length_exceeded|invalid_argument|content_policy_violation|string_above_max_length)$/,
    'invalid_request',
  ],
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

/** A failure as the provider put it, with everything that may hold a key left behind. */
interface Told {
  status: number | null;
  headers: Readonly<Record<string, string>>;
  codes: readonly string[];
  /** What it says, for people. */
  said: string;
  /** True when no answer came at all. */
  isUnreached: boolean;
}

/**
 * What a failed call to a model means to a task. Of the provider's error only its status, its names and its words get into
 * the message: the request, its headers and the rest of the answer stay out, and there is no `cause`.
 */
export function toAgentError(thrown: unknown, call: FailedCall): AgentError {
  const { output, usage, now } = call;
  const kept = { output, ...(usage ? { usage } : {}) };
  if (AgentError.isInstance(thrown)) return thrown;
  const told = read(thrown, (text) => oneLine(masked(text, call.secrets)));
  const kind = (thrown instanceof Error ? BY_NAME[thrown.name] : undefined) ?? kindOf(told, output !== '');
  const where = told.status === null || told.status < 400 ? '' : ` answered HTTP ${told.status}`;
  const what = told.isUnreached ? ' could not be reached' : where === '' ? ' failed' : where;
  const half = output === '' || where !== '' ? '' : ' in the middle of its answer';
  const message = `Model ${call.model}${what}${half}${told.said === '' ? '.' : `: ${told.said}`}`;
  const retryAfterMs = kind === 'rate_limited' ? retryAfterOf(told, now) : null;
  return new AgentError(kind, message, {
    ...kept,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function kindOf({ status, headers, codes, said, isUnreached }: Told, hasBegun: boolean): ErrorKind {
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
  if (byWords) return byWords;
  if (status === 404 && /\bmodel\b/i.test(said)) return 'invalid_model';
  return BY_STATUS[status] ?? (status >= 500 ? 'transient' : 'invalid_request');
}

function retryAfterOf({ headers, said }: Told, now: number): number | null {
  return retryAfterOfHeaders(headers, now) ?? parseRetryAfterMs(said, now);
}

function read(thrown: unknown, clean: (text: string) => string): Told {
  const none = { status: null, headers: {}, codes: [], isUnreached: false };
  if (APICallError.isInstance(thrown)) {
    const { statusCode, responseHeaders = {}, responseBody, message } = thrown;
    const body = parsed(responseBody);
    const details = detailsOf(body);
    const headers = Object.fromEntries(
      Object.entries(responseHeaders).map(([name, value]) => [name.toLowerCase(), value]),
    );
    // The words of the body count where it has any; the SDK's own say what it made of a body it could not read.
    const said = clean(details.said || (statusCode !== undefined && statusCode < 400 ? rootOf(thrown) : message));
    return { status: statusCode ?? null, headers, codes: details.codes, said, isUnreached: statusCode === undefined };
  }
  if (typeof thrown === 'string') return { ...none, said: clean(thrown) };
  if (typeof thrown !== 'object' || thrown === null) return { ...none, said: '' };
  // What a stream reports after its first bytes: the provider's own object, or an error that wraps one.
  const { status, codes, said } = detailsOf('data' in thrown && thrown.data ? thrown.data : thrown);
  const message = thrown instanceof Error ? thrown.message : '';
  return { ...none, status: status ?? statusOf(thrown), codes, said: clean(said || message) };
}

/** Why an answer that had begun did not come to its end: the innermost cause says it best ("other side closed"). */
function rootOf(error: Error): string {
  let inner: Error = error;
  for (let depth = 0; depth < 5 && inner.cause instanceof Error; depth += 1) inner = inner.cause;
  return inner.message;
}

/** Looks for `{ error: { message, code, type, status } }`, or the same without `error`. */
function detailsOf(body: unknown): { status: number | null; codes: string[]; said: string } {
  if (typeof body === 'string') return { status: null, codes: [], said: body };
  if (Array.isArray(body)) return detailsOf(body[0]);
  if (typeof body !== 'object' || body === null) return { status: null, codes: [], said: '' };
  const { error } = body as { error?: unknown };
  if (typeof error === 'string') return { status: statusOf(body), codes: [], said: error };
  if (typeof error === 'object' && error !== null) return detailsOf(error);
  const { message, detail, code, type, status } = body as Record<string, unknown>;
  const said = [message, detail].find((one) => typeof one === 'string') ?? '';
  const codes = [code, type, status].filter((one) => typeof one === 'string').map((one) => one.toLowerCase());
  return { status: statusOf(body), codes, said: said as string };
}

function statusOf(value: object): number | null {
  const { statusCode, status, code } = value as Record<string, unknown>;
  const found = [statusCode, status, code].find((one) => typeof one === 'number' && one >= 400 && one < 600);
  return typeof found === 'number' ? found : null;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

function oneLine(text: string): string {
  const line = text
    .replace(/\p{Cc}\[[\d;]*m/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= SAID_CHARS ? line : `${line.slice(0, SAID_CHARS)} …`;
}
