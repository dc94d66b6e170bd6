import { APICallError } from 'ai';
import { clipped, oneLine } from '../../text/foreign-text.ts';

/** Longest text of a provider that is repeated, characters. */
const SAID_CHARS = 600;

/** A failure as the provider put it, with everything that may hold a key left behind. */
export interface StatedFailure {
  status: number | null;
  headers: Readonly<Record<string, string>>;
  codes: readonly string[];
  /** Its message, for people. */
  said: string;
  /** True when no answer came at all. */
  isUnreached: boolean;
}

/**
 * Reads a failure of the AI SDK, of a provider or of the network.
 *
 * @param mask Takes out of a text what must not get out, before it is cut.
 */
export function readFailure(thrown: unknown, mask: (text: string) => string): StatedFailure {
  const clean = (text: string) => clipped(oneLine(mask(text)), SAID_CHARS);
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

/** Reason that an answer broke off after it had begun: the innermost cause says it best ("other side closed"). */
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
