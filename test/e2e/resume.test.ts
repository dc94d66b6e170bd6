import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src/run/entries.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import { isRunning, pidsIn, temporaryDirectory } from '../support/processes.ts';
import { type Ended, type Running, runSoar, startSoar, writeIn } from './soar-cli.ts';

const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] };
const quick = { preset: 'test', retry: { retries: 0 }, breaker: { enabled: false } };

async function planIn(plan: object): Promise<{ cwd: string; path: string }> {
  const cwd = await temporaryDirectory();
  return { cwd, path: await writeIn(cwd, 'plan.json', { agents: { sh }, policy: quick, ...plan }) };
}

function eventsIn(stdout: string): RunEvent[] {
  // The last line of a process that was killed may be cut off.
  return stdout.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as RunEvent];
    } catch {
      return [];
    }
  });
}

const settledIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'task.settled' ? [event.outcome.taskId] : []));
const startedIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'attempt.started' ? [event.taskId] : []));
const runIdIn = (text: string) => /resume ([\w-]+)/.exec(text)?.[1] ?? '';

/** Kills `soar` itself as hard as can be, as soon as it has said something. */
async function killWhen({ child, ended, said }: Running, text: string): Promise<Ended> {
  await said(text);
  child.kill('SIGKILL');
  return ended;
}

async function runsIn(cwd: string): Promise<RunSummary[]> {
  const { stdout } = await runSoar(['runs', '--json'], { cwd });
  return JSON.parse(stdout) as RunSummary[];
}

describe('a run that is killed', () => {
  it('continues where it was, three times, to one result: nothing settled is run again, nothing is left behind', async () => {
    // Three blocks of twelve, each shut by a gate: however late a process is killed, it cannot have come to the end.
    const ids = Array.from({ length: 40 }, (_, i) => `t${i}`);
    const tasks = ids.map((id, i) => {
      const block = Math.floor(i / 13);
      const isGate = i % 13 === 12;
      const work = isGate ? `while [ ! -e open-${block} ]; do sleep 0.02; done` : 'sleep 0.02';
      const before = isGate ? ids.slice(13 * block, i) : block > 0 ? [`t${13 * block - 1}`] : [];
      return { id, prompt: `echo leader=$$ >> leaders; ${work}; echo done`, dependsOn: before };
    });
    const { cwd, path } = await planIn({ tasks, maxConcurrent: 6, schedule: 'eager' });
    const all: RunEvent[][] = [];
    let runId = '';
    for (const block of [0, 1, 2]) {
      const args = block === 0 ? ['run', path] : ['resume', runId];
      const killed = await killWhen(startSoar([...args, '--jsonl'], { cwd }), `"settled":${13 * block + 8},`);
      all.push(eventsIn(killed.stdout));
      runId = runIdIn(killed.stderr);
      await writeIn(cwd, `open-${block}`, '');
    }
    const last = await runSoar(['resume', runId, '--jsonl', '--quiet'], { cwd });
    all.push(eventsIn(last.stdout));

    const end = all.at(-1)?.at(-1);
    const result = end?.type === 'run.settled' ? end.result : null;
    expect(result).toMatchObject({ runId, status: 'succeeded', metadata: { succeeded: 40 } });
    expect(result?.outcomes.map(({ taskId }) => taskId)).toEqual(ids);
    const settled = new Set<string>();
    const repeated: string[] = [];
    for (const events of all) {
      repeated.push(...startedIn(events).filter((taskId) => settled.has(taskId)));
      for (const taskId of settledIn(events)) settled.add(taskId);
    }
    expect(repeated).toEqual([]);
    const attempts = result?.outcomes.flatMap((outcome) => outcome.attempts.map(({ key }) => key)) ?? [];
    expect(new Set(attempts).size).toBe(attempts.length);
    const leaders = pidsIn(readFileSync(join(cwd, 'leaders'), 'utf8'));
    expect(leaders.length).toBeGreaterThanOrEqual(40);
    expect(leaders.filter(isRunning)).toEqual([]);
    expect(await runsIn(cwd)).toMatchObject([{ runId, status: 'succeeded', tasks: 40, settled: 40 }]);
  });

  it('has its processes ended before anything is repeated, also those that would rather stay', async () => {
    const prompt = `if [ $SOAR_ATTEMPT = 1 ]; then trap '' TERM; sleep 300 & echo "leader=$$ child=$!"; while :; do wait; done; fi; echo again`;
    const { cwd, path } = await planIn({ tasks: [{ id: 'a', prompt }] });
    const killed = await killWhen(startSoar(['run', path, '--jsonl'], { cwd }), 'child=');
    const [said = ''] = /leader=\d+ child=\d+/.exec(killed.stdout) ?? [];
    expect(pidsIn(said).filter(isRunning)).toHaveLength(2);
    const resumed = startSoar(['resume', runIdIn(killed.stderr), '--jsonl'], { cwd });
    await resumed.said('"attempt.started"');
    expect(pidsIn(said).filter(isRunning)).toEqual([]);
    expect((await resumed.ended).stdout).toContain('again');
  });
});

describe('a run that is interrupted', () => {
  it('says how to continue, is listed as interrupted, and continues', async () => {
    const prompt = 'if [ $SOAR_ATTEMPT = 1 ]; then echo leader=$$; sleep 300; fi; echo second';
    const { cwd, path } = await planIn({
      goal: 'Go on',
      tasks: [
        { id: 'a', prompt: 'echo one' },
        { id: 'b', prompt, dependsOn: ['a'] },
      ],
    });
    const running = startSoar(['run', path, '--jsonl'], { cwd });
    await running.said('leader=');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    const runId = runIdIn(stderr);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`To resume: soar resume ${runId}`);
    expect(await runsIn(cwd)).toMatchObject([
      { runId, goal: 'Go on', query: null, status: 'interrupted', endedAt: null, tasks: 2, settled: 1 },
    ]);
    const shown = await runSoar(['show', runId], { cwd });
    expect(shown.stdout).toContain('interrupted · 1 of 2 tasks settled');
    expect(shown.stdout).toContain(`soar resume ${runId}`);
    const resumed = await runSoar(['resume', runId, '--json'], { cwd });
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      runId,
      status: 'succeeded',
      outcomes: [
        { taskId: 'a', attempts: [{ n: 1 }] },
        {
          taskId: 'b',
          output: 'second',
          attempts: [
            { n: 1, result: 'cancelled' },
            { n: 2, result: 'succeeded' },
          ],
        },
      ],
    });
  });
});

describe('a run that has ended', () => {
  it('is printed again as it was, and nothing is run', async () => {
    const { cwd, path } = await planIn({
      tasks: [
        { id: 'a', prompt: 'echo ran >> log; exit 1' },
        { id: 'b', prompt: 'echo fine' },
      ],
    });
    const first = await runSoar(['run', path, '--json'], { cwd });
    const runId = runIdIn(first.stderr);
    const again = await runSoar(['resume', runId, '--json'], { cwd });
    expect(again.stdout).toBe(first.stdout);
    expect([first.code, again.code]).toEqual([3, 3]);
    const shown = await runSoar(['show', runId, '--json'], { cwd });
    expect(shown.stdout).toBe(first.stdout);
    expect(shown.code).toBe(0);
    expect(readFileSync(join(cwd, 'log'), 'utf8')).toBe('ran\n');
  });
});

describe('two owners', () => {
  it('are one too many, and the second learns the owner of the run', async () => {
    const { cwd, path } = await planIn({ tasks: [{ id: 'a', prompt: 'echo leader=$$; sleep 300' }] });
    const owner = startSoar(['run', path, '--jsonl'], { cwd });
    await owner.said('leader=');
    const [{ runId = '', status } = {}] = await runsIn(cwd);
    expect(status).toBe('running');
    const second = await runSoar(['resume', runId], { cwd });
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`process ${owner.child.pid}`);
    owner.child.kill('SIGINT');
    await owner.ended;
  });
});

describe('what a run leaves behind', () => {
  it('is a folder for its owner alone, unless nothing shall be recorded', async () => {
    const { cwd, path } = await planIn({ tasks: [{ id: 'a', prompt: 'echo one' }] });
    await runSoar(['run', path, '--no-journal', '--quiet'], { cwd });
    expect(existsSync(join(cwd, '.soar'))).toBe(false);
    expect(await runsIn(cwd)).toEqual([]);
    await runSoar(['run', path, '--state-dir', 'elsewhere', '--quiet'], { cwd });
    expect(statSync(join(cwd, 'elsewhere')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(cwd, 'elsewhere/.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is what the next run knows of its agents', async () => {
    const policy = {
      preset: 'test',
      retry: { retries: 0 },
      breaker: { enabled: true, failureThreshold: 1, resetTimeoutMs: 60_000 },
    };
    const command = ['sh', '-c', 'echo "connect ECONNREFUSED 127.0.0.1:1" >&2; exit 1'];
    const down = { kind: 'command', command, prompt: 'none' };
    const { cwd, path } = await planIn({ policy, agents: { down }, tasks: [{ id: 'a', prompt: '' }] });
    await runSoar(['run', path, '--quiet'], { cwd });
    const { stdout } = await runSoar(['run', path, '--quiet', '--json'], { cwd });
    expect((JSON.parse(stdout) as RunResult).outcomes).toMatchObject([
      { error: { kind: 'circuit_open' }, attempts: [] },
    ]);
  });

  it('is not a grudge against a command whose script exited badly', async () => {
    const policy = { preset: 'test', retry: { retries: 0 }, breaker: { enabled: true, failureThreshold: 1 } };
    const { cwd, path } = await planIn({ policy, tasks: [{ id: 'a', prompt: 'exit 1' }] });
    await runSoar(['run', path, '--quiet'], { cwd });
    const plan = { agents: { sh }, policy, tasks: [{ id: 'a', prompt: 'echo mended' }] };
    const mended = await writeIn(cwd, 'mended.json', plan);
    const { stdout } = await runSoar(['run', mended, '--quiet', '--json'], { cwd });
    expect((JSON.parse(stdout) as RunResult).outcomes).toMatchObject([{ output: 'mended' }]);
  });
});

describe('a journal that cannot be used', () => {
  const plan = { tasks: [{ id: 'a', prompt: 'touch ran' }] };

  it.each([
    ['is damaged', 'broken'],
    ['is a folder under a file', 'broken/soar.db/deeper'],
  ])('stops the command before anything runs when it %s', async (_, stateDir) => {
    const { cwd, path } = await planIn(plan);
    mkdirSync(join(cwd, 'broken'));
    writeFileSync(join(cwd, 'broken/soar.db'), 'x'.repeat(5000));
    const { code, stderr } = await runSoar(['run', path, '--state-dir', stateDir], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('--no-journal');
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });
});

describe('soar resume', () => {
  it('knows no run where nothing was recorded, or of another name', async () => {
    const { cwd, path } = await planIn({ tasks: [] });
    expect(await runSoar(['resume', 'x'], { cwd })).toMatchObject({ code: 2 });
    await runSoar(['run', path, '--quiet'], { cwd });
    const { code, stderr } = await runSoar(['resume', 'x'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('There is no run `x`');
  });

  it('says of a run that has ended that nothing is run again', async () => {
    const { cwd, path } = await planIn({ tasks: [{ id: 'a', prompt: 'echo once >> ran; echo done' }] });
    const runId = runIdIn((await runSoar(['run', path], { cwd })).stderr);
    const { code, stdout, stderr } = await runSoar(['resume', runId], { cwd });
    expect(stderr).toContain(`run ${runId} has already ended; printing its result`);
    expect(stderr).not.toContain('interrupted');
    expect(stdout).toContain('done');
    expect(readFileSync(join(cwd, 'ran'), 'utf8')).toBe('once\n');
    expect(code).toBe(0);
  });

  it.each(['resume', 'show'])(
    '%s of a part of an id, or of one that is nearly right, says which run may be meant',
    async (command) => {
      const { cwd, path } = await planIn({ tasks: [] });
      const [first, second] = await Promise.all(
        [1, 2].map(async () => runIdIn((await runSoar(['run', path], { cwd })).stderr)),
      );
      for (const word of [second?.slice(-8) ?? '', `${second}x`]) {
        const { code, stderr } = await runSoar([command, word], { cwd });
        expect([code, stderr]).toEqual([2, expect.stringContaining(`Did you mean \`${second}\`?`)]);
      }
      const { stderr } = await runSoar([command, 'nothing-like-it'], { cwd });
      expect(stderr).not.toMatch(/Did you mean/);
      expect(first).not.toBe(second);
    },
  );

  it('asks for more time where the time of the run was up', async () => {
    const prompt = 'if [ $SOAR_ATTEMPT = 1 ]; then echo leader=$$; sleep 300; fi; echo second';
    const { cwd, path } = await planIn({ timeoutMs: 300_000, tasks: [{ id: 'a', prompt }] });
    const { stderr } = await killWhen(startSoar(['run', path, '--jsonl'], { cwd }), 'leader=');
    const runId = runIdIn(stderr);
    const db = new DatabaseSync(join(cwd, '.soar/soar.db'));
    db.exec("UPDATE entries SET body = json_set(body, '$.deadlineAt', 1000) WHERE type = 'plan.compiled'");
    db.close();
    const late = await runSoar(['resume', runId], { cwd });
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('1970-01-01T00:00:01.000Z') });
    const more = await runSoar(['resume', runId, '--timeout', '1m', '--json'], { cwd });
    expect(JSON.parse(more.stdout)).toMatchObject({ status: 'succeeded' });
  });

  it('continues with a question', async () => {
    const cwd = await temporaryDirectory();
    const agent =
      'const slow = async () => { console.error("leader=" + process.pid); if (!process.env.FAST) await new Promise((r) => setTimeout(r, 300000)); return "It paces starts."; };\n' +
      'setInterval(() => {}, 1000);\nexport default { agents: { slow } };\n';
    await writeIn(cwd, 'soar.config.mjs', agent);
    const running = startSoar(['ask', 'What does the gate do?', '--jsonl'], { cwd });
    const { stderr } = await killWhen(running, 'leader=');
    const resumed = await runSoar(['resume', runIdIn(stderr), '--jsonl'], { cwd, env: { FAST: '1' } });
    const phases = eventsIn(resumed.stdout).flatMap((event) => (event.type === 'phase.started' ? [event.phase] : []));
    expect(phases).toEqual(['collect', 'synthesize']);
    expect(eventsIn(resumed.stdout).at(-1)).toMatchObject({
      result: { query: 'What does the gate do?', status: 'succeeded' },
    });
  });
});
