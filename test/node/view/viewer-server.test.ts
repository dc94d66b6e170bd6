import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traceFileSource } from '../../../src/node/view/trace-file-source.ts';
import { pageWithTrace, viewerPage } from '../../../src/node/view/viewer-page.ts';
import { startViewer, type Viewer, type ViewerOptions } from '../../../src/node/view/viewer-server.ts';
import { ringSource, type ViewerSource } from '../../../src/node/view/viewer-source.ts';
import { ringSink } from '../../../src/trace/ring-sink.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';

const START = '{"type":"trace.started","seq":0,"at":5,"v":2,"trace":"x","mode":"compact"}\n';
const warning = (seq: number): string => `{"type":"warning","seq":${seq},"at":${5 + seq},"message":"m${seq}"}\n`;

let folder: string;
let file: string;
const open: Viewer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'soar-viewer-'));
  file = path.join(folder, 'run.jsonl');
  await writeFile(file, START + warning(1));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((viewer) => viewer.close()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<ViewerOptions> = {}): Promise<Viewer> {
  const source = options.source ?? (await traceFileSource(file, { pollMs: 5 }));
  const viewer = await startViewer({ source, ...options });
  open.push(viewer);
  return viewer;
}

/** A request with headers that `fetch` does not let one set. */
function ask(viewer: Viewer, where: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: viewer.port, path: where, method, headers };
    const asked = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

/** The messages of an event stream as they come. */
async function* messages(url: string): AsyncGenerator<{ id: string; event: string; data: string }> {
  const response = await fetch(url);
  let waiting = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    waiting += chunk;
    for (let end = waiting.indexOf('\n\n'); end >= 0; end = waiting.indexOf('\n\n')) {
      const fields = waiting.slice(0, end).split('\n');
      waiting = waiting.slice(end + 2);
      const of = (name: string) =>
        fields.filter((one) => one.startsWith(`${name}: `)).map((one) => one.slice(name.length + 2));
      if (of('data').length > 0)
        yield { id: of('id').join(''), event: of('event').join(''), data: of('data').join('\n') };
    }
  }
}

describe('the viewer server', () => {
  test('serves the page and the whole trace below its token', async () => {
    const viewer = await start();
    expect(await (await fetch(viewer.url)).text()).toContain('<div id="app">');
    const trace = await fetch(`${viewer.url}trace`);
    expect(await trace.text()).toBe(START + warning(1));
    expect(trace.headers.get('x-soar-name')).toBe('run.jsonl');
  });

  test('knows nothing without its token', async () => {
    const viewer = await start();
    const { pathname } = new URL(viewer.url);
    expect(pathname.length).toBeGreaterThan(20);
    for (const where of ['/', '/trace', '/wrong/trace', `${pathname}../trace`, `${pathname}etc/passwd`]) {
      expect(await ask(viewer, where)).toBe(404);
    }
  });

  test('refuses requests for another host, from another site, and any that would change something', async () => {
    const viewer = await start({ token: 'known' });
    expect(await ask(viewer, '/known/trace', { host: `evil.example:${viewer.port}` })).toBe(403);
    expect(await ask(viewer, '/known/trace', { origin: 'https://evil.example' })).toBe(403);
    expect(await ask(viewer, '/known/trace', { origin: 'null' })).toBe(403);
    expect(await ask(viewer, '/known/trace', {}, 'POST')).toBe(405);
    expect(await ask(viewer, '/known/trace', { origin: `http://localhost:${viewer.port}` })).toBe(200);
  });

  test('lets no other page frame it or read it', async () => {
    const { headers } = await fetch((await start()).url);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('follows a file that grows, from where the reader is, by whole lines', async () => {
    const viewer = await start();
    const { headers } = await fetch(`${viewer.url}trace`);
    const stream = messages(`${viewer.url}follow?from=${headers.get('x-soar-next')}`);
    await appendFile(file, warning(2) + warning(3).slice(0, 20));
    expect((await stream.next()).value).toMatchObject({ data: warning(2).trim() });
    await appendFile(file, warning(3).slice(20));
    expect((await stream.next()).value).toMatchObject({ data: warning(3).trim() });
    await stream.return(undefined);
  });

  test('says when the file was begun anew', async () => {
    const viewer = await start();
    const stream = messages(`${viewer.url}follow?from=${(START + warning(1)).length}`);
    await writeFile(file, START);
    expect((await stream.next()).value).toMatchObject({ event: 'reset' });
    await stream.return(undefined);
  });

  test('follows a run of this process by its ring', async () => {
    const ring = ringSink();
    const write = (seq: number) => ring.write({ type: 'warning', seq, at: seq, message: `m${seq}` } as TraceRecord);
    write(0);
    const viewer = await start({ source: ringSource(ring) });
    const trace = await fetch(`${viewer.url}trace`);
    expect((await trace.text()).trim()).toBe(JSON.stringify({ type: 'warning', seq: 0, at: 0, message: 'm0' }));
    write(1);
    const stream = messages(`${viewer.url}follow?from=${trace.headers.get('x-soar-next')}`);
    expect((await stream.next()).value?.data).toContain('m1');
    write(2);
    expect((await stream.next()).value).toMatchObject({ id: '2' });
    await stream.return(undefined);
  });

  test('ends on request, with its connections', async () => {
    const viewer = await start();
    const stream = messages(`${viewer.url}follow?from=0`);
    await stream.next();
    await viewer.close();
    await viewer.closed;
    await expect(fetch(viewer.url)).rejects.toThrow();
    await stream.next().catch(() => {});
  });

  test('ends by itself when the last reader has gone, if it is to', async () => {
    const viewer = await start({ idleMs: 1 });
    const stream = messages(`${viewer.url}follow?from=0`);
    await stream.next();
    await stream.return(undefined);
    await viewer.closed;
  });

  test('says when its port is taken', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(`The viewer cannot listen on 127.0.0.1:${port}: the port is taken.`);
  });

  test('answers with the fault when its source breaks', async () => {
    const source: ViewerSource = { name: 'x', read: () => Promise.reject(new Error('gone')), follow: () => () => {} };
    const answer = await fetch(`${(await start({ source })).url}trace`);
    expect([answer.status, await answer.text()]).toEqual([500, 'gone\n']);
  });
});

describe('a trace file', () => {
  test.each([
    ['no trace', 'hello\n', /is not a trace/],
    ['JSON of another kind', '{"a":1}\n', /is not a trace/],
    ['a trace of a later format', START.replace('"v":2', '"v":3'), /format 3; this version reads format 2/],
  ])('is refused when it is %s', async (_, text, message) => {
    await writeFile(file, text);
    await expect(traceFileSource(file)).rejects.toThrow(message);
  });

  test('is refused when it is not there', async () => {
    await expect(traceFileSource(path.join(folder, 'no.jsonl'))).rejects.toThrow('there is no such file');
  });

  test('may be empty as yet', async () => {
    await writeFile(file, '');
    expect(await (await traceFileSource(file)).read()).toMatchObject({ next: '0' });
  });
});

describe('the page', () => {
  test('loads nothing from anywhere', async () => {
    const page = await viewerPage();
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).toContain("default-src 'none'");
  });

  test('carries a trace whatever stands in it', async () => {
    const page = await pageWithTrace(
      await viewerPage(),
      '{"a":"</script><script>alert(1)</script>"}\n',
      'a"><b>.jsonl',
    );
    expect(page).not.toContain('alert(1)');
    expect(page).toContain('data-name="a&#34;&#62;&#60;b&#62;.jsonl"');
  });
});
