import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { parseTrace } from '../../src/trace/replay/parse-trace.ts';
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

const TYPED = 'hunter2222';
const SET = 'plan-secret-1';

it.each([[], ['--json'], ['--jsonl']])(
  'a secret that a prompt or a plan says is masked alike on stdout, in the trace, in the store and in what is shown (%s)',
  async (...flags) => {
    const cwd = await temporaryDirectory();
    const plan = {
      goal: `Log in with DB_PASSWORD=${TYPED}`,
      agents: {
        sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'], env: { OWN_SECRET: SET } },
        cat: { kind: 'command', command: ['cat'], description: `password: ${TYPED}` },
      },
      policy: 'test',
      tasks: [
        { id: 'typed', agent: 'cat', prompt: `Use DB_PASSWORD=${TYPED} at https://bob:${TYPED}@example.org/x` },
        {
          id: 'own',
          agent: 'sh',
          prompt: `printf "it is \${OWN_SECRET:0:8}"; sleep 0.2; printf "\${OWN_SECRET:8}, twice: "; echo $OWN_SECRET`,
        },
        { id: 'fails', agent: 'sh', prompt: `echo "cannot reach https://bob:${TYPED}@example.org" >&2; exit 1` },
      ],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const run = await runSoar(['run', path, '--trace', 'run.jsonl', ...flags], { cwd });
    expect(run.code).toBe(3);
    const runId = /run (\S+);/.exec(run.stderr)?.[1] ?? '';
    const shown = [
      await runSoar(['show', runId], { cwd }),
      await runSoar(['show', runId, '--json'], { cwd }),
      await runSoar(['runs', '--json'], { cwd }),
      await runSoar(['run', path, '--dry-run', '--json'], { cwd }),
    ];
    const files = ['run.jsonl', ...readdirSync(join(cwd, '.soar')).map((name) => `.soar/${name}`)];
    const places = [run, ...shown].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    places.push(...files.map((name) => readFileSync(join(cwd, name), 'latin1')));
    for (const place of places) {
      expect(place).not.toContain(TYPED);
      expect(place).not.toContain(SET.slice(0, 8));
    }
    expect(run.stdout).toContain('DB_PASSWORD=«masked» at https://bob:«masked»@example.org/x');
    expect(readFileSync(join(cwd, 'run.jsonl'), 'utf8')).toContain('DB_PASSWORD=«masked» at https://bob:«masked»@');
  },
);

it('a run whose next task needs a secret that was typed says so when it is resumed', async () => {
  const cwd = await temporaryDirectory();
  const plan = {
    agents: { sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } },
    policy: 'test',
    tasks: [
      { id: 'first', prompt: 'kill -9 $PPID' },
      { id: 'second', prompt: `DB_PASSWORD=${TYPED} env`, dependsOn: ['first'] },
    ],
  };
  const path = await writeIn(cwd, 'plan.json', plan);
  const { stderr } = await runSoar(['run', path], { cwd });
  const runId = /run (\S+);/.exec(stderr)?.[1] ?? '';
  const resumed = await runSoar(['resume', runId], { cwd });
  expect(resumed.code).toBe(2);
  expect(resumed.stderr).toContain('task `second` held a secret, and secrets are not stored');
});

it('the variable that an agent names for its key is masked, whatever its name is', async () => {
  const cwd = await temporaryDirectory();
  const model = { kind: 'model', baseURL: 'http://127.0.0.1:9/v1', model: 'm', apiKeyEnv: 'MY_LOGIN' };
  const plan = {
    agents: { model, sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } },
    tasks: [{ id: 'says', agent: 'sh', prompt: 'echo "it is $MY_LOGIN"' }],
  };
  const path = await writeIn(cwd, 'plan.json', plan);
  const env = { MY_LOGIN: 'an-unlikely-value' };
  const run = await runSoar(['run', path, '--trace', 'run.jsonl'], { cwd, env });
  expect(run.stdout).toContain('it is «masked:MY_LOGIN»');
  const shown = await runSoar(['show', /run (\S+);/.exec(run.stderr)?.[1] ?? '', '--json'], { cwd });
  expect(shown.stdout).toContain('it is «masked:MY_LOGIN»');
  const files = ['run.jsonl', ...readdirSync(join(cwd, '.soar')).map((name) => `.soar/${name}`)];
  for (const name of files) expect(readFileSync(join(cwd, name), 'latin1')).not.toContain('an-unlikely-value');
});
