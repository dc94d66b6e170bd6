import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTrace } from '../../src/trace/parse-trace.ts';
import type { RunResult } from '../../src/types.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const SECRET = 'hunter2-hunter2';
const KEY = `ghp_${'a1B2'.repeat(9)}`;

it.each([[], ['--json'], ['--jsonl']])(
  'no secret is printed, traced or stored, whatever agents say of it (%s)',
  async (...flags) => {
    const cwd = await temporaryDirectory();
    const plan = {
      goal: `Hide ${SECRET}`,
      agents: { sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } },
      policy: 'test',
      tasks: [
        { id: 'says', prompt: `echo "$A_SERVICE_TOKEN, ${KEY} and the rest"` },
        { id: 'fails', prompt: `echo "$A_SERVICE_TOKEN was refused" >&2; exit 1` },
      ],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const run = ['run', path, '--trace', 'run.jsonl', ...flags];
    const { code, stdout, stderr } = await runSoar(run, { cwd, env: { A_SERVICE_TOKEN: SECRET } });
    expect(code).toBe(3);
    expect(stdout).toContain('«masked:A_SERVICE_TOKEN», «masked» and the rest');
    expect(stderr).toContain('«masked:A_SERVICE_TOKEN» was refused');
    const files = ['run.jsonl', ...readdirSync(join(cwd, '.soar')).map((name) => `.soar/${name}`)];
    const everything = [stdout, stderr, ...files.map((name) => readFileSync(join(cwd, name), 'latin1'))].join('\n');
    expect(everything).toContain('and the rest');
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain(KEY);
  },
);

it.each(['succeeded', 'task.settled', 'outcomes', 'machine.defined'])(
  'a password that is a word of ours leaves results, events and traces what programs read: %s',
  async (word) => {
    const cwd = await temporaryDirectory();
    const plan = {
      agents: { sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } },
      tasks: [{ id: 'says', prompt: `echo "it: <$HTTP_PASSWORD>"` }],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const env = { HTTP_PASSWORD: word };
    const { stdout } = await runSoar(['run', path, '--trace', 'run.jsonl', '--json'], { cwd, env });
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({
      status: 'succeeded',
      outcomes: [{ status: 'succeeded', output: 'it: <«masked:HTTP_PASSWORD»>' }],
    });
    const shown = await runSoar(['show', result.runId, '--json'], { cwd, env });
    expect(JSON.parse(shown.stdout)).toEqual(result);
    const trace = readFileSync(join(cwd, 'run.jsonl'), 'utf8');
    expect(parseTrace(trace)).toContainEqual(expect.objectContaining({ type: 'run.settled', status: 'succeeded' }));
    expect(trace).not.toContain(`<${word}>`);
  },
);
