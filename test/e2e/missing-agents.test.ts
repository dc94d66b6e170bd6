import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const GONE = { kind: 'command', command: ['no-such-program'] } as const;
const CODEX = { kind: 'cli', tool: 'codex' } as const;
const TOUCH = { kind: 'command', command: ['touch', 'ran'], prompt: 'none' } as const;
/** No tool of this machine, but the programs that a shell needs. */
const env = { PATH: '/usr/bin:/bin' };

async function run(plan: object, ...args: string[]) {
  const cwd = await temporaryDirectory();
  const path = await writeIn(cwd, 'plan.json', plan);
  const ended = await runSoar(['run', path, ...args], { cwd, env });
  return { ...ended, ran: existsSync(join(cwd, 'ran')) };
}

describe('an agent that is not installed', () => {
  it('keeps a run from starting, with how to install it', async () => {
    const tasks = [
      { id: 'first', agent: 'touch', prompt: '' },
      { id: 'second', agent: 'codex', prompt: 'x', dependsOn: ['first'] },
    ];
    const { code, stderr, ran } = await run({ agents: { codex: CODEX, touch: TOUCH }, tasks });
    expect({ code, ran }).toEqual({ code: 2, ran: false });
    expect(stderr).toBe(
      'error: Agent `codex`: `codex` is not installed here. Install it with `npm install -g @openai/codex`, then run `codex login`.\nNothing was started.\n',
    );
  });

  it('is named once, beside the others that are missing', async () => {
    const tasks = ['a', 'b', 'c'].map((id) => ({ id, agent: id === 'c' ? 'codex' : 'gone', prompt: 'x' }));
    const { code, stderr } = await run({ agents: { gone: GONE, codex: CODEX }, tasks });
    expect(code).toBe(2);
    expect(stderr.match(/no-such-program/g)).toHaveLength(1);
    expect(stderr).toContain('`codex` is not installed here');
  });

  it('does not matter where an installed fallback takes over, or where the task is ticked', async () => {
    const tasks = [
      { id: 'a', agent: 'gone', prompt: '', fallback: 'touch', retries: 0 },
      { id: 'b', agent: 'gone', prompt: '', done: { output: 'done before' } },
    ];
    const { code, ran } = await run({ agents: { gone: GONE, touch: TOUCH }, tasks });
    expect({ code, ran }).toEqual({ code: 0, ran: true });
  });

  it('may be made by an earlier task', async () => {
    const made = { kind: 'command', command: ['./tool'], prompt: 'none' } as const;
    const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } as const;
    const tasks = [
      { id: 'build', agent: 'sh', prompt: "printf '#!/bin/sh\\necho made' > tool && chmod +x tool" },
      { id: 'use', agent: 'made', prompt: '', dependsOn: ['build'] },
    ];
    const { code, stdout } = await run({ agents: { made, sh }, tasks });
    expect(stdout).toContain('made');
    expect(code).toBe(0);
  });

  it('keeps a question from starting when it is the only one', async () => {
    const cwd = await temporaryDirectory();
    const { code, stderr, stdout } = await runSoar(['ask', '--tool', 'gemini', 'Why?'], { cwd, env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: Agent `gemini`: `gemini` is not installed here\. Install it with /);
  });
});
