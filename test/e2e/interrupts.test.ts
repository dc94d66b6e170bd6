import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { expectGone, isRunning, pidsIn, quoted, temporaryDirectory } from '../support/processes.ts';
import { SOAR, startSoar, writeIn } from './soar-cli.ts';

const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] };
/** More than a test may take: what ends all the same was not left to the last resort. */
const NEVER_MS = 600_000;
/** A process and its child; both say who they are. */
const FAMILY = 'sleep 300 & echo "leader=$$ child=$!"; wait';
const STUBBORN = `trap '' TERM INT; sleep 300 & echo "leader=$$ child=$!"; while :; do wait; done`;

async function startTree(prompt: string, args: readonly string[] = []) {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'soar.config.json', { killGraceMs: NEVER_MS });
  const plan = {
    agents: { sh },
    policy: 'development',
    tasks: [
      { id: 'a', prompt },
      { id: 'b', prompt: 'true', dependsOn: ['a'] },
    ],
  };
  const path = await writeIn(cwd, 'plan.json', plan);
  const running = startSoar(['run', path, '--jsonl', ...args], { cwd });
  await running.said('child=');
  return running;
}

function resultIn(stdout: string): RunResult {
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { result: RunResult };
  return last.result;
}

function familyIn(stdout: string): number[] {
  return pidsIn(/leader=\d+ child=\d+/.exec(stdout)?.[0] ?? '');
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops the run, prints the result and ends with %i', async (signal, expected) => {
    const { child, ended } = await startTree(FAMILY);
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(code).toBe(expected);
    expect(resultIn(stdout)).toMatchObject({
      status: 'cancelled',
      outcomes: [{ status: 'cancelled' }, { status: 'cancelled' }],
    });
    const family = familyIn(stdout);
    expect(family).toHaveLength(2);
    expect(family.filter(isRunning)).toEqual([]);
  });

  it('SIGHUP ends no run whose stdout is not a terminal', async () => {
    const cwd = await temporaryDirectory();
    const plan = { agents: { sh }, tasks: [{ id: 'a', prompt: 'echo up; read -r line < go; echo "$line"' }] };
    spawnSync('mkfifo', ['go'], { cwd });
    const path = await writeIn(cwd, 'plan.json', plan);
    const { child, ended, said } = startSoar(['run', path, '--jsonl'], { cwd });
    await said('"text":"up');
    child.kill('SIGHUP');
    await writeFile(join(cwd, 'go'), 'went on\n');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(resultIn(stdout)).toMatchObject({ status: 'succeeded', outcomes: [{ output: 'up\nwent on' }] });
  });

  it('prints one JSON object with --json', async () => {
    const cwd = await temporaryDirectory();
    const plan = { agents: { sh }, tasks: [{ id: 'a', prompt: 'sleep 300' }] };
    const { child, ended, said } = startSoar(['run', await writeIn(cwd, 'plan.json', plan), '--json'], { cwd });
    await said('start a');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', outcomes: [{ taskId: 'a', status: 'cancelled' }] });
    expect(stderr).toContain('press Ctrl-C again to force quit');
    expect(code).toBe(130);
  });

  it('kills what ignores it when it comes a second time', async () => {
    const { child, ended, said } = await startTree(STUBBORN);
    child.kill('SIGINT');
    await said('press Ctrl-C again to force quit');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    await expectGone(familyIn(stdout));
  });
});

describe('tasks in every state at once', () => {
  const sleeper = (id: string, agent: string, script: string) => ({ id, agent, prompt: script });
  const plan = {
    agents: { sh, busy: sh, limited: sh, open: { ...sh, promptIsCode: false } },
    policy: {
      preset: 'patient',
      retry: { retries: 3, strategy: 'fixed', baseDelayMs: 200_000, jitter: 0 },
      breaker: { enabled: true, onOpen: 'wait', maxOpenWaitMs: 300_000 },
    },
    schedule: 'eager',
    maxConcurrent: 2,
    onDependencyFailure: 'proceed',
    tasks: [
      sleeper('retrying', 'sh', 'exit 1'),
      sleeper('cooling', 'limited', 'echo "429 Too Many Requests, retry after 100s" >&2; exit 1'),
      sleeper('refused', 'open', 'echo "401 Unauthorized" >&2; exit 1'),
      sleeper('refusedToo', 'open', 'echo "401 Unauthorized" >&2; exit 1'),
      { ...sleeper('circuitOpen', 'open', 'true'), dependsOn: ['refused', 'refusedToo'] },
      { ...sleeper('running', 'busy', STUBBORN), dependsOn: ['refused', 'refusedToo'] },
      { ...sleeper('stopped', 'busy', 'kill -STOP $$'), dependsOn: ['refused', 'refusedToo'] },
      { ...sleeper('staggered', 'busy', 'true'), dependsOn: ['refused', 'refusedToo'] },
    ],
  };

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('end at once, with all their processes (%s)', async (signal, expected) => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'soar.config.json', { killGraceMs: 500 });
    const path = await writeIn(cwd, 'plan.json', plan);
    const { child, ended, said } = startSoar(['run', path, '--jsonl'], { cwd });
    await said('child=');
    await said('"taskId":"stopped","agentId":"busy","attempt":1');
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(code).toBe(expected);
    expect(familyIn(stdout).filter(isRunning)).toEqual([]);
    const { outcomes } = resultIn(stdout);
    const left = outcomes.filter(({ taskId }) => !taskId.startsWith('refused'));
    expect(left.map(({ taskId, status }) => [taskId, status])).toEqual(left.map(({ taskId }) => [taskId, 'cancelled']));
    const last = new Map<string, string>();
    for (const line of stdout.trim().split('\n')) {
      const event = JSON.parse(line) as { type: string; taskId: string; state: string };
      if (event.type === 'run.stopping') break;
      if (event.type === 'task.state') last.set(event.taskId, event.state);
    }
    for (const id of ['retrying', 'cooling', 'circuitOpen', 'staggered']) expect([id, last.get(id)]).toEqual([id, id]);
  });
});

describe('a reader that goes away', () => {
  it('ends the command without a word of complaint', async () => {
    const cwd = await temporaryDirectory();
    const prompt = 'for i in $(seq 1 2000); do echo line $i; done';
    const plan = {
      agents: { sh },
      tasks: [
        { id: 'a', prompt },
        { id: 'b', prompt: 'sleep 300', dependsOn: ['a'] },
      ],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const soar = quoted(...SOAR, 'run', path, '--jsonl', '--quiet');
    const shell = spawn('bash', ['-c', `${soar} | head -1`], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
  });
});
