import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/events.ts';
import { startBrowser } from '../support/browser.ts';

const root = path.join(import.meta.dirname, '../..');

/** The example's server, in a process of its own. `nextLine` gives what it prints after its address. */
async function startService() {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/http-service/server.ts'], { cwd: root });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value as string;
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  return { url: await nextLine(), nextLine, stop };
}

describe('the HTTP service', () => {
  let service: Awaited<ReturnType<typeof startService>>;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service?.stop());

  function post(plan: unknown, headers: Record<string, string> = {}, signal: AbortSignal | null = null) {
    const body = typeof plan === 'string' ? plan : JSON.stringify(plan);
    return fetch(`${service.url}runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal,
    });
  }

  /** `fetch` sets the host itself. */
  async function statusFor(host: string): Promise<number | undefined> {
    const asked = request(`${service.url}runs`, { method: 'POST', headers: { host } }).end();
    const [response] = await once(asked, 'response');
    response.resume();
    return response.statusCode;
  }

  it('streams the events of a run, to its result', async () => {
    const response = await post({ tasks: [{ id: 'a', prompt: 'hello' }] });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json) as RunEvent);
    expect(events[0]?.type).toBe('run.started');
    const last = events.at(-1);
    expect(last?.type === 'run.settled' && last.result.outcomes[0]?.output).toBe('HELLO');
    expect(await service.nextLine()).toMatch(/ succeeded$/);
  });

  it('cancels the run when the client goes', async () => {
    const client = new AbortController();
    const response = await post({ tasks: [{ id: 'a', prompt: '', agent: 'watch' }] }, {}, client.signal);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    for (let text = ''; !text.includes('event: attempt.started'); ) {
      text += decoder.decode((await reader.read()).value, { stream: true });
    }
    client.abort();
    expect(await service.nextLine()).toMatch(/ cancelled$/);
  });

  it('refuses other sites, other names and other types', async () => {
    expect((await post({ tasks: [] }, { origin: 'http://evil.test' })).status).toBe(403);
    expect(await statusFor('evil.test')).toBe(403);
    expect((await post({ tasks: [] }, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('says what is wrong with a plan', async () => {
    const response = await post({ tasks: [{ id: 'a', prompt: '', dependsOn: ['b'] }] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('`b`');
    for (const body of ['{', 'null', '[]', '5']) expect((await post(body)).status).toBe(400);
  });

  it('starts nothing that a plan describes', async () => {
    const agents = { sh: { kind: 'command', command: ['true'] } };
    const response = await post({ agents, tasks: [{ id: 'a', prompt: '', agent: 'sh' }] });
    expect(response.status).toBe(400);
  });

  it('stops on request', async () => {
    const own = await startService();
    expect(await own.stop()).toEqual([0, null]);
  });
});

describe('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(() => browser?.close());

  /** Bundles an example, opens its page, and gives what it asked a server for and what went wrong in it. */
  async function open(folder: string, entry: string, use: (page: Page) => Promise<void>) {
    const { outputFiles } = await build({
      entryPoints: [path.join(root, folder, entry)],
      absWorkingDir: root,
      bundle: true,
      write: false,
      format: 'esm',
      define: { 'process.env.NODE_ENV': '"development"' },
    });
    const files: Record<string, [string, string]> = {
      '/': ['text/html', await readFile(path.join(root, folder, 'index.html'), 'utf8')],
      '/main.js': ['text/javascript', outputFiles[0]?.text ?? ''],
    };
    const asked: string[] = [];
    const server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const [type, body] = files[url] ?? [];
      response.writeHead(type ? 200 : 404, { 'content-type': `${type}; charset=utf-8` }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await use(page);
    } finally {
      await page.close();
      server.closeAllConnections();
      server.close();
    }
    expect(faults).toEqual([]);
    expect(asked.filter((url) => url !== '/favicon.ico')).toEqual(['/', '/main.js']);
  }

  const status = (page: Page) => page.getByRole('status');

  /** What the status says from now on, by its end; a run of half a second is not to be caught by looking. */
  const listen = (page: Page) =>
    status(page).evaluate((element: HTMLElement & { said?: (string | null)[] }) => {
      const said: (string | null)[] = [];
      new MutationObserver(() => said.push(element.textContent)).observe(element, { childList: true });
      element.said = said;
    });
  const said = (page: Page) => status(page).evaluate((element: HTMLElement & { said?: string[] }) => element.said);

  it('a page runs agents with no server, and shows how far they are', () =>
    open('examples/browser', 'main.ts', async (page) => {
      await listen(page);
      await page.getByRole('button', { name: 'Start' }).click();
      await status(page).filter({ hasText: 'succeeded' }).waitFor();
      expect(await said(page)).toContainEqual(expect.stringMatching(/\d of 5 settled, \d running/));
      expect(await page.locator('#waves li').allTextContents()).toEqual(['wave 1: 4 of 4', 'wave 2: 1 of 1']);
      const states = await page.locator('#tasks li').allTextContents();
      expect(states.filter((text) => text.endsWith(': succeeded'))).toHaveLength(5);
      await page.locator('#answer').filter({ hasText: 'the mood: fine at attempt 2' }).waitFor();
      expect(await page.getByRole('progressbar').evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1);
    }));

  it('a React component follows the tasks of a run and its progress', () =>
    open('examples/react', 'main.tsx', async (page) => {
      const answer = page.getByRole('button', { name: 'Answer' });
      const task = (text: string) => page.getByRole('listitem').filter({ hasText: text }).waitFor();
      await page.getByRole('button', { name: 'Start' }).click();
      await task('first: running');
      await task('last: pending');
      await status(page).filter({ hasText: '0 of 3 settled' }).waitFor();
      await answer.click();
      await status(page).filter({ hasText: '2 of 3 settled' }).waitFor();
      await task('first: succeeded');
      await task('last: running');
      await answer.click();
      await status(page).filter({ hasText: '3 of 3 settled, succeeded' }).waitFor();
      await task('last: succeeded');
      expect(await page.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
    }));

  it('machines run in components that StrictMode stops and starts again', () =>
    open('test/fixtures/strict-mode', 'main.tsx', async (page) => {
      const said = { soar: 'succeeded', collect: 'succeeded', wave: 1, task: 'Is it ready?!', calls: 4 };
      await status(page)
        .filter({ hasText: JSON.stringify(said) })
        .waitFor();
    }));

  it('a React component cancels a run', () =>
    open('examples/react', 'main.tsx', async (page) => {
      await page.getByRole('button', { name: 'Start' }).click();
      await status(page).filter({ hasText: '0 of 3 settled' }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await status(page).filter({ hasText: '3 of 3 settled, cancelled' }).waitFor();
    }));
});
