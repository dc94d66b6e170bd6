import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { pidsIn, temporaryDirectory } from '../support/processes.ts';
import { startSoar, writeIn } from './soar-cli.ts';

const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] };
/** Longer than every timeout of these runs. */
const STOPPED_MS = 6000;

async function startPlan(prompt: string, clocks: object, more: object = {}) {
  const cwd = await temporaryDirectory();
  const policy = {
    ...{ preset: 'test', retry: { retries: 0 } },
    clocks: { startTimeoutMs: null, mode: 'fixed', onIdle: 'stop', ...clocks },
  };
  const path = await writeIn(cwd, 'plan.json', { agents: { sh }, policy, tasks: [{ id: 'a', prompt }] });
  await writeIn(cwd, 'soar.config.json', more);
  const running = startSoar(['run', path, '--jsonl'], { cwd });
  await running.said('leader=');
  return running;
}

function outcomeIn(stdout: string): RunResult['outcomes'][number] | undefined {
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { result: RunResult };
  return last.result.outcomes[0];
}

describe('a soar process that is stopped and continued', () => {
  it('reads what its agent said meanwhile before any timeout ends it', async () => {
    const prompt = 'echo "leader=$$"; for i in 1 2 3 4; do sleep 0.8; echo $i; done';
    const { child, ended } = await startPlan(prompt, { idleTimeoutMs: 2500, maxTimeoutMs: 5000 });
    child.kill('SIGSTOP');
    await sleep(STOPPED_MS);
    child.kill('SIGCONT');
    const outcome = outcomeIn((await ended).stdout);
    expect(outcome).toMatchObject({ status: 'succeeded', output: expect.stringContaining('1\n2\n3\n4') });
  });

  it('grants an agent that was stopped with it the time it has missed', async () => {
    const prompt = 'echo "leader=$$"; i=0; while [ $i -lt 40 ]; do i=$((i + 1)); sleep 0.05; done; echo ready';
    const { child, ended, heard } = await startPlan(prompt, { idleTimeoutMs: 5000, maxTimeoutMs: 5500 });
    const [leader = 0] = pidsIn(/leader=\d+/.exec(heard())?.[0] ?? '');
    process.kill(leader, 'SIGSTOP');
    child.kill('SIGSTOP');
    await sleep(STOPPED_MS);
    child.kill('SIGCONT');
    process.kill(leader, 'SIGCONT');
    expect(outcomeIn((await ended).stdout)).toMatchObject({ status: 'succeeded' });
  });

  it('leaves a process that was asked to end its grace', async () => {
    const tidy = 'echo closing; i=0; while [ $i -lt 20 ]; do i=$((i + 1)); sleep 0.05; done; echo tidied; exit 0';
    const prompt = `trap '${tidy}' TERM; echo "leader=$$"; while :; do sleep 0.05; done`;
    const clocks = { idleTimeoutMs: null, maxTimeoutMs: 1000 };
    const { child, ended, said, heard } = await startPlan(prompt, clocks, { killGraceMs: 3000 });
    await said('closing');
    const [leader = 0] = pidsIn(/leader=\d+/.exec(heard())?.[0] ?? '');
    process.kill(leader, 'SIGSTOP');
    child.kill('SIGSTOP');
    await sleep(STOPPED_MS);
    // The agent continues a little later: a SIGKILL at once would find it as it was.
    child.kill('SIGCONT');
    await sleep(500);
    process.kill(leader, 'SIGCONT');
    expect((await ended).stdout).toContain('tidied');
  });
});
