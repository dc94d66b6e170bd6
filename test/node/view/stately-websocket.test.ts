import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { statelyServer } from '../../../src/node/view/stately-server.ts';
import { statelyWebSocket } from '../../../src/node/view/stately-websocket.ts';
import type { TraceSink } from '../../../src/trace/sink.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';
import { freePort } from '../../support/free-port.ts';
import { tracedRun } from '../../support/traced-run.ts';

const plan = { tasks: Array.from({ length: 80 }, (_, i) => ({ id: `task-${i}`, prompt: '' })) };
const soar = { agents: { quick: () => 'ok' } };

/** The run's root is stopped last of all. */
const isLast = (event: StatelyInspectionEvent) =>
  event.type === '@xstate.snapshot' && event.event.type === 'xstate.stop' && event.sessionId === event.rootId;

/** Everything a receiver gets until the run has ended. */
function receive(server: string): Promise<StatelyInspectionEvent[]> {
  const received: StatelyInspectionEvent[] = [];
  return new Promise((resolve) => {
    createWebSocketReceiver({ server }).subscribe((event) => {
      received.push(event);
      if (isLast(event)) resolve(received);
    });
  });
}

const names = (events: readonly StatelyInspectionEvent[]) =>
  new Set(events.flatMap((event) => (event.type === '@xstate.actor' ? [event.name] : [])));

/** Runs the plan into a sink, without closing it: what it holds is for those who come late. */
async function runInto(sink: TraceSink): Promise<TraceRecord[]> {
  const open: TraceSink = { mode: 'full', write: (record) => sink.write(record) };
  return (await tracedRun({ plan, soar, trace: { sinks: [open] } })).records;
}

/** How an attempt to connect ended: open, or the status of the refusal. */
function knock(url: string, headers: Record<string, string>): Promise<number | 'open'> {
  const socket = new WebSocket(url, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.close();
      resolve('open');
    });
    socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode));
    socket.on('error', () => {});
  });
}

describe('the inspector server', () => {
  it("gives a late receiver of Stately's the whole run, however many actors it has", async () => {
    const server = await statelyServer();
    onTestFinished(() => server.close?.());
    await runInto(server);
    const received = await receive(server.webSocketUrl);
    expect([...names(received)]).toEqual(expect.arrayContaining(plan.tasks.map(({ id }) => id)));
    const [task] = received.filter((event) => event.type === '@xstate.actor' && event.name === 'task-7');
    expect(task).toMatchObject({ _version: '0.7.2', snapshot: { value: 'staggered' } });
    expect(JSON.parse((task as { definition: string }).definition).states).toHaveProperty('circuitOpen');
  });

  it("gives a receiver of Stately's that is there from the start the same, in order", async () => {
    const server = await statelyServer();
    onTestFinished(() => server.close?.());
    const early = receive(server.webSocketUrl);
    await runInto(server);
    const ids = (await early).map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids).toEqual((await receive(server.webSocketUrl)).map(({ id }) => Number(id)));
  });

  it('serves a page that shows the inspector, to this machine alone', async () => {
    const server = await statelyServer({ page: 'https://inspector.test/?a="b"&c' });
    onTestFinished(() => server.close?.());
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    const page = await (await fetch(server.url)).text();
    expect(page).toContain('src="https://inspector.test/?a=&quot;b&quot;&amp;c"');
    expect(page).toContain('"https://inspector.test"');
  });

  it('lets no other page read along', async () => {
    const server = await statelyServer({ allowedOrigins: ['https://mine.test'] });
    onTestFinished(() => server.close?.());
    const { webSocketUrl, url } = server;
    expect(await knock(webSocketUrl, {})).toBe('open');
    expect(await knock(webSocketUrl, { origin: new URL(url).origin })).toBe('open');
    expect(await knock(webSocketUrl, { origin: 'https://mine.test' })).toBe('open');
    expect(await knock(webSocketUrl, { origin: 'https://evil.test' })).toBe(401);
    expect(await knock(webSocketUrl, { origin: 'null' })).toBe(401);
    expect(await knock(webSocketUrl, { host: 'evil.test' })).toBe(401);
  });

  it('knows nothing without its token', async () => {
    const server = await statelyServer();
    onTestFinished(() => server.close?.());
    const { host, pathname } = new URL(server.url);
    expect(pathname.length).toBeGreaterThan(20);
    for (const path of ['/', '/wrong/', `${pathname.slice(0, -2)}/`]) {
      expect(await knock(`ws://${host}${path}`, {})).toBe(401);
      expect((await fetch(`http://${host}${path}`)).status).toBe(404);
    }
  });

  it('says when it cannot listen', async () => {
    const server = await statelyServer();
    onTestFinished(() => server.close?.());
    const port = Number(new URL(server.url).port);
    await expect(statelyServer({ port })).rejects.toThrow(/cannot listen on 127.0.0.1/);
  });
});

describe('the inspector client', () => {
  it("sends a run to Stately's server, and on to its receivers", async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    const server = createInspectorServer({ port, autoOpen: false });
    onTestFinished(() => server.stop());
    const received = receive(url);
    await tracedRun({ plan, soar, trace: { sinks: [statelyWebSocket({ url })] } });
    expect([...names(await received)]).toEqual(expect.arrayContaining(plan.tasks.map(({ id }) => id)));
  });

  it('waits for a server that comes later', async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    const client = statelyWebSocket({ url, retryMs: 10 });
    await runInto(client);
    const server = createInspectorServer({ port, autoOpen: false });
    onTestFinished(() => server.stop());
    const received = await receive(url);
    await client.close?.();
    expect([...names(received)].length).toBeGreaterThan(10);
  });

  it('is closed at once when no client ever connected', async () => {
    const client = statelyWebSocket({ url: `ws://127.0.0.1:${await freePort()}` });
    client.write({ type: 'trace.started', seq: 0, at: 0, v: 2, trace: 't', mode: 'full' });
    await expect(client.close?.()).resolves.toBeUndefined();
  });
});
