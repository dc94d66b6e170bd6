import { WebSocket } from 'ws';
import type { TraceMode, TraceSink } from '../../trace/sink.ts';
import { StatelyBacklog } from '../../trace/stately/backlog.ts';
import { PacedSocket } from './paced-socket.ts';

export interface StatelyWebSocketOptions {
  /** Where an inspector's server listens, e.g. `ws://localhost:8080`. */
  url: string;
  /** Default `'full'`. */
  mode?: TraceMode;
  /** Time between two tries to connect, milliseconds. Default 1000. */
  retryMs?: number;
  /** Longest wait at the end for what has not been sent, milliseconds. Default 2000. */
  drainMs?: number;
}

/**
 * Sends a trace to a Stately inspector's server. What happens before it is reached waits; after a lost connection
 * everything is sent again from the beginning, as the server may be another. Keeps no process alive.
 */
export function statelyWebSocket(options: StatelyWebSocketOptions): TraceSink {
  const { url, mode = 'full', retryMs = 1000, drainMs = 2000 } = options;
  const backlog = new StatelyBacklog();
  let socket: WebSocket | null = null;
  let paced: PacedSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isClosing = false;

  function connect(): void {
    const own = new WebSocket(url, { handshakeTimeout: drainMs, perMessageDeflate: false });
    socket = own;
    own.on('upgrade', ({ socket: wire }) => wire.unref());
    own.on('open', () => {
      paced = new PacedSocket(own);
      paced.send(backlog.texts());
    });
    // Its close follows, and connects again.
    own.on('error', () => {});
    own.on('close', () => {
      socket = null;
      paced = null;
      if (!isClosing) timer = setTimeout(connect, retryMs).unref();
    });
  }

  connect();
  return {
    mode,
    write(record) {
      const texts = backlog.add(record);
      paced?.send(texts);
    },
    async close() {
      isClosing = true;
      if (timer) clearTimeout(timer);
      const own = socket;
      if (!own) return;
      const ended = new Promise<void>((resolve) => own.once('close', () => resolve()));
      // A close frame goes out after everything that was sent before it.
      if (own.readyState === WebSocket.CONNECTING) own.once('open', () => paced?.end());
      else paced?.end();
      const late = setTimeout(() => own.terminate(), drainMs);
      await ended;
      clearTimeout(late);
    },
  };
}
