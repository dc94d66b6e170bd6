import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar } from './soar-cli.ts';

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'exit 0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await runSoar(['completion', shell], { cwd: await temporaryDirectory() });
  expect(code).toBe(0);
  return stdout;
}

describe('the completion of commands', () => {
  it.each([
    ['soar re', 1, ['resume']],
    ['soar run --dry', 2, ['--dry-run']],
    ['soar view --on', 2, ['--once']],
    ['soar run plan', 2, []],
  ])('completes in bash: %s', async (line, at, expected) => {
    const script = `${await scriptFor('bash')}
COMP_WORDS=(${line}); COMP_CWORD=${at}; _soar; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(said.split('\n').filter((word) => word !== '')).toEqual(expected);
  });

  it.runIf(has('fish'))('completes in fish', async () => {
    const home = await temporaryDirectory();
    const file = join(home, 'soar.fish');
    writeFileSync(file, await scriptFor('fish'));
    const env = { ...process.env, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, HOME: home };
    const ask = `source ${file}; complete -C 'soar re'; complete -C 'soar run --dry'`;
    const said = execFileSync('fish', ['-c', ask], { encoding: 'utf8', env });
    expect(said).toMatch(/^resume\t[^\n]+\n--dry-run\t/);
  });

  it.runIf(has('zsh'))('is a script that zsh takes', async () => {
    const script = `autoload -Uz compinit; compinit -D -u; ${await scriptFor('zsh')}\nwhence -w _soar; echo $_comps[soar]`;
    const env = { ...process.env, HOME: await temporaryDirectory() };
    expect(execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8', env })).toBe('_soar: function\n_soar\n');
  });

  it('refuses another shell with those there are', async () => {
    const { code, stderr } = await runSoar(['completion', 'tcsh'], { cwd: await temporaryDirectory() });
    expect(code).toBe(2);
    expect(stderr).toContain('bash, zsh, fish');
  });
});
