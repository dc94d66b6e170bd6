import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commandAgent } from '../../../src/node/command/command-agent.ts';
import { killLiveProcesses, liveProcesses, recordProcesses } from '../../../src/node/process/live-processes.ts';
import type { AgentAnswer } from '../../../src/types/agent.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { expectGone, isRunning, pidsIn, temporaryDirectory } from '../../support/processes.ts';

/** Runs a bash script as an agent. */
async function runScript(script: string, controls = fakeControls(), key = 'run/task/1'): Promise<AgentAnswer> {
  return commandAgent({ command: ['bash', '-c', script], prompt: 'none' }).run(fakeRequest({ key }), controls);
}

/** More than a test may take: what ends all the same was not left to the last resort. */
const NEVER_MS = 600_000;

/** Starts a script, aborts it as soon as it has printed `ready`, and waits for its end. */
async function abortWhenReady(script: string, killGraceMs = NEVER_MS) {
  const controls = fakeControls({ killGraceMs });
  const ended = runScript(script, controls).catch((error: unknown) => error);
  await controls.heard('ready');
  const from = performance.now();
  controls.abort('enough');
  return { error: await ended, ms: performance.now() - from, pids: pidsIn(controls.text.stdout) };
}

describe('abort', () => {
  it('ends the process with a polite signal and keeps what it had said', async () => {
    const { error, pids } = await abortWhenReady('echo me=$$; echo partial ready; sleep 1000.1');
    expect(error).toMatchObject({ name: 'AgentError', kind: 'cancelled', message: 'enough', retryable: false });
    expect(error).toHaveProperty('output', `me=${pids[0]}\npartial ready`);
    await expectGone(pids);
  });

  it('lets the process clean up', async () => {
    const { error } = await abortWhenReady('trap "echo cleaned; exit 0" TERM; echo ready; sleep 1000.2 & wait');
    expect(error).toMatchObject({ kind: 'cancelled', output: 'ready\ncleaned' });
  });

  it('kills a process that ignores the polite signal after the grace', async () => {
    const { error, ms, pids } = await abortWhenReady(
      'trap "" TERM; echo me=$$; echo ready; while true; do sleep 1000.3; done',
      200,
    );
    expect(error).toMatchObject({ kind: 'cancelled' });
    expect(ms).toBeGreaterThan(190);
    await expectGone(pids);
  });

  it('kills grandchildren that hold the pipes and ignore the polite signal', async () => {
    const { pids } = await abortWhenReady(
      'bash -c \'trap "" TERM; echo a=$$; bash -c "trap \\"\\" TERM; echo b=\\$\\$; echo ready; sleep 1000.4; sleep 1000.4"; true\' & wait',
      300,
    );
    expect(pids).toHaveLength(2);
    await expectGone(pids);
  });

  it.runIf(process.platform === 'linux')('kills descendants that left the group', async () => {
    const { pids } = await abortWhenReady(
      'setsid bash -c \'trap "" TERM; echo s=$$; echo ready; sleep 1000.5; sleep 1000.5\' & wait',
      200,
    );
    await expectGone(pids);
  });

  it.runIf(process.platform === 'linux')('kills descendants that left the group and closed the pipes', async () => {
    const { pids } = await abortWhenReady(
      `(trap "" TERM; exec setsid bash -c 'echo s=$$; echo ready; exec sleep 1000.55 >/dev/null 2>&1') & wait`,
    );
    await expectGone(pids);
  });

  it.runIf(process.platform === 'linux')('kills orphans in a group of their own within the session', async () => {
    const { pids } = await abortWhenReady(
      "set -m; (bash -c 'echo o=$$; echo ready; exec sleep 1000.6' >&1 &); sleep 1000.6",
      200,
    );
    await expectGone(pids);
  });

  it('stops forty processes at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 40 }, () => abortWhenReady('echo p=$$; echo ready; sleep 1000.7 & wait')),
    );
    await expectGone(runs.flatMap(({ pids }) => pids));
  });
});

describe('a normal end', () => {
  it('is not held up by a grandchild that keeps the pipe, which is killed', async () => {
    const answer = await runScript('sleep 1000.8 & echo bg=$!');
    await expectGone(pidsIn((answer as { output: string }).output));
  });

  it('kills what is left of the group although it closed the pipes', async () => {
    const answer = await runScript('sleep 1000.9 >/dev/null 2>&1 & echo bg=$!');
    await expectGone(pidsIn((answer as { output: string }).output));
  });

  it('waits for a filter that is still writing what the process said', async () => {
    const once = 'while kill -0 $$ 2>/dev/null; do :; done';
    const answer = await runScript(`exec > >(while read -r l; do ${once}; echo "> $l"; done); echo one; echo two`);
    expect(answer).toMatchObject({ output: '> one\n> two' });
  });

  /** Bash that does something for a second or two after its parent has gone: longer than what is idle gets. */
  const afterwards = (step: string) =>
    `while kill -0 $$ 2>/dev/null; do :; done; SECONDS=0; while [ $SECONDS -lt 2 ]; do ${step}; done`;

  it('waits for what is still at work, however long that takes on a busy machine', async () => {
    const answer = await runScript(`exec > >(read -r l; ${afterwards(':')}; echo "> $l"); echo one`);
    expect(answer).toMatchObject({ output: '> one' });
  });

  it('waits for what continues saying something', async () => {
    const answer = await runScript(`exec > >(read -r l; ${afterwards('echo .; sleep 0.1')}; echo "> $l"); echo one`);
    expect((answer as { output: string }).output).toMatch(/^(\.\n)+> one$/);
  });

  it('is held up for a while only by what never ends working', async () => {
    const answer = await runScript('while :; do :; done & echo bg=$!');
    await expectGone(pidsIn((answer as { output: string }).output));
  });
});

describe('live processes', () => {
  it('are known by key from start to end', async () => {
    const started: string[] = [];
    const stop = recordProcesses({ idFor: () => null, started: ({ key }) => started.push(key) });
    const controls = fakeControls();
    const ended = runScript('echo ready; sleep 1001.1', controls, 'r/live/1').catch(() => {});
    await controls.heard('ready');
    stop();
    expect(started).toEqual(['r/live/1']);
    const mine = liveProcesses().filter(({ key }) => key === 'r/live/1');
    expect(mine).toHaveLength(1);
    expect(isRunning(mine[0]?.pid ?? 0)).toBe(true);
    controls.abort();
    await ended;
    expect(liveProcesses().filter(({ key }) => key === 'r/live/1')).toEqual([]);
  });

  it('can all be killed at once', async () => {
    const controls = fakeControls();
    const ended = runScript('echo ready; sleep 1001.2', controls).catch((error: unknown) => error);
    await controls.heard('ready');
    expect(killLiveProcesses('SIGKILL')).toBe(1);
    expect(await ended).toMatchObject({ kind: 'exit', message: 'was killed by SIGKILL' });
  });

  it('die with the Node process that started them', async () => {
    const cwd = await temporaryDirectory();
    const host = `
      import { commandAgent } from ${JSON.stringify(new URL('../../../src/node/command/command-agent.ts', import.meta.url).href)};
      const agent = commandAgent({ command: ['bash', '-c', 'trap "" TERM; sleep 1001.3 & echo "a=$$ b=$!" > pids; echo ready; wait; wait'], prompt: 'none' });
      const controls = { signal: new AbortController().signal, killGraceMs: 5000, heartbeat() {}, progress() {}, suspect() {}, session() {}, output: (text) => text.includes('ready') && process.exit(7) };
      await agent.run({ prompt: '', question: '', taskId: 't', agentId: 'a', runId: 'r', attempt: 1, key: 'k', dependencies: {} , cwd: ${JSON.stringify(cwd)} }, controls);`;
    const failed = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      host,
    ]).then(
      () => null,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed?.stderr).toBe('');
    expect(failed?.code).toBe(7);
    const pids = pidsIn(await readFile(join(cwd, 'pids'), 'utf8'));
    expect(pids).toHaveLength(2);
    await expectGone(pids);
  });
});

it('leaves processes alone that it did not start', async () => {
  const other = spawn('sleep', ['1001.4'], { stdio: 'ignore' });
  await once(other, 'spawn');
  await abortWhenReady('echo ready; sleep 1001.5');
  expect(isRunning(other.pid ?? 0)).toBe(true);
  other.kill('SIGKILL');
});
