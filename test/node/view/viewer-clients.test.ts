import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLoopbackServer } from '../../../src/node/view/loopback-server.ts';
import { startViewer, type Viewer } from '../../../src/node/view/viewer-server.ts';
import { ringSource, type ViewerSource } from '../../../src/node/view/viewer-source.ts';
import { ringSink } from '../../../src/trace/ring-sink.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';

const MIB = 1024 * 1024;
const CLIENTS = 5;
const LINE = 'x'.repeat(MIB - 1);
const LINES = 100;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A source of 100 MiB, and how many of its lines were asked for. */
function largeSource() {
  const asked = { read: 0, followed: 0 };
  const source: ViewerSource = {
    name: 'large',
    async read() {
      function* parts() {
        for (let line = 0; line < LINES; line++) {
          asked.read += 1;
          yield `${LINE}\n`;
        }
      }
      return { parts: parts(), next: String(LINES) };
    },
    follow(_, onLines) {
      let isOver = false;
      void (async () => {
        for (let line = 0; line < LINES && !isOver; line++) {
          asked.followed += 1;
          await onLines([LINE], String(line));
        }
      })();
      return () => {
        isOver = true;
      };
    },
  };
  return { source, asked };
}

async function viewerOf(source: ViewerSource): Promise<Viewer> {
  const viewer = await startViewer({ source });
  open.push(viewer);
  return viewer;
}

/** A client that asks and reads the beginning of an answer alone. */
async function stalledClient(viewer: Viewer, what: string): Promise<Socket> {
  const { host, pathname } = new URL(what, viewer.url);
  const socket = connect({ port: viewer.port, host: '127.0.0.1' });
  open.push({ close: () => socket.destroy() });
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

/** Resolves once a figure has not changed for many turns of the event loop. */
async function steady(figure: () => number): Promise<number> {
  for (let last = -1, turns = 0; turns < 300; turns++) {
    if (figure() !== last) turns = 0;
    last = figure();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return figure();
}

describe('Clients that never read', () => {
  it.each(['read', 'followed'] as const)('get a bounded part of what is %s, each', async (how) => {
    const { source, asked } = largeSource();
    const viewer = await viewerOf(source);
    for (let client = 0; client < CLIENTS; client++) await stalledClient(viewer, how === 'read' ? 'trace' : 'follow');
    // What the system takes for a connection is some MiB.
    expect(await steady(() => asked[how])).toBeLessThan(CLIENTS * 16);
  });

  it('take nothing away from one that reads', async () => {
    const { source } = largeSource();
    const viewer = await viewerOf(source);
    await stalledClient(viewer, 'trace');
    expect((await (await fetch(`${viewer.url}trace`)).arrayBuffer()).byteLength).toBe(LINES * MIB);
  });

  it('are asked to begin anew when a ring has gone on without them', () => {
    const ring = ringSink();
    let resets = 0;
    const stop = ringSource(ring).follow(
      '-1',
      () => new Promise(() => {}),
      () => {
        resets += 1;
      },
    );
    for (let seq = 0; seq < 50_000; seq++) ring.write({ type: 'warning', seq, at: seq, message: 'm' } as TraceRecord);
    stop();
    expect(resets).toBe(2);
  });
});

describe('A server on this machine', () => {
  it('gives up on slow requests and keeps few connections', () => {
    const server = createLoopbackServer(() => {});
    expect(server.headersTimeout).toBe(10_000);
    expect(server.requestTimeout).toBe(20_000);
    expect(server.maxConnections).toBe(100);
  });

  it('refuses headers that are too large', async () => {
    const viewer = await viewerOf(largeSource().source);
    const response = await fetch(viewer.url, { headers: { 'x-large': 'x'.repeat(20_000) } });
    expect(response.status).toBe(431);
  });

  it('answers a path that is not a path with 404', async () => {
    const viewer = await viewerOf(largeSource().source);
    const socket = connect({ port: viewer.port, host: '127.0.0.1' });
    open.push({ close: () => socket.destroy() });
    socket.write(`GET //[ HTTP/1.1\r\nHost: ${new URL(viewer.url).host}\r\n\r\n`);
    const answer = await new Promise((resolve) => socket.once('data', resolve));
    expect(String(answer)).toMatch(/^HTTP\/1\.1 404/);
  });
});
