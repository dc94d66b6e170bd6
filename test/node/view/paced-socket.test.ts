import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { PacedSocket } from '../../../src/node/view/paced-socket.ts';

const MIB = 1024 * 1024;

/** A socket whose other end takes a text when the test says so. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly #untaken: { text: string; taken: () => void }[] = [];

  send(text: string, taken: () => void): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
    this.#untaken.push({ text, taken });
  }

  take(): void {
    const { text = '', taken } = this.#untaken.shift() ?? {};
    this.bufferedAmount -= text.length;
    taken?.();
  }

  close(): void {
    this.terminate();
  }

  terminate(): void {
    this.readyState = 3;
    this.emit('close');
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function paced(): { socket: SlowSocket; sender: PacedSocket } {
  const socket = new SlowSocket();
  return { socket, sender: new PacedSocket(socket as unknown as WebSocket) };
}

describe('PacedSocket', () => {
  it('hands over a bounded part to an end that takes nothing, and gives it up', () => {
    const { socket, sender } = paced();
    const text = 'x'.repeat(MIB / 4);
    sender.send(Array.from({ length: 100 }, () => text));
    expect(socket.bufferedAmount).toBe(MIB);
    vi.advanceTimersByTime(29_999);
    expect(socket.readyState).toBe(socket.OPEN);
    vi.advanceTimersByTime(1);
    expect(socket.readyState).toBe(3);
  });

  it('gives up an end that is too far behind', () => {
    const { socket, sender } = paced();
    const text = 'x'.repeat(MIB);
    for (let count = 0; count < 200 && socket.readyState === socket.OPEN; count++) sender.send([text]);
    expect(socket.readyState).toBe(3);
    expect(socket.sent).toHaveLength(1);
  });

  it('sends everything in order to an end that takes it, then closes', () => {
    const { socket, sender } = paced();
    const texts = Array.from({ length: 50 }, (_, at) => String(at).padEnd(MIB / 2));
    sender.send(texts);
    sender.end();
    for (let count = 0; count < 50; count++) socket.take();
    expect(socket.sent).toEqual(texts);
    expect(socket.readyState).toBe(3);
  });

  it('keeps no timer for an end that has taken everything', () => {
    const { socket, sender } = paced();
    sender.send(['a']);
    socket.take();
    expect(vi.getTimerCount()).toBe(0);
  });
});
