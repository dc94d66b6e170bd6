import { createServer, type RequestListener, type Server } from 'node:http';

/** Bounds of a server for the browser of one person, so no client can hold it up or fill its memory. */
const LIMITS = Object.freeze({
  /** Time in which the headers, and the whole of a request, must have come, milliseconds. */
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
  /** Bytes. */
  maxHeaderSize: 16 * 1024,
});
const MOST_CONNECTIONS = 100;

/** A server that gives up on slow requests, refuses large headers and drops connections beyond 100. */
export function createLoopbackServer(listener: RequestListener): Server {
  const server = createServer(LIMITS, listener);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}
