import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } as const;

async function runWith(hooks: object, prompt: string, ...args: string[]) {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'soar.config.json', { agents: { sh }, ...hooks });
  const plan = await writeIn(cwd, 'plan.json', { tasks: [{ id: 'a', prompt, retries: 0 }] });
  const ended = await runSoar(['run', plan, '--json', ...args], { cwd });
  return { ...ended, cwd };
}

describe('the hook onSettled', () => {
  it('gets the result of a run as JSON, and its id', async () => {
    const onSettled = ['bash', '-c', 'cat > result.json; echo "$SOAR_HOOK $SOAR_RUN_ID" > about'];
    const { code, stdout, cwd } = await runWith({ onSettled }, 'exit 3');
    const result = JSON.parse(stdout) as { runId: string; status: string };
    expect({ code, status: result.status }).toEqual({ code: 1, status: 'failed' });
    expect(JSON.parse(readFileSync(join(cwd, 'result.json'), 'utf8'))).toEqual(result);
    expect(readFileSync(join(cwd, 'about'), 'utf8')).toBe(`onSettled ${result.runId}\n`);
  });

  it.each([
    [['bash', '-c', 'echo no network >&2; exit 7'], /warning: The hook onSettled exited with code 7: no network\./],
    [['no-such-program'], /warning: The hook onSettled could not be run/],
    [['true'], /^(?![\s\S]*warning)/],
  ])('harms no run: %j', async (onSettled, said) => {
    const { code, stdout, stderr } = await runWith({ onSettled }, 'echo hi');
    expect({ code, status: (JSON.parse(stdout) as { status: string }).status }).toEqual({
      code: 0,
      status: 'succeeded',
    });
    expect(stderr).toMatch(said);
  });

  it('is refused in the configuration when it is not a command', async () => {
    const { code, stderr } = await runWith({ onSettled: 'rm -rf' }, 'echo hi');
    expect(code).toBe(2);
    expect(stderr).toContain('`onSettled`');
  });
});

describe('the flags of place', () => {
  it.each(['runs', 'show', 'doctor', 'machine'])('are taken by soar %s', async (command) => {
    const { cwd } = await runWith({}, 'echo hi');
    const { stderr } = await runSoar([command, '-C', cwd, '--config', 'soar.config.json', '--state-dir', '.soar'], {
      cwd,
    });
    expect(stderr).not.toContain('unknown option');
  });
});
