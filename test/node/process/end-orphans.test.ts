import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LeftBehind } from '../../../src/journal/journal-store.ts';
import { endOrphans, startedHere } from '../../../src/node/process/end-orphans.ts';
import { newOrigin } from '../../../src/node/process/process-marks.ts';
import { isPid, processStartTime } from '../../../src/node/process/process-tree.ts';
import { expectGone, isRunning } from '../../support/processes.ts';

const JOURNAL = '1-2';

/** Starts bash as the leader of its own session, as agents are, and waits for its first line: pids as `name=pid`. */
async function left(script: string, env: Record<string, string> = {}): Promise<{ leader: number; pids: number[] }> {
  const child = spawn('bash', ['-c', script], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => kill(child));
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { leader: child.pid ?? 0, pids: [...line.matchAll(/=(\d+)/g)].map((match) => Number(match[1])) };
}

function kill(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Run ids that no other test and no other process on this machine uses. */
function newRun(): string {
  return `orphans-${randomUUID()}`;
}

function endOf(runId: string, about: Partial<LeftBehind> = {}): Promise<void> {
  return endOrphans({ runId, processes: [], isSettled: () => false, ...about }, JOURNAL);
}

function recordOf(pid: number, started = processStartTime(pid) ?? ''): LeftBehind['processes'][number] {
  return { key: 'r/a/1', pid, started: startedHere(started) };
}

describe('Processes that were recorded', () => {
  it('end with their children, politely or not', async () => {
    const { leader, pids } = await left('trap "" TERM; sleep 1002.1 & echo "child=$!"; wait; wait');
    await endOf(newRun(), { processes: [recordOf(leader)] });
    await expectGone([leader, ...pids]);
  });

  it('are left alone when their pid belongs to another process by now', async () => {
    const { leader, pids } = await left('sleep 1002.2 & echo "child=$!"; wait');
    await endOf(newRun(), { processes: [recordOf(leader, '1')] });
    expect([leader, ...pids].filter(isRunning)).toEqual([leader, ...pids]);
  });

  it('are left alone when it is not known when they started', async () => {
    const { leader } = await left('echo; sleep 1002.3; true');
    await endOf(newRun(), { processes: [recordOf(leader, '')] });
    expect(isRunning(leader)).toBe(true);
  });

  it('are left alone on another machine', async () => {
    const { leader } = await left('echo; sleep 1002.4; true');
    const started = `${processStartTime(leader)}@elsewhere/boot/ns`;
    await endOf(newRun(), { processes: [{ key: 'r/a/1', pid: leader, started }] });
    expect(isRunning(leader)).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'give nothing away in a group of their number once they have gone themselves',
    async () => {
      const { leader, pids } = await left('sleep 1002.5 & echo "child=$!"; exec sleep 0.01');
      await expectGone([leader]);
      await endOf(newRun(), { processes: [recordOf(leader, '1')] });
      expect(pids.filter(isRunning)).toEqual(pids);
    },
  );

  it.each([0, 1, -1, 1.5, 1e99, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, true, '4242', null, undefined, [4242]])(
    'have no pid such as %s',
    (value) => expect(isPid(value)).toBe(false),
  );
});

describe.runIf(process.platform === 'linux')('Processes that their environment reports', () => {
  const mark = (runId: string, task = 'a', more: Record<string, string> = {}) => ({
    SOAR_ATTEMPT_KEY: `${runId}/${task}/3`,
    ...more,
  });
  const whole = (runId: string, task = 'a') =>
    mark(runId, task, { SOAR_RUN_ID: runId, SOAR_TASK_ID: task, SOAR_ORIGIN: newOrigin(JOURNAL) });

  it('end although nothing was recorded of them', async () => {
    const runId = newRun();
    const { leader, pids } = await left('sleep 1003.1 & echo "child=$!"; wait', whole(runId));
    await endOf(runId);
    await expectGone([leader, ...pids]);
  });

  it('end also when the key of their attempt is all they have', async () => {
    const runId = newRun();
    const { leader } = await left('echo; sleep 1003.2; true', mark(runId, 'review[0]/read'));
    await endOf(runId);
    await expectGone([leader]);
  });

  it('end wherever they went: in a session of their own, with a parent that is gone', async () => {
    const runId = newRun();
    const script = `(setsid bash -c 'trap "" TERM; echo daemon=$$; sleep 1003.3; sleep 1003.3' &) ; sleep 0.01`;
    const { pids } = await left(script, whole(runId));
    await endOf(runId);
    await expectGone(pids);
  });

  it('end with children that emptied their environment', async () => {
    const runId = newRun();
    const { pids } = await left('env -i setsid sleep 1003.4 & echo "child=$!"; wait', whole(runId));
    await endOf(runId);
    await expectGone(pids);
  });

  it('are left alone when their task has settled, or they are of another run or journal', async () => {
    const runId = newRun();
    const others = await Promise.all([
      left('echo; sleep 1003.5; true', whole(runId, 'settled')),
      left('echo; sleep 1003.5; true', whole(`${runId}x`)),
      left('echo; sleep 1003.5; true', { ...whole(runId), SOAR_RUN_ID: `${runId}/a`, SOAR_TASK_ID: 'b' }),
      left('echo; sleep 1003.5; true', { ...whole(runId), SOAR_ORIGIN: newOrigin('1-23') }),
      left('echo; sleep 1003.5; true', { ...whole(runId), SOAR_ORIGIN: newOrigin(null) }),
      left('echo; sleep 1003.5; true', {
        NOT_SOAR_ATTEMPT_KEY: `${runId}/a/1`,
        OTHER: `SOAR_ATTEMPT_KEY=${runId}/a/1`,
      }),
    ]);
    await endOf(runId, { isSettled: (taskId) => taskId === 'settled' });
    expect(others.map(({ leader }) => isRunning(leader))).toEqual(others.map(() => true));
  });

  it('spare the process that looks for them, and those it was started by', async () => {
    const runId = newRun();
    const program = `
      import { endOrphans } from ${JSON.stringify(new URL('../../../src/node/process/end-orphans.ts', import.meta.url).href)};
      await endOrphans({ runId: ${JSON.stringify(runId)}, processes: [], isSettled: () => false }, '1-2');
      console.log('alive');`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
    // Beside them, one that is to end.
    const script = 'sleep 1003.6 & "$@"; echo "shell too"; kill -0 $! 2>/dev/null || echo "child gone"';
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...node], {
      env: { ...process.env, ...whole(runId) },
    });
    expect(stdout).toBe('alive\nshell too\nchild gone\n');
  });
});
