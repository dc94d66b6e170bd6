import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { type Bundle, bundleForBrowsers, splitForBrowsers } from '../support/browser-bundle.ts';

function bundle(script: string): Promise<Bundle> {
  return bundleForBrowsers(script, { format: 'iife', globalName: 'bundled' });
}

/** Evaluates an expression of `bundled` where nothing of Node is. */
function evaluate<T>(code: string, expression: string, more: object = {}): T {
  const context = createContext({
    setTimeout,
    clearTimeout,
    queueMicrotask,
    AbortController,
    AbortSignal,
    TextDecoder,
    TextEncoder,
    URL,
    console,
    performance,
    ...more,
  });
  return runInContext(`${code};\n${expression}`, context) as T;
}

const PLAN = `bundled.createSoar({
  agents: {
    left: ({ prompt }) => prompt + '!',
    broken: () => { throw new Error('broken'); },
    join: ({ dependencies }) => Object.values(dependencies).join(' '),
  },
  policy: 'test',
}).run({
  tasks: [
    { id: 'a', agent: 'left', prompt: 'hello' },
    { id: 'b', agent: 'broken', prompt: 'world', fallback: 'left' },
    { id: 'c', agent: 'join', prompt: 'join', dependsOn: ['a', 'b'] },
  ],
}).result`;

describe('the core in a browser', async () => {
  const { code, metafile } = await bundle("export * from './src/index.ts'");

  it('bundles without anything of Node', () => {
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((input) => /^src\/(?:node|cli)\/|^node:|\(disabled\)/.test(input))).toEqual([]);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map((one) => one.path));
    expect(imports).toEqual([]);
  });

  it('runs a plan with function agents where only web globals are', async () => {
    const { status, outcomes } = await evaluate<Promise<RunResult>>(code, PLAN);
    expect(status).toBe('succeeded');
    expect(outcomes.map(({ taskId, via, output }) => [taskId, via, output])).toEqual([
      ['a', 'agent', 'hello!'],
      ['b', 'fallback', 'world!'],
      ['c', 'agent', 'hello! world!'],
    ]);
  });

  it('replays the trace of a run', async () => {
    const replayed = evaluate<Promise<unknown>>(
      code,
      `(async () => {
  const ring = bundled.ringSink();
  const soar = bundled.createSoar({ agents: { hello: () => 'Hello!' }, trace: [ring] });
  await soar.run({ tasks: [{ id: 'greet', prompt: 'Say hello.' }] }).result;
  await soar.close();
  const text = ring.records().map((record) => JSON.stringify(record)).join('\\n');
  const replay = bundled.createReplay(bundled.parseTrace(text));
  const [run] = replay.at(replay.endedAt).runs;
  return [run.succeeded, bundled.intervalsOf(replay.runs[0].tasks[0]).map(({ state }) => state)];
})()`,
      { crypto },
    );
    expect(await replayed).toEqual([1, ['staggered', 'running']]);
  });

  it('answers a question with the built-in phases', async () => {
    const result = await evaluate<Promise<RunResult>>(code, `bundled.createSoar().ask('How does it work?').result`);
    expect(result.error?.kind).toBe('not_found');
    expect(result.answer).toBe('Nothing was found.');
  });
});

describe('the core in a page whose scripts are split', async () => {
  const { files, metafile } = await splitForBrowsers("export { createSoar } from './src/index.ts'");
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  /** The page's module, from a server that has its scripts but for those made of one source. */
  async function page(missing?: string): Promise<typeof import('../../src/index.ts')> {
    const folder = await mkdtemp(path.join(tmpdir(), 'soar-page-'));
    folders.push(folder);
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
    for (const [file, text] of files) {
      if (metafile.outputs[file]?.entryPoint !== missing || missing === undefined)
        await writeFile(path.join(folder, path.basename(file)), text);
    }
    return await import(/* @vite-ignore */ pathToFileURL(path.join(folder, 'stdin.js')).href);
  }

  it('answers a question, whose code comes with it', async () => {
    const { createSoar } = await page();
    const result = await createSoar().ask('How does it work, and why?').result;
    expect(result.error?.kind).toBe('not_found');
    expect(result.answer).toBe('Nothing was found.');
  });

  it('runs plans without the code of questions, and says of a question that it is missing', async () => {
    const { createSoar } = await page('src/phases/built-in/offline.ts');
    const soar = createSoar({ agents: { a: ({ prompt }) => prompt } });
    expect((await soar.run({ tasks: [{ id: 'a', prompt: 'hello' }] }).result).status).toBe('succeeded');
    const { status, error } = await soar.ask('Why?').result;
    expect(status).toBe('failed');
    expect(error).toMatchObject({
      kind: 'connection',
      message: expect.stringMatching(
        /^Phase assess failed: Its code could not be loaded \(.+\)\. See whether the page can reach its own files, and try again\.$/,
      ),
    });
  });

  it('says of an agent that its code is missing', async () => {
    const { createSoar } = await page('src/agents/extractive.ts');
    const plan = { tasks: [{ id: 'a', agent: 'extract', prompt: 'hello' }] };
    const { outcomes } = await createSoar({ policy: 'test' }).run(plan).result;
    expect(outcomes[0]?.error).toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('Its code could not be loaded'),
    });
  });
});

describe('the machines in a browser', async () => {
  const { code, metafile } = await bundle("export * from './src/machines/index.ts'");

  it('bundle without anything of Node', () => {
    expect(Object.keys(metafile.inputs).filter((input) => /^src\/(?:node|cli)\/|^node:/.test(input))).toEqual([]);
  });

  it('load where only web globals are', () => {
    expect(evaluate<string>(code, 'bundled.taskMachine.id')).toBe('task');
  });
});

describe('agents of models in a browser', async () => {
  const { code, metafile } = await bundle("export * from './src/agents/ai-sdk/index.ts'");

  it('bundle without anything of ours that needs Node, and import nothing', () => {
    expect(Object.keys(metafile.inputs).filter((input) => /^src\/(?:node|cli)\//.test(input))).toEqual([]);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map((one) => one.path));
    expect(imports).toEqual([]);
    expect(code).toContain('modelAgent');
  });
});
