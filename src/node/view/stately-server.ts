import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { SoarError } from '../../errors/soar-error.ts';
import type { TraceMode, TraceSink } from '../../trace/sink.ts';
import { StatelyBacklog } from '../../trace/stately/backlog.ts';
import { STATELY_PAGE } from '../../trace/stately/stately-browser.ts';
import { createLoopbackServer } from './loopback-server.ts';
import { PacedSocket } from './paced-socket.ts';
import { isSameToken, newToken } from './path-token.ts';
import { bridgePage } from './stately-bridge.ts';

export interface StatelyServerOptions {
  /** Default 0: any free one. */
  port?: number;
  /** The inspector's page shown by the bridge. Default: Stately's own, which needs the internet. */
  page?: string;
  /** Origins of other pages that may connect. Default: none; programs outside browsers always may. */
  allowedOrigins?: readonly string[];
  /** The path of the page and of the socket; a client that knows it may read along. Default: random. */
  token?: string;
  /** Default `'full'`. */
  mode?: TraceMode;
}

export interface StatelyServer extends TraceSink {
  /** Open this in a browser: Stately's inspector with the run in it. */
  readonly url: string;
  /** For inspectors that connect themselves. */
  readonly webSocketUrl: string;
}

const HOST = '127.0.0.1';
const DRAIN_MS = 2000;
const MOST_RECEIVED = 64 * 1024;

/**
 * Serves a trace to Stately inspectors on this machine alone: a page to open, and a WebSocket. A client gets
 * everything from the beginning; without the random path it gets nothing. Keeps no process alive.
 *
 * @throws {SoarError} `io` when it cannot listen.
 */
export async function statelyServer(options: StatelyServerOptions = {}): Promise<StatelyServer> {
  const { port = 0, page = STATELY_PAGE, allowedOrigins = [], token = newToken(), mode = 'full' } = options;
  const backlog = new StatelyBacklog();
  const server = createLoopbackServer((request, response) => {
    if (!isLocal(request)) return void response.writeHead(403).end();
    if (!knows(request, token)) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-src ${new URL(page).origin}; connect-src 'self' ws://${request.headers.host}`,
    });
    response.end(bridgePage(page));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new SoarError('io', `The inspector's server cannot listen on ${HOST}:${port}: ${cause.message}`, { cause }),
      );
    });
    server.listen(port, HOST, resolve);
  });
  const { port: found } = server.address() as AddressInfo;
  server.unref();

  const clients = new Set<PacedSocket>();
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    // Nothing is expected from the other end.
    maxPayload: MOST_RECEIVED,
    // Any page in a browser can reach a local port: only our own may read along.
    verifyClient: ({ req, origin }: { req: IncomingMessage; origin: string | undefined }) =>
      isLocal(req) &&
      knows(req, token) &&
      (!origin || origin === `http://${req.headers.host}` || allowedOrigins.includes(origin)),
  });
  sockets.on('connection', (socket: WebSocket, request) => {
    request.socket.unref();
    socket.on('error', () => {});
    const paced = new PacedSocket(socket);
    clients.add(paced);
    socket.on('close', () => clients.delete(paced));
    paced.send(backlog.texts());
  });

  return {
    mode,
    url: `http://${HOST}:${found}/${token}/`,
    webSocketUrl: `ws://${HOST}:${found}/${token}/`,
    write(record) {
      const texts = backlog.add(record);
      for (const client of clients) client.send(texts);
    },
    async close() {
      const ended = [...sockets.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const client of clients) client.end();
      const late = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, DRAIN_MS);
      await Promise.all(ended);
      clearTimeout(late);
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Whether a request's path is the token. */
function knows({ url = '' }: IncomingMessage, token: string): boolean {
  const [, given = ''] = url.split(/[/?]/);
  return isSameToken(given, token);
}

/** A foreign name that leads here (DNS rebinding) is refused. */
function isLocal({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host);
}
