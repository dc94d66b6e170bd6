import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { type Ended, runSoar, writeIn } from './soar-cli.ts';

/** A title, a colour of the eight-bit kind, and a character that turns the line around. */
const EVIL = '\x1b]0;x\x07\u009b31m\u202e\u2066\u200f\ufeff';

/** Control and format characters that act on a terminal, newline and tab aside. */
const RAW = /[^\P{C}\n\t\p{Cn}\p{Co}]/u;

function expectPlain({ stdout, stderr }: Ended): void {
  expect(RAW.exec(stdout)?.input ?? null).toBe(null);
  expect(RAW.exec(stderr)?.input ?? null).toBe(null);
}

const say = (text: string) => ({
  kind: 'command',
  command: ['sh', '-c', `printf '%s' "$SAYS"`],
  env: { SAYS: text },
  prompt: 'none',
});

/** Runs, with hostile characters wherever a plan may have them: ids of tasks may not. */
const GOOD = {
  goal: `goal ${EVIL}`,
  agents: {
    [`good ${EVIL}`]: { ...say(`said ${EVIL}`), description: EVIL, capabilities: [EVIL], provider: EVIL },
    [`bad ${EVIL}`]: {
      kind: 'command',
      command: ['sh', '-c', `printf '%s' "$SAYS" >&2; exit 3`, EVIL],
      env: { SAYS: `broken ${EVIL}\nError: ${EVIL}` },
      prompt: 'none',
    },
  },
  retries: 0,
  onDependencyFailure: 'proceed',
  tasks: [
    { id: 'task', prompt: `prompt ${EVIL}`, agent: `good ${EVIL}`, env: { X: EVIL } },
    { id: 'bad', prompt: EVIL, agent: `bad ${EVIL}`, dependsOn: ['task'] },
  ],
};

/** Values, keys, relations and files that are wrong. */
const FAULTY: readonly [string, string][] = [
  ['plan.json', JSON.stringify({ [`key ${EVIL}`]: 1, policy: EVIL, tasks: [{ id: EVIL, [EVIL]: EVIL, env: EVIL }] })],
  [
    'plan.yaml',
    `tasks: [{ id: a, prompt: x, agent: "${EVIL.replaceAll('\x1b', '\\e').replace('\x07', '\\a')}", read: [b\u202e] }]`,
  ],
  ['plan.md', `- [ ] 1. x\n  - Depends: 2${EVIL}`],
];

describe('hostile characters in a plan', () => {
  it('are shown as escapes, in all that a run says of itself', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'plan.json', GOOD);
    const dry = await runSoar(['run', 'plan.json', '--dry-run'], { cwd });
    expectPlain(dry);
    expect(dry.stdout).toContain('\\u202e');
    const run = await runSoar(['run', 'plan.json'], { cwd });
    expectPlain(run);
    expect(run.stdout).toContain('\\u202e');
    expect(run.stderr).toContain('\\u202e');
    const runs = await runSoar(['runs'], { cwd });
    expectPlain(runs);
    const runId = /^(\S+) +(?:partial|failed)/m.exec(runs.stdout)?.[1] ?? '';
    expectPlain(await runSoar(['show', runId], { cwd }));
    expectPlain(await runSoar(['resume', runId], { cwd }));
    const json = await runSoar(['show', runId, '--json'], { cwd });
    expectPlain(json);
    expect(JSON.parse(json.stdout).outcomes[0].output).toBe(`said ${EVIL}`);
  });

  it('are escapes in JSON, of which every line says what was said', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'plan.json', GOOD);
    const run = await runSoar(['run', 'plan.json', '--jsonl', '--quiet'], { cwd });
    expectPlain(run);
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find(({ type }) => type === 'attempt.output').text).toBe(`said ${EVIL}`);
    expectPlain(await runSoar(['run', 'plan.json', '--json', '--dry-run'], { cwd }));
  });

  it.each(FAULTY)('are shown as escapes where %s is faulty', async (name, text) => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, name, text);
    const ended = await runSoar(['run', name], { cwd });
    expect(ended.code).toBe(2);
    expectPlain(ended);
    expect(ended.stderr).toContain('\\u202e');
  });
});

describe('hostile characters in arguments', () => {
  it.each([
    [['run', `a\nb${EVIL}.yaml`]],
    [['run', 'x', `--${EVIL}`]],
    [['run', 'x', '--budget', EVIL]],
    [['ask', 'x', '--tool', EVIL]],
    [['resume', EVIL]],
    [['runs', '--state-dir', `x${EVIL}`]],
  ])('are escapes in what %j says', async (args) => {
    const cwd = await temporaryDirectory();
    const ended = await runSoar(args, { cwd });
    expectPlain(ended);
    expect(ended.stdout + ended.stderr).toContain('\\u202e');
  });

  it('are escapes in messages about a faulty configuration', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'soar.config.json', { [EVIL]: 1, agents: { [EVIL]: { kind: EVIL } }, policy: EVIL });
    const ended = await runSoar(['doctor', '--cwd', join(cwd)], { cwd });
    expect(ended.code).toBe(2);
    expectPlain(ended);
  });
});
