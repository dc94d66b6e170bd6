import type { WebSocket } from 'ws';
import { BACKLOG_CHARS } from '../../trace/stately/backlog.ts';

/** Bytes handed to a socket before its other end has taken them. */
const MOST_BUFFERED = 1024 * 1024;
/** Texts that wait for a socket, characters. They are shared with the backlog as long as that keeps them. */
const MOST_WAITING = 2 * BACKLOG_CHARS;
/** An other end that takes nothing for so long is given up, milliseconds. */
const STALLED_MS = 30_000;

/** Sends texts over a WebSocket no faster than its other end takes them; ends it when that end falls too far behind. */
export class PacedSocket {
  readonly #socket: WebSocket;
  #waiting: string[] = [];
  #at = 0;
  #chars = 0;
  #isEnding = false;
  #stalled: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('close', () => this.#forget());
  }

  send(texts: readonly string[]): void {
    if (this.#socket.readyState !== this.#socket.OPEN || this.#isEnding) return;
    for (const text of texts) {
      this.#chars += text.length;
      this.#waiting.push(text);
    }
    if (this.#chars > MOST_WAITING) this.#socket.terminate();
    else this.#pump();
  }

  /** Closes the socket once everything has been sent. */
  end(): void {
    this.#isEnding = true;
    this.#pump();
  }

  #pump(): void {
    const socket = this.#socket;
    while (
      this.#at < this.#waiting.length &&
      socket.readyState === socket.OPEN &&
      socket.bufferedAmount < MOST_BUFFERED
    ) {
      const text = this.#waiting[this.#at] ?? '';
      this.#at += 1;
      this.#chars -= text.length;
      socket.send(text, () => this.#pump());
      this.#watch();
    }
    if (this.#at < this.#waiting.length) return;
    this.#waiting = [];
    this.#at = 0;
    if (this.#isEnding) socket.close(1000);
    if (socket.bufferedAmount === 0) this.#forget();
  }

  #watch(): void {
    if (this.#stalled) this.#stalled.refresh();
    else this.#stalled = setTimeout(() => this.#socket.terminate(), STALLED_MS).unref();
  }

  #forget(): void {
    if (this.#stalled) clearTimeout(this.#stalled);
    this.#stalled = null;
    if (this.#socket.readyState !== this.#socket.OPEN) this.#waiting = [];
  }
}
