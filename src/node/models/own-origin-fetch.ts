import { AgentError } from '../../errors/agent-error.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Most redirects of one request. */
const MOST_REDIRECTS = 5;

/**
 * `fetch` that follows redirects only within the origin that was asked: another host, port or protocol would get the prompt, the key
 * and the headers. Method and body stay what they were, but for 303. A name and password in the address become an `Authorization`
 * header, unless there is one.
 *
 * @throws AgentError `invalid_request`, naming both origins, for a redirect elsewhere; `connection` after too many.
 */
export async function ownOriginFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  let url = new URL(input instanceof Request ? input.url : input);
  if (url.username !== '' || url.password !== '') {
    const given = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    if (!headers.has('authorization')) headers.set('authorization', `Basic ${base64(given)}`);
    url.username = '';
    url.password = '';
  }
  let options: RequestInit = { ...init, headers, redirect: 'manual' };
  for (let followed = 0; followed <= MOST_REDIRECTS; followed += 1) {
    const response = await fetch(url, options);
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url) ? new URL(location, url) : null;
    if (next?.origin !== url.origin) throw refused(url, next, response.status);
    if (response.status === 303) {
      const { body: _, ...rest } = options;
      options = { ...rest, method: 'GET' };
    }
    url = next;
  }
  throw new AgentError('connection', `The server at ${url.origin} redirects in a circle.`, { retryable: false });
}

function refused(from: URL, to: URL | null, status: number): AgentError {
  const where = to === null ? 'an address that is none' : originOf(to);
  const message =
    `The server at ${from.origin} redirects to ${where} (HTTP ${status}). ` +
    'Nothing was sent there, neither prompt nor key nor headers. If that is the right server, make it the `baseURL`.';
  return new AgentError('invalid_request', message);
}

/** Protocol and host alone; the rest may be anything. */
const originOf = (url: URL): string => (url.origin === 'null' ? url.protocol : url.origin);

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
