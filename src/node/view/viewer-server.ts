import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SoarError } from '../../errors/soar-error.ts';
import { escaped } from '../../text/foreign-text.ts';
import { createLoopbackServer } from './loopback-server.ts';
import { isSameToken, newToken } from './path-token.ts';
import { viewerPage } from './viewer-page.ts';
import type { ViewerSource } from './viewer-source.ts';

export interface ViewerOptions {
  source: ViewerSource;
  /** Address it listens on. Default `127.0.0.1`: this machine alone. */
  host?: string;
  /** Default 0: any that is free. */
  port?: number;
  /** First part of the page's path; a client that knows it may look. Default: random. */
  token?: string;
  /** Ends the server this long after its last client has left, milliseconds. Default: it stays. */
  idleMs?: number;
}

export interface Viewer {
  /** The page, with its token. */
  readonly url: string;
  readonly port: number;
  /** Ends the server and every connection to it. Harmless when called again. */
  close(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly closed: Promise<void>;
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

const KEEP_ALIVE_MS = 15_000;
/** A client that takes nothing for so long is let go; the page connects again and continues from where it was. Milliseconds. */
const STALLED_MS = 30_000;

/**
 * Serves the viewer's page and the records of a source, on this machine alone: paths begin with a token, and requests
 * that name another host or come from another site are refused.
 *
 * @throws {SoarError} `io` when the port is taken or there is no page.
 * @example
 * const viewer = await startViewer({ source: await traceFileSource('run.jsonl') });
 * console.log(viewer.url);
 */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const { source, host = '127.0.0.1', port = 0, idleMs } = options;
  const token = options.token ?? newToken();
  const page = await viewerPage();
  const followers = new Set<() => void>();
  const hosts = new Set<string>();
  let idle: ReturnType<typeof setTimeout> | undefined;

  const server = createLoopbackServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, error instanceof Error ? error.message : String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    if (!isOurs(headers, hosts)) return send(response, 403, 'This viewer answers its own page alone.');
    if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'Only GET is understood.');
    const url = `http://viewer${request.url ?? '/'}`;
    if (!URL.canParse(url)) return send(response, 404, 'There is nothing here.');
    const { pathname, searchParams } = new URL(url);
    const [, given = '', what = null, ...rest] = pathname.split('/');
    if (!isSameToken(given, token) || rest.length > 0) return send(response, 404, 'There is nothing here.');
    switch (what) {
      case '':
        response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' });
        response.end(method === 'HEAD' ? undefined : page);
        return;
      case 'trace': {
        const { parts, next } = await source.read();
        const about = { 'x-soar-next': next, 'x-soar-name': encodeURIComponent(escaped(source.name)) };
        response.writeHead(200, { ...HEADERS, ...about, 'content-type': 'application/x-ndjson; charset=utf-8' });
        if (method === 'HEAD') return void response.end();
        response.setTimeout(STALLED_MS, () => response.destroy());
        return pipeline(Readable.from(parts), response);
      }
      case 'follow': {
        const last = headers['last-event-id'];
        return follow(response, (typeof last === 'string' ? last : searchParams.get('from')) ?? '0');
      }
      default:
        return send(response, 404, 'There is nothing here.');
    }
  }

  function follow(response: ServerResponse, from: string): void {
    clearTimeout(idle);
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 1000\n\n');
    const stop = source.follow(
      from,
      (lines, next) => sent(response, `id: ${next}\n${lines.map((line) => `data: ${line}\n`).join('')}\n`),
      () => response.write('event: reset\ndata: reset\n\n'),
    );
    const beat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': still here\n\n');
    }, KEEP_ALIVE_MS);
    const end = () => {
      if (!followers.delete(end)) return;
      clearInterval(beat);
      stop();
      response.end();
      if (followers.size === 0 && idleMs !== undefined) idle = setTimeout(close, idleMs);
    };
    followers.add(end);
    response.on('close', end);
  }

  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  server.on('close', onClosed);
  function close(): Promise<void> {
    for (const end of followers) end();
    clearTimeout(idle);
    server.close();
    server.closeAllConnections();
    return closed;
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      reject(new SoarError('io', `The viewer cannot listen on ${host}:${port}: ${why}.`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  for (const name of [shown, 'localhost', '127.0.0.1', '[::1]']) hosts.add(`${name}:${taken}`);
  return { url: `http://${shown}:${taken}/${token}/`, port: taken, close, closed };
}

/** Writes to a client, and waits until it has taken that. */
async function sent(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stalled = setTimeout(() => response.destroy(), STALLED_MS);
  response.once('drain', resolve).once('close', resolve);
  await promise;
  clearTimeout(stalled);
  response.off('drain', resolve).off('close', resolve);
}

/** Whether a request names us as its host, and comes from our page or from no page: other sites know neither. */
function isOurs({ host, origin }: IncomingMessage['headers'], hosts: ReadonlySet<string>): boolean {
  if (host === undefined || !hosts.has(host)) return false;
  return origin === undefined || [...hosts].some((name) => origin === `http://${name}`);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
