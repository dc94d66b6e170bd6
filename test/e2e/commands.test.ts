import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePlanText } from '../../src/plan/parse.ts';
import type { RunResult } from '../../src/run/result.ts';
import { pathWithFakes } from '../support/fake-tools.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

async function library(): Promise<string> {
  const cwd = await temporaryDirectory();
  const gate = '# Gate\n\nThe gate paces starts: the next start waits until the gap since the last start is over.\n';
  await writeIn(cwd, 'gate.md', gate);
  return cwd;
}

describe('the command line', () => {
  it.each([
    [['rnu'], 'Did you mean run?'],
    [['run', 'plan.yaml', '--retrys', '2'], 'Did you mean --retries?'],
    [['run', 'plan.yaml', '--max-concurrent', '0'], 'a whole number, 1 or more'],
    [['run', 'nowhere.yaml'], 'there is no such file'],
    [['run'], "missing required argument 'plan'"],
    [['ask', ' '], 'The question is empty'],
    [['ask', 'x', '--tool', 'cloude'], 'Did you mean `claude`?'],
    [['machine', 'tsk'], 'Did you mean `task`?'],
    [['run', 'nowhere.yaml', '--config', 'none.yaml'], 'There is no configuration file none.yaml'],
  ])('refuses %j with 2 and a hint', async (args, hint) => {
    const { code, stdout, stderr } = await runSoar(args, { cwd: await temporaryDirectory() });
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('prints its version and its help', async () => {
    const cwd = await temporaryDirectory();
    const [version, help] = await Promise.all([runSoar(['--version'], { cwd }), runSoar(['--help'], { cwd })]);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(help.stdout).toContain('Examples:');
    expect(help.code).toBe(0);
  });
});

describe('soar ask', () => {
  it('answers offline, and says that it does', async () => {
    const { code, stdout, stderr } = await runSoar(['ask', 'How does the gate pace starts?'], { cwd: await library() });
    expect(stderr).toContain('searching the files here, without a model');
    expect(stdout).toMatch(/Matching passages, best first\n\n.*\(gate\.md:/);
    expect(stdout).not.toContain('Confidence');
    expect(code).toBe(0);
  });

  it('finds nothing where nothing matches, and exits with 1', async () => {
    const { code, stdout } = await runSoar(['ask', 'Why do glaciers calve?'], { cwd: await library() });
    expect(stdout).toMatch(/^failed · [^\n]*\nnot_found: Nothing was found for the question\./);
    expect(stdout).not.toContain('✓');
    expect(code).toBe(1);
  });

  it('gives a result with answer and sources as JSON', async () => {
    const { stdout } = await runSoar(['ask', '--json', 'How', 'does the gate pace starts?'], { cwd: await library() });
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({ query: 'How does the gate pace starts?', status: 'succeeded' });
    expect(result.sources?.[0]).toMatchObject({ path: 'gate.md' });
  });
});

describe('soar plan', () => {
  it('prints a plan that soar run runs', async () => {
    const cwd = await library();
    const planned = await runSoar(['plan', 'How does the gate pace starts?'], { cwd });
    expect(planned.code).toBe(0);
    expect(planned.stdout).toMatch(/^# Edit it, then: soar run plan\.yaml\n/);
    expect(parsePlanText(planned.stdout).tasks[0]?.read?.[0]).toMatch(/^gate\.md:/);
    const { code, stdout } = await runSoar(['run', '-', '--json'], { cwd, stdin: planned.stdout });
    expect((JSON.parse(stdout) as RunResult).outcomes.some(({ output }) => output.includes('gate.md'))).toBe(true);
    expect(code).toBe(0);
  });

  it('prints it after all when it cannot be written where it should go', async () => {
    const args = ['plan', 'How does the gate work?', '-o', 'nowhere/plan.yaml'];
    const { code, stdout, stderr } = await runSoar(args, { cwd: await library() });
    expect(stderr).toContain('Cannot write the plan to `nowhere/plan.yaml`: there is no such file or folder.');
    expect(parsePlanText(stdout).tasks[0]?.read?.[0]).toMatch(/^gate\.md:/);
    expect(code).toBe(2);
  });

  it('writes it to a file, with the agents it names', async () => {
    const cwd = await library();
    const args = ['plan', 'How does the gate work?', '-o', 'plan.yaml', '--tool', 'claude', '--model', 'opus'];
    const { code, stdout, stderr } = await runSoar(args, { cwd });
    const plan = parsePlanText(await readFile(join(cwd, 'plan.yaml'), 'utf8'));
    expect(plan.tasks[0]?.read?.[0]).toMatch(/^gate\.md:/);
    expect(plan.agents).toEqual({ claude: { kind: 'cli', tool: 'claude', model: 'opus' } });
    expect(stdout).toBe('');
    expect(stderr).toContain('soar run plan.yaml');
    expect(code).toBe(0);
  });
});

describe('soar doctor', () => {
  it('fails when a configured agent cannot be started', async () => {
    const cwd = await temporaryDirectory();
    const agents = {
      fine: { kind: 'command', command: ['bash', '-c', 'true'] },
      broken: { kind: 'command', command: ['no-such-program-here'] },
    };
    await writeIn(cwd, 'soar.config.json', { agents });
    const { code, stdout } = await runSoar(['doctor', '--json'], { cwd });
    const reports = JSON.parse(stdout) as { id: string; ok: boolean; configured: boolean }[];
    expect(reports.filter(({ configured }) => configured).map(({ id, ok }) => [id, ok])).toEqual([
      ['fine', true],
      ['broken', false],
    ]);
    expect(code).toBe(1);
  });

  it('asks the tools that are there for one word on request, and says that it may cost money', async () => {
    const env = { PATH: pathWithFakes() };
    const { stdout, stderr, code } = await runSoar(['doctor', '--self-test'], { cwd: await temporaryDirectory(), env });
    expect(stderr).toContain('may cost money');
    expect(stdout).toMatch(/✓ +claude .*0\.0\.0 \(a fake claude\)\n +answered "ready" after \d.*1050 tokens, \$0\.01/);
    expect(code).toBe(0);
  });

  it('is content when nothing is configured', async () => {
    const { code, stdout } = await runSoar(['doctor'], { cwd: await temporaryDirectory() });
    expect(stdout).toContain('No agent is configured');
    expect(code).toBe(0);
  });
});

describe('soar machine', () => {
  it('lists the charts', async () => {
    const { stdout } = await runSoar(['machine'], { cwd: await temporaryDirectory() });
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'soar',
      'collect',
      'wave',
      'task',
      'breaker',
      'gate',
      '',
    ]);
  });

  it('prints the picture of the task', async () => {
    const { stdout, code } = await runSoar(['machine', 'task', '--svg'], { cwd: await temporaryDirectory() });
    expect(stdout).toMatch(/^<svg [\s\S]*circuitOpen[\s\S]*<\/svg>\n$/);
    expect(code).toBe(0);
  });

  it('draws the task as a diagram', async () => {
    const { stdout } = await runSoar(['machine', 'task', '--mermaid'], { cwd: await temporaryDirectory() });
    expect(stdout).toMatch(/^stateDiagram-v2\n/);
    for (const state of [
      'staggered',
      'running',
      'retrying',
      'cooling',
      'circuitOpen',
      'fallback',
      'cancelling',
      'done',
    ]) {
      expect(stdout).toContain(state);
    }
  });
});
