import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { startSoar, writeIn } from './soar-cli.ts';

const DENIED =
  `echo '{"type":"assistant","error":"authentication_failed","message":{"content":[{"type":"text","text":"Please run /login"}]}}'; ` +
  `echo '{"type":"result","subtype":"success","is_error":true,"result":"API Error: 401 Invalid authentication credentials"}'; exit 1`;
const ANSWERS = `echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'`;

/** A folder with a stand-in for the tool `claude`, and a plan of that many tasks. */
async function setUp(script: string, count: number, settings: object = {}) {
  const cwd = await temporaryDirectory();
  mkdirSync(join(cwd, 'bin'));
  const tool = join(cwd, 'bin/claude');
  writeFileSync(
    tool,
    `#!/bin/bash\ncat >/dev/null\necho '{"type":"system","subtype":"init","session_id":"s-1"}'\n${script}\n`,
  );
  chmodSync(tool, 0o755);
  const tasks = Array.from({ length: count }, (_, i) => ({ id: `t${i}`, prompt: `do ${i}` }));
  const agents = { claude: { kind: 'cli', tool: 'claude', staggerMs: 0 } };
  const plan = await writeIn(cwd, 'plan.json', { agents, tasks, ...settings });
  const env = { PATH: `${join(cwd, 'bin')}:${process.env.PATH}` };
  return { cwd, tool, run: (...args: string[]) => startSoar(['run', plan, ...args], { cwd, env }) };
}

async function outcomesOf({ ended }: ReturnType<typeof startSoar>) {
  const { stdout } = await ended;
  return (JSON.parse(stdout) as RunResult).outcomes;
}

const succeeded = (count: number) => Array.from({ length: count }, () => 'succeeded');

describe('a tool whose login is being renewed', () => {
  it('is asked again for tasks that were denied meanwhile', async () => {
    const wins = `if mkdir lock 2>/dev/null || [ -e renewed ]; then sleep 0.5; touch renewed; ${ANSWERS}; else ${DENIED}; fi`;
    const { run } = await setUp(wins, 6, { maxConcurrent: 4 });
    expect((await outcomesOf(run('--json'))).map(({ status }) => status)).toEqual(succeeded(6));
  });
});

describe('a tool without a login', () => {
  it('is asked at once by the run after the login', async () => {
    const { run, cwd } = await setUp(`if [ -e login ]; then ${ANSWERS}; else ${DENIED}; fi`, 3);
    expect((await outcomesOf(run('--json'))).map(({ error }) => error?.kind)).toContain('auth');
    writeFileSync(join(cwd, 'login'), '');
    expect((await outcomesOf(run('--json'))).map(({ status }) => status)).toEqual(succeeded(3));
  });
});

describe('a program that is gone for a moment', () => {
  it('costs no task when it has run before', async () => {
    const { run, tool } = await setUp(`sleep 0.1; ${ANSWERS}`, 6, { maxConcurrent: 1 });
    const running = run();
    await running.said('done t0');
    renameSync(tool, `${tool}.new`);
    await running.said('retry t');
    renameSync(`${tool}.new`, tool);
    expect((await running.ended).code).toBe(0);
  });

  it('costs no task while it is being written', async () => {
    const { run, tool } = await setUp(ANSWERS, 2);
    const script = readFileSync(tool);
    const writing = openSync(tool, 'r+');
    const running = run();
    await running.said('retry t');
    closeSync(writing);
    expect(script).toEqual(readFileSync(tool));
    expect((await running.ended).code).toBe(0);
  });

  it('starts nothing when it was never there', async () => {
    const { run, tool } = await setUp(ANSWERS, 1);
    renameSync(tool, `${tool}.new`);
    const { code, stderr } = await run('--json').ended;
    expect(code).toBe(2);
    expect(stderr).toContain('`claude` is not installed here.');
  });
});

describe('scripts that fail', () => {
  it('open no breaker of the shell that runs them', async () => {
    const cwd = await temporaryDirectory();
    const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] };
    const scripts = [
      'exit 1',
      'echo "connection refused" >&2; exit 1',
      'echo "Error: 401 Unauthorized" >&2; exit 2',
      'echo ok',
    ];
    const tasks = scripts.map((prompt, i) => ({ id: `t${i}`, prompt }));
    const policy = { retry: { retries: 0 }, breaker: { failureThreshold: 1 } };
    const plan = await writeIn(cwd, 'plan.json', { agents: { sh }, policy, maxConcurrent: 1, tasks });
    const outcomes = await outcomesOf(startSoar(['run', plan, '--json'], { cwd }));
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed', 'succeeded']);
  });
});
