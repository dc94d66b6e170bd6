import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src/run/entries.ts';
import { quoted, temporaryDirectory } from '../support/processes.ts';
import { hasScript, soarAtTerminal } from './at-a-terminal.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const ASK = ['ask', 'What does the gate do?', '--approve'];
const QUESTION = 'Run this plan? [y]es, [e]dit, [n]o: ';

async function library(): Promise<string> {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'gate.md', '# Gate\n\nThe gate paces starts and holds leases.\n');
  return cwd;
}

async function lastRun(cwd: string): Promise<RunSummary | undefined> {
  const { stdout } = await runSoar(['runs', '--json'], { cwd });
  return (JSON.parse(stdout) as RunSummary[])[0];
}

describe('soar ask --approve without a terminal', () => {
  it.each([[ASK], [['ask', '-', '--approve']]])('is bad usage, before anything runs: %j', async (args) => {
    const cwd = await library();
    const { code, stdout, stderr } = await runSoar(args, { cwd, stdin: 'y\n' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('A plan is approved at a terminal');
    expect(stderr).toContain('soar plan <query> -o plan.yaml');
    expect(await readdir(cwd)).toEqual(['gate.md']);
  });
});

describe.runIf(hasScript)('soar ask --approve at a terminal', () => {
  it('shows the plan, runs it after yes and prints the answer', async () => {
    const run = soarAtTerminal(ASK, { cwd: await library() });
    await run.shows('A plan of 1 task: What does the gate do?');
    await run.shows('TASK');
    await run.shows(QUESTION);
    run.type('y\r');
    const { code, screen } = await run.ended;
    expect(screen).toContain('The gate paces starts');
    expect(code).toBe(0);
  });

  it('runs nothing after no, and says so with exit code 1', async () => {
    const cwd = await library();
    const run = soarAtTerminal(ASK, { cwd });
    await run.shows(QUESTION);
    run.type('n\r');
    const { code, screen } = await run.ended;
    expect(screen).toContain('The plan was refused.');
    expect(code).toBe(1);
    expect(await lastRun(cwd)).toMatchObject({ status: 'cancelled', settled: 0 });
  });

  it('opens the editor, reports faults, and runs the plan as it was edited', async () => {
    const cwd = await library();
    const script =
      'if grep -q "agent: nobody" "$2"; then sed -i "s/agent: nobody/agent: extract/;s/id: .*/id: $1/" "$2"; else sed -i "s/agent: extract/agent: nobody/" "$2"; fi\n';
    await chmod(await writeIn(cwd, 'edit.sh', `#!/bin/sh\n${script}`), 0o755);
    const run = soarAtTerminal(ASK, {
      cwd,
      env: { VISUAL: undefined, EDITOR: `${quoted(join(cwd, 'edit.sh'))} renamed` },
    });
    await run.shows(QUESTION);
    run.type('e\r');
    await run.shows('nobody');
    await run.shows(QUESTION);
    run.type('y\r');
    await run.shows('There is no agent `nobody`');
    await run.shows(QUESTION);
    run.type('e\r');
    await run.shows('renamed');
    await run.shows(QUESTION);
    run.type('y\r');
    const { code, screen } = await run.ended;
    expect(screen).toMatch(/✓ renamed|renamed +extract/);
    expect(code).toBe(0);
  });

  it('is interrupted by Ctrl-C, and asks again when it is resumed', async () => {
    const cwd = await library();
    const run = soarAtTerminal(ASK, { cwd });
    await run.shows(QUESTION);
    run.type('\x03');
    expect((await run.ended).code).toBe(130);
    const known = await lastRun(cwd);
    expect(known).toMatchObject({ status: 'interrupted' });
    const refused = await runSoar(['resume', known?.runId ?? ''], { cwd });
    expect({ code: refused.code, said: refused.stderr.includes('at a terminal') }).toEqual({ code: 2, said: true });
    const next = soarAtTerminal(['resume', known?.runId ?? ''], { cwd });
    await next.shows(QUESTION);
    next.type('y\r');
    const { code, screen } = await next.ended;
    expect(screen).toContain('The gate paces starts');
    expect(code).toBe(0);
  });

  it('asks no longer than the run may take', async () => {
    const limited = async (timeoutMs: number) => {
      const run = soarAtTerminal([...ASK, '--timeout', String(timeoutMs)], { cwd: await library() });
      return { timeoutMs, ...(await run.ended) };
    };
    // How long a machine takes until it asks is not known: the first limit that leaves time for that will do.
    let { timeoutMs, code, screen } = await limited(1500);
    while (!screen.includes(QUESTION) && timeoutMs < 60_000)
      ({ timeoutMs, code, screen } = await limited(4 * timeoutMs));
    // The question was given up, and the result stands on lines of its own.
    expect(screen).toContain(`${QUESTION}\r\n`);
    expect(screen).toContain(`did not finish within ${timeoutMs} ms`);
    expect(code).toBe(1);
  });
});
