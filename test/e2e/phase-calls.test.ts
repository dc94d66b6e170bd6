import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { isRunning, pidsIn, temporaryDirectory } from '../support/processes.ts';
import { runSoar, startSoar, writeIn } from './soar-cli.ts';

const QUERY = 'Compare how the gate and the breaker protect a provider, and design what both of them are missing?';

const PROPOSAL = {
  goal: 'Know both',
  subgoals: [
    { id: 'gate', title: 'The gate', prompt: 'How does the gate protect a provider?' },
    { id: 'breaker', title: 'The breaker', prompt: 'How does the breaker protect a provider?' },
    { id: 'design', title: 'Missing', prompt: 'Design what both are missing.', dependsOn: ['gate', 'breaker'] },
  ],
};

/** Takes questions apart, once there is a file `open`; until then it hangs, with a child of its own. */
const MIND = `
case "$SOAR_TASK_ID" in
  phase:decompose*)
    echo "leader=$$ attempt=$SOAR_ATTEMPT" >> started
    if [ ! -e open ]; then sleep 300 & echo "child=$!" >> started; echo hanging >&2; wait; fi
    cat proposal.json ;;
  phase:assess*) echo '{"complexity":"complex","confidence":0.9,"reason":"It is long."}' ;;
  phase:synthesize*) echo 'Both protect it. [gate] [breaker] [design]' ;;
  phase:*) echo '{"coherence":0.9,"completeness":0.9,"grounding":0.9,"feedback":""}' ;;
  *) echo "$SOAR_TASK_ID is done" ;;
esac
`;

async function library(isOpen: boolean): Promise<string> {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'gate.md', '# Gate\n\nThe gate paces starts. The breaker opens after failures.\n');
  await writeIn(cwd, 'mind.sh', MIND);
  await writeIn(cwd, 'proposal.json', PROPOSAL);
  const mind = { kind: 'command', command: ['bash', 'mind.sh'] };
  await writeIn(cwd, 'soar.config.json', { agents: { mind }, phases: { agent: 'mind' }, killGraceMs: 500 });
  if (isOpen) await writeIn(cwd, 'open', '');
  return cwd;
}

const startedIn = (cwd: string) => (existsSync(join(cwd, 'started')) ? readFileSync(join(cwd, 'started'), 'utf8') : '');
const pids = (cwd: string) => pidsIn(startedIn(cwd).replace(/ attempt=\d+/g, ''));
const attempts = (cwd: string) => [...startedIn(cwd).matchAll(/attempt=(\d+)/g)].map(([, n]) => Number(n));
const decomposed = ({ metadata }: RunResult) => metadata.phases.find(({ phase }) => phase === 'decompose');

describe('a phase that asks a process', () => {
  it('is done by it, and reported', async () => {
    const cwd = await library(true);
    const { code, stdout, stderr } = await runSoar(['ask', QUERY, '--json'], { cwd });
    const result = JSON.parse(stdout) as RunResult;
    expect({ code, status: result.status }, stderr).toEqual({ code: 0, status: 'succeeded' });
    expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(['gate', 'breaker', 'design']);
    expect(decomposed(result)).toMatchObject({ by: 'mind', calls: 1, attempts: 1 });
    expect(result.answer).toContain('Both protect it.');
    expect(stderr).toContain('start phase:decompose (mind)');
    expect(stderr).toContain('decompose (mind): 3 subgoals');
  });

  it('has no process left when the run is interrupted, and its next attempt when it is resumed', async () => {
    const cwd = await library(false);
    const run = startSoar(['ask', QUERY, '--jsonl'], { cwd });
    await run.said('hanging');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(pids(cwd).filter(isRunning)).toEqual([]);
    await writeIn(cwd, 'open', '');
    const runId = /resume ([\w-]+)/.exec(stderr)?.[1] ?? '';
    const next = await runSoar(['resume', runId, '--json'], { cwd });
    const result = JSON.parse(next.stdout) as RunResult;
    expect({ code: next.code, status: result.status }, next.stderr).toEqual({ code: 0, status: 'succeeded' });
    expect(attempts(cwd)).toEqual([1, 2]);
    expect(decomposed(result)).toMatchObject({ by: 'mind', attempts: 2 });
  });

  it('that outlives its run by a kill -9 is ended before it is asked again', async () => {
    const cwd = await library(false);
    const run = startSoar(['ask', QUERY, '--jsonl'], { cwd });
    await run.said('hanging');
    run.child.kill('SIGKILL');
    const { stderr } = await run.ended;
    const left = pids(cwd);
    expect(left.filter(isRunning)).toEqual(left);
    await writeIn(cwd, 'open', '');
    const runId = /resume ([\w-]+)/.exec(stderr)?.[1] ?? '';
    const next = await runSoar(['resume', runId, '--json'], { cwd });
    expect((JSON.parse(next.stdout) as RunResult).status, next.stderr).toBe('succeeded');
    expect(left.filter(isRunning)).toEqual([]);
    expect(attempts(cwd)).toEqual([1, 2]);
  });

  it('is stopped at the limit of the run', async () => {
    const cwd = await library(false);
    const limited = (timeoutMs: number) => runSoar(['ask', QUERY, '--json', '--timeout', String(timeoutMs)], { cwd });
    // How long a machine takes until it asks is not known: the first limit that leaves time for that will do.
    let timeoutMs = 1500;
    let { code, stdout } = await limited(timeoutMs);
    while (pids(cwd).length < 2 && timeoutMs < 60_000) {
      timeoutMs *= 4;
      ({ code, stdout } = await limited(timeoutMs));
    }
    const result = JSON.parse(stdout) as RunResult;
    expect({ code, status: result.status, kind: result.error?.kind }).toEqual({
      code: 1,
      status: 'cancelled',
      kind: 'timeout',
    });
    expect(pids(cwd).length).toBeGreaterThanOrEqual(2);
    expect(pids(cwd).filter(isRunning)).toEqual([]);
  });
});
