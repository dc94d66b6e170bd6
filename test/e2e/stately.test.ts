import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { CHARTS } from '../../src/trace/chart/chart-list.ts';
import { defineChart } from '../../src/trace/chart/definition.ts';
import { startBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { hasScript, soarAtTerminal } from './at-a-terminal.ts';
import { startSoar, writeIn } from './soar-cli.ts';

const root = path.join(import.meta.dirname, '../..');

/** An inspector's page: the receiving end of `@statelyai/inspect`, in a window or frame. */
const INSPECTOR = `
  import { createBrowserReceiver } from '@statelyai/inspect';
  window.received = [];
  createBrowserReceiver().subscribe((event) => window.received.push(event));
`;
/** A page that connects by itself. */
const CLIENT = `
  import { createWebSocketReceiver } from '@statelyai/inspect';
  window.received = [];
  const server = new URLSearchParams(location.search).get('server');
  createWebSocketReceiver({ server }).subscribe((event) => window.received.push(event));
`;
/** An app that runs agents where it is, and shows them in an inspector: a frame of its own, or a window. */
const APP = `
  import { createSoar, statelyInspector } from './src/index.ts';
  document.querySelector('button').onclick = async () => {
    const where = new URLSearchParams(location.search);
    const iframe = where.has('frame') ? document.querySelector('iframe') : undefined;
    const soar = createSoar({
      agents: {
        quick: async ({ prompt }) => prompt,
        flaky: async ({ attempt }) => { if (attempt === 1) throw new Error('once'); return 'ok'; },
      },
      policy: { retry: { baseDelayMs: 1 } },
      inspect: statelyInspector({ url: where.get('inspector'), iframe }),
    });
    const tasks = [
      { id: 'lint', prompt: 'a', agent: 'quick' },
      { id: 'notes', prompt: 'b', agent: 'flaky', dependsOn: ['lint'] },
    ];
    const { status } = await soar.run({ tasks }).result;
    await soar.close();
    document.title = status;
  };
`;

let browser: Browser;
let context: BrowserContext;
let cwd: string;
let app: string;
let inspector: string;
const servers: Server[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  app = await serve({ '/': APP });
  // On another port, and so of another origin, as Stately's page is to an app.
  inspector = await serve({ '/inspect': INSPECTOR, '/client': CLIENT });
});
afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.close();
});
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'soar-stately-'));
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await rm(cwd, { recursive: true, force: true });
});

/** Serves bundled pages by their paths, to this machine alone; gives the origin. */
async function serve(pages: Record<string, string>): Promise<string> {
  const bodies = new Map<string, string>();
  for (const [at, contents] of Object.entries(pages)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script');
    bodies.set(at, `<!doctype html><button>Start</button><iframe></iframe><script type="module">${script}</script>`);
  }
  const server = createServer(({ url = '' }, response) => {
    const body = bodies.get(new URL(url, 'http://here').pathname);
    response.writeHead(body ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' }).end(body);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Received = StatelyInspectionEvent[];
type Place = { waitForFunction: Page['waitForFunction']; evaluate: Page['evaluate'] };

/** What a page received by the time the root of the run was stopped, the last thing there is. */
async function receivedIn(place: Place): Promise<Received> {
  await place.waitForFunction(() =>
    (window as unknown as { received?: Received }).received?.some(
      (one) => one.type === '@xstate.snapshot' && one.event.type === 'xstate.stop' && one.sessionId === one.rootId,
    ),
  );
  return place.evaluate(() => (window as unknown as { received: Received }).received);
}

const actorsOf = (received: Received) =>
  received.flatMap((one) => (one.type === '@xstate.actor' ? [one as typeof one & { name: string }] : []));

/** Everything there is to know of a run, in order: nothing lost, nothing twice, nothing that was not defined. */
function expectWhole(received: Received, tasks: readonly string[]): void {
  const ids = received.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  const actors = actorsOf(received);
  const seen = new Set<string>();
  for (const one of received) {
    if (one.type === '@xstate.actor') {
      if (one.parentId !== undefined) expect(seen).toContain(one.parentId);
      seen.add(one.sessionId);
    } else expect(seen).toContain(one.sessionId);
  }
  const isTask = ({ definition = '' }: { definition?: string }) => JSON.parse(definition).id === 'task';
  expect(actors.filter(isTask).map(({ name }) => name)).toEqual(tasks);
  for (const name of ['collect', 'wave', 'task', 'breaker', 'gate']) {
    const found = actors.find(({ definition = '' }) => JSON.parse(definition).id === name);
    const told = createMachine(JSON.parse(found?.definition ?? '{}'));
    expect(defineChart(told)).toEqual(defineChart(CHARTS[name]?.machine as AnyStateMachine));
  }
}

const statesOf = (received: Received, name: string) => {
  const { sessionId } = actorsOf(received).find((one) => one.name === name) ?? {};
  return received.flatMap((one) =>
    one.type === '@xstate.snapshot' && one.sessionId === sessionId
      ? [JSON.stringify((one.snapshot as { value?: unknown }).value)]
      : [],
  );
};

describe("a run in a page, sent to Stately's receiver", () => {
  it('in a window that statelyInspector opened', async () => {
    const page = await context.newPage();
    await page.goto(`${app}/?inspector=${encodeURIComponent(`${inspector}/inspect`)}`);
    const opened = context.waitForEvent('page');
    await page.getByRole('button').click();
    const received = await receivedIn(await opened);
    expectWhole(received, ['lint', 'notes']);
    expect(statesOf(received, 'notes')).toEqual(expect.arrayContaining(['"staggered"', '"retrying"', '"done"']));
    await page.waitForFunction(() => document.title === 'succeeded');
  });

  it('in a frame of the page, also when it is loaded again after the end', async () => {
    const page = await context.newPage();
    await page.goto(`${app}/?frame&inspector=${encodeURIComponent(`${inspector}/inspect`)}`);
    await page.getByRole('button').click();
    await page.waitForFunction(() => document.title === 'succeeded');
    const frame = () => page.frames().find((one) => one.url().startsWith(inspector)) as unknown as Place;
    const received = await receivedIn(frame());
    expectWhole(received, ['lint', 'notes']);
    await Promise.all([page.waitForEvent('framenavigated'), frame().evaluate(() => location.reload())]);
    expect(await receivedIn(frame())).toEqual(received);
  });
});

/** Waits until the file appears beside it, so that a browser has time to connect. */
const GATED = {
  agents: { sh: { kind: 'command', command: ['sh', '-c', '{{prompt}}'], prompt: 'argument' } },
  tasks: [
    { id: 'wait', prompt: 'until [ -e go ]; do sleep 0.02; done; echo went' },
    { id: 'then', prompt: 'echo done', dependsOn: ['wait'] },
  ],
};

describe('--inspect', () => {
  const go = () => writeIn(cwd, 'go', '');

  it('shows a run in a page that is ours, in its bridge and as a client by WebSocket', async () => {
    await writeIn(cwd, 'plan.json', GATED);
    const running = startSoar(['run', 'plan.json', '--inspect', `${inspector}/inspect`], { cwd });
    await running.said('or connect an inspector to ws://');
    await running.said('wait');
    const [, url = '', socket = ''] = /inspect: (\S+) \(or connect an inspector to (\S+)\)/.exec(running.heard()) ?? [];
    const [bridge, client] = [await context.newPage(), await context.newPage()];
    await bridge.goto(url);
    await client.goto(`${inspector}/client?server=${encodeURIComponent(socket)}`);
    const frame = bridge.frames().find((one) => one.url().startsWith(inspector)) as unknown as Place;
    const hasSome = () => (window as unknown as { received: Received }).received?.length > 0;
    await Promise.all([frame.waitForFunction(hasSome), client.waitForFunction(hasSome)]);
    await go();
    const [framed, direct] = await Promise.all([receivedIn(frame), receivedIn(client)]);
    expectWhole(framed, ['wait', 'then']);
    expect(direct).toEqual(framed);
    // There is no terminal here: the server ends with the run.
    expect((await running.ended).code).toBe(0);
  });

  it("sends a run to Stately's own server, and by its bridge to a page", async () => {
    await writeIn(cwd, 'plan.json', GATED);
    const port = await freePort();
    const server = createInspectorServer({ port, url: `${inspector}/inspect`, autoOpen: false });
    try {
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}/`);
      const frame = page.frames().find((one) => one.url().startsWith(inspector)) as unknown as Place;
      const running = startSoar(['run', 'plan.json', '--inspect', `ws://127.0.0.1:${port}`], { cwd });
      await frame.waitForFunction(() => (window as unknown as { received: Received }).received?.length > 0);
      await go();
      expectWhole(await receivedIn(frame), ['wait', 'then']);
      expect((await running.ended).code).toBe(0);
    } finally {
      server.stop();
    }
  });

  it.skipIf(!hasScript)(
    'keeps a run that is over at a terminal, until Ctrl-C, and ends with its exit code',
    async () => {
      await writeIn(cwd, 'plan.json', { ...GATED, tasks: [{ id: 'quick', prompt: 'exit 3' }], retries: 0 });
      const terminal = soarAtTerminal(['run', 'plan.json', '--inspect'], { cwd, env: { TERM: 'dumb' } });
      await terminal.shows('Ctrl-C ends that');
      const [, socket = ''] = /connect an inspector to (ws:[^)\s]+)/.exec(terminal.screen()) ?? [];
      const received: Received = [];
      await new Promise<void>((resolve) => {
        createWebSocketReceiver({ server: socket }).subscribe((event) => {
          received.push(event);
          if (
            event.type === '@xstate.snapshot' &&
            event.event.type === 'xstate.stop' &&
            event.sessionId === event.rootId
          )
            resolve();
        });
      });
      expectWhole(received, ['quick']);
      terminal.type('\x03');
      expect((await terminal.ended).code).toBe(1);
    },
  );

  it('never waits without a reader', async () => {
    await writeIn(cwd, 'plan.json', { ...GATED, tasks: [{ id: 'quick', prompt: 'true' }] });
    const { code, stderr } = await startSoar(['run', '--inspect', '--', 'plan.json'], { cwd }).ended;
    expect(stderr).toContain('inspect: http://127.0.0.1:');
    expect(code).toBe(0);
  });

  it('reports a URL from the plan that follows it', async () => {
    const { code, stderr } = await startSoar(['run', '--inspect', 'plan.json'], { cwd }).ended;
    expect(stderr).toContain('Expected an http:// or ws:// URL');
    expect(code).toBe(2);
  });
});
