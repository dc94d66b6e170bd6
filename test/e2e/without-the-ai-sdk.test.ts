import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { startModelServer } from '../support/model-server.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

/** Hides the packages that ask models, as if they were not installed. */
const HIDING = `import { registerHooks } from 'node:module';
registerHooks({
  resolve(name, context, next) {
    if (name === 'ai' || name.startsWith('@ai-sdk/')) throw new Error("Cannot find package '" + name + "'");
    return next(name, context);
  },
});`;

describe('soar run where the AI SDK is not installed', () => {
  it('runs commands, and says of a model what to install', async () => {
    const cwd = await temporaryDirectory();
    const hook = await writeIn(cwd, 'hide.mjs', HIDING);
    const server = await startModelServer({ m: [{ deltas: ['unheard'] }] });
    const agents = {
      cat: { kind: 'command', command: ['cat'] },
      llm: { kind: 'model', baseURL: server.url, model: 'm' },
    };
    const tasks = [
      { id: 'command', prompt: 'heard', agent: 'cat' },
      { id: 'model', prompt: 'Say it.', agent: 'llm', fallback: false },
    ];
    const plan = await writeIn(cwd, 'plan.json', { agents, tasks });
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
    const { code, stdout, stderr } = await runSoar(['run', plan, '--json'], { cwd, env });
    expect(stdout, stderr).not.toBe('');
    const [command, model] = (JSON.parse(stdout) as RunResult).outcomes;
    expect(code).toBe(3);
    expect(command).toMatchObject({ status: 'succeeded', output: 'heard' });
    expect(model?.attempts).toHaveLength(1);
    expect(model?.error).toMatchObject({ kind: 'invalid_request', retryable: false });
    expect(model?.error?.message).toMatch(
      /^Models need the packages `ai` \(7\).*npm install ai @ai-sdk\/openai-compatible/,
    );
    expect(await server.received()).toEqual([]);
  });
});
