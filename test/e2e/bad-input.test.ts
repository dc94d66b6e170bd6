import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, SOAR, writeIn } from './soar-cli.ts';

const PLAN =
  'agents: { sh: { kind: command, command: [sh, -c, "{{prompt}}"] } }\ntasks:\n  - { id: a, prompt: "echo hi" }\n';

async function refusal(args: readonly string[], options: { cwd: string; stdin?: string }): Promise<string> {
  const { code, stdout, stderr } = await runSoar(args, options);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n {4}at |YAMLWarning|uv_cwd/);
  return stderr.trim();
}

describe('Bad input to soar run gets one clear error and exit code 2', () => {
  it('names the encoding of a plan that is not UTF-8', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'p.yaml'), `\uFEFF${PLAN}`, 'utf16le');
    expect(await refusal(['run', 'p.yaml'], { cwd })).toBe(
      'error: Cannot read the plan `p.yaml`: it is UTF-16, not UTF-8; save it as UTF-8.',
    );
    await writeFile(join(cwd, 'l.yaml'), PLAN.replace('hi', 'caf\xe9'), 'latin1');
    expect(await refusal(['run', 'l.yaml', '--dry-run'], { cwd })).toContain('line 3 has bytes of another encoding');
  });

  it('refuses a folder as a plan', async () => {
    const cwd = await temporaryDirectory();
    expect(await refusal(['run', '.'], { cwd })).toBe('error: Cannot read the plan `.`: it is a folder, not a file.');
  });

  it('names the variable of an environment that no program can be started with', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'q.yaml', PLAN.replace('"echo hi" }', `"echo hi", env: { BIG: ${'x'.repeat(200_000)} } }`));
    expect(await refusal(['run', 'q.yaml'], { cwd })).toMatch(
      /^error: .* Line 3: Expected `tasks\[0\]\.env\.BIG` to be at most 131071 bytes long with its name/,
    );
  });

  it('lists faults of form, of dependencies and of agents together, with lines and tasks', async () => {
    const cwd = await temporaryDirectory();
    const tasks = ['  - { id: b, prompt: x, agent: nobody }', '  - { id: c, prmpt: x, dependsOn: [d] }'];
    await writeIn(cwd, 'p.yaml', `${PLAN}${tasks.join('\n')}\n`);
    expect((await refusal(['run', 'p.yaml'], { cwd })).split('\n')).toEqual([
      'error: The plan p.yaml has 4 faults:',
      '  Line 4: There is no agent `nobody` (`agent` of task `b`). Known: `sh`, `extract`.',
      '  Line 5: `tasks[2].prompt` is missing; expected a string. (task `c`)',
      '  Line 5: Unknown key `prmpt` in `tasks[2]`. Did you mean `prompt`? (task `c`)',
      '  Line 5: Task `c` depends on `d`, which is not in the plan.',
    ]);
  });

  it('has no warning of a parser beside the faults of a Markdown list', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'p.md', '- [ ] 1. say: "x\n  - Agent: extract\n  - Agnt: y\n');
    expect(await refusal(['run', 'p.md'], { cwd })).toMatch(/^error: The plan p\.md is not valid: Line 3: .*$/);
  });

  it('says that the working directory was deleted', async () => {
    const cwd = await temporaryDirectory();
    const plan = await writeIn(cwd, 'p.yaml', PLAN);
    const [node, ...main] = SOAR;
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$@"`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', node, ...main, 'run', plan], {
      cwd,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: 'error: The working directory does not exist any more. Change to another one, or name one with -C.\n',
    });
  });
});
