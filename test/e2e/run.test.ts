import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/types.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import { quoted, temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const sh = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } as const;
const quick = { preset: 'test', retry: { retries: 0 } } as const;

function planOf(tasks: Plan['tasks'], rest: Partial<Plan> = {}): Plan {
  return { agents: { sh }, policy: quick, tasks, ...rest };
}

async function run(plan: Plan | string, args: readonly string[] = []) {
  const cwd = await temporaryDirectory();
  const stdin = typeof plan === 'string' ? plan : JSON.stringify(plan);
  return { cwd, ...(await runSoar(['run', '-', ...args], { cwd, stdin })) };
}

describe('soar run', () => {
  it('prints one result as JSON and nothing else on stdout', async () => {
    const { code, stdout, stderr } = await run(planOf([{ id: 'a', prompt: 'echo hello; echo chatter >&2' }]), [
      '--json',
    ]);
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({ status: 'succeeded', outcomes: [{ taskId: 'a', output: 'hello', via: 'agent' }] });
    expect(stderr).toContain('start a (sh)');
    expect(code).toBe(0);
  });

  it('prints every event as a line of JSON, the result last', async () => {
    const { stdout } = await run(planOf([{ id: 'a', prompt: 'echo hello' }]), ['--jsonl', '--quiet']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    expect(events[0]?.type).toBe('run.started');
    expect(events.map(({ type }) => type)).toContain('attempt.output');
    expect(events.filter(({ type }) => type === 'run.settled')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'run.settled', result: { status: 'succeeded' } });
  });

  it('prints a table and the outputs of the tasks nothing depends on', async () => {
    const { stdout } = await run(
      planOf([
        { id: 'first', prompt: 'echo inner words' },
        { id: 'last', prompt: 'cat <<END\nouter words\nEND\ntrue <<END', dependsOn: ['first'] },
      ]),
    );
    expect(stdout).toMatch(/^succeeded · 2 of 2 tasks succeeded/);
    expect(stdout).toMatch(/✓ {2}first {2}sh/);
    expect(stdout).toContain('── last ──\nouter words');
    expect(stdout).not.toContain('── first ──');
    expect(stdout).toContain('--json');
  });

  it('says on stderr what happens, as plain lines', async () => {
    const retried = planOf([{ id: 'a', prompt: 'exit 1' }], { policy: { preset: 'test', retry: { retries: 1 } } });
    const { stderr } = await run(retried);
    expect(stderr).toContain('wave 1/1: 1 task\n');
    expect(stderr).toMatch(/retry a in \d+\.\d s: exited with code 1/);
    expect(stderr).toContain('start a (sh, attempt 2)');
    expect(stderr).toMatch(/failed a .*\(1\/1 done\)/);
    expect(stderr).not.toContain('\x1b');
  });

  it('says nothing on stderr when quiet', async () => {
    const { stderr } = await run(planOf([{ id: 'a', prompt: 'echo hello' }]), ['--quiet']);
    expect(stderr).toBe('');
  });

  it('ends with 3 when some tasks succeeded', async () => {
    const { code } = await run(
      planOf([
        { id: 'good', prompt: 'true' },
        { id: 'bad', prompt: 'false' },
      ]),
    );
    expect(code).toBe(3);
  });

  it('ends with 1 when none succeeded', async () => {
    const { code } = await run(planOf([{ id: 'bad', prompt: 'false' }]));
    expect(code).toBe(1);
  });

  it('ends with 4 when the budget is exhausted', async () => {
    const tasks = [
      { id: 'a', prompt: 'true' },
      { id: 'b', prompt: 'true', dependsOn: ['a'] },
    ];
    const { code, stdout } = await run(planOf(tasks), ['--budget', 'attempts=1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{ status: 'succeeded' }, { error: { kind: 'budget' } }] });
    expect(code).toBe(4);
  });

  it('ends with 4 when the budget of cost is exhausted, by its own table of prices', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(
      cwd,
      'soar.config.mjs',
      `export default {
        agents: { paid: { model: 'large', run: () => ({ output: 'yes', usage: { inputTokens: 400000, outputTokens: 10000 } }) } },
        prices: { large: { inputPerMillion: 2, outputPerMillion: 20 } },
      };`,
    );
    const tasks = ['a', 'b', 'c', 'd'].map((id) => ({ id, prompt: `do ${id}` }));
    const flags = ['--budget', 'cost=1.50', '--max-concurrent', '1'];
    const ended = await runSoar(['run', '-', ...flags], { cwd, stdin: JSON.stringify({ tasks }) });
    expect(ended.stdout).toContain('2 of 4 tasks succeeded · 2 skipped');
    expect(ended.stdout).toContain('820000 tokens · $2.00');
    expect(ended.code).toBe(4);
  });

  it('uses answers of earlier runs again with --cache, until a file of the folder changes', async () => {
    const cwd = await temporaryDirectory();
    const elsewhere = await temporaryDirectory();
    await writeIn(cwd, 'notes.md', 'first');
    const ask = { prompt: `echo asked >> ${quoted(join(elsewhere, 'log'))}; cat notes.md` };
    const plan = planOf([
      { id: 'a', ...ask },
      { id: 'b', ...ask },
    ]);
    const go = async (...args: string[]) => {
      const { stdout, stderr } = await runSoar(['run', '-', '--json', '--cache', ...args], {
        cwd,
        stdin: JSON.stringify(plan),
      });
      const result = JSON.parse(stdout) as RunResult;
      const asked = (await readFile(join(elsewhere, 'log'), 'utf8')).trim().split('\n').length;
      return { vias: result.outcomes.map(({ via, output }) => `${via} ${output}`), asked, stderr };
    };
    const first = await go('--trace', 'trace.jsonl');
    expect(first).toMatchObject({ vias: ['agent first', 'cache first'], asked: 1 });
    expect(first.stderr).toContain('done b from the cache (2/2 done)');
    expect(await go('--trace', 'trace.jsonl')).toMatchObject({ vias: ['cache first', 'cache first'], asked: 1 });
    await writeIn(cwd, 'notes.md', 'second');
    expect(await go('--trace', 'trace.jsonl')).toMatchObject({ vias: ['agent second', 'cache second'], asked: 2 });
    expect(await go('--no-cache')).toMatchObject({ vias: ['agent second', 'agent second'], asked: 4 });
  });

  it('answers from what exists when the budget of cost is spent half-way', async () => {
    const cwd = await temporaryDirectory();
    const agent = "({ question }) => ({ output: 'found: ' + question, usage: { costUsd: 1 } })";
    await writeIn(cwd, 'soar.config.mjs', `export default { agents: { paid: ${agent} } };`);
    const question = 'What does the gate do? What does the breaker do? What does the journal keep?';
    const flags = ['--budget', 'cost=2', '--max-concurrent', '1', '--json'];
    const { code, stdout } = await runSoar(['ask', question, ...flags], { cwd });
    const result = JSON.parse(stdout) as RunResult;
    const via = Map.groupBy(result.outcomes, ({ status }) => status);
    expect(via.get('succeeded')).toHaveLength(2);
    expect(via.get('skipped')?.every(({ error }) => error?.kind === 'budget')).toBe(true);
    expect(result).toMatchObject({ status: 'partial', metadata: { usage: { costUsd: 2 } } });
    expect(result.answer).toContain('found: What does the gate do?');
    expect(code).toBe(4);
  });

  it('ends with 75 when every failure is a rate limit', async () => {
    const policy = { ...quick, cooling: { maxRateLimits: 0 } };
    const { code, stdout } = await run(
      planOf(
        [
          { id: 'fine', prompt: 'true' },
          { id: 'limited', prompt: 'echo "429 Too Many Requests" >&2; exit 1' },
        ],
        { policy },
      ),
      ['--json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({ outcomes: [{}, { error: { kind: 'rate_limited' } }] });
    expect(code).toBe(75);
  });

  it('refuses a bad plan with every fault, and runs nothing', async () => {
    const cwd = await temporaryDirectory();
    const plan = {
      agents: { sh },
      tasks: [
        { id: 'a', prompt: 'touch ran', dependsOn: ['b'] },
        { id: 'b', prompt: 'true', dependsOn: ['a', 'nowhere'] },
        { id: 'b', prompt: 'true' },
        { id: 'c', promt: 'true' },
      ],
    };
    const { code, stdout, stderr } = await runSoar(['run', '-'], { cwd, stdin: JSON.stringify(plan) });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('a → b → a');
    expect(stderr).toContain('`nowhere`, which is not in the plan');
    expect(stderr).toContain('`b` is used twice');
    expect(stderr).toContain('`tasks[3].prompt` is missing');
    expect(stderr).toContain('Did you mean `prompt`?');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });

  it('helps when no task names an agent', async () => {
    const { code, stderr } = await run({ tasks: [{ id: 'a', prompt: 'x' }] });
    expect(code).toBe(2);
    expect(stderr).toContain('--tool, SOAR_TOOL');
  });

  it('runs a Markdown task list without the ticked tasks', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'soar.config.json', { agents: { sh }, defaults: { policy: 'test' } });
    await writeIn(cwd, 'tasks.md', '# Chores\n- [x] 1. touch one\n- [ ] 2. touch two\n');
    const { code, stdout } = await runSoar(['run', 'tasks.md', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      outcomes: [
        { taskId: '1', status: 'succeeded', attempts: [] },
        { taskId: '2', status: 'succeeded' },
      ],
    });
    expect([existsSync(join(cwd, 'one')), existsSync(join(cwd, 'two'))]).toEqual([false, true]);
    expect(code).toBe(0);
  });

  it('runs nothing on a dry run, and says what it would run', async () => {
    const plan = planOf([{ id: 'a', prompt: 'touch ran' }]);
    const { cwd, code, stdout } = await run(plan, ['--dry-run', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      waves: [[{ taskId: 'a', agentId: 'sh', argv: ['bash', '-c', 'touch ran'], policy: 'test' }]],
      timeoutFrom: 'derived',
    });
    expect(code).toBe(0);
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });

  it('shows on a dry run every program, variable, folder and address that a stranger’s plan would use', async () => {
    const cwd = await temporaryDirectory();
    const plan = {
      policy: 'test',
      agents: {
        sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'], env: { LD_PRELOAD: '/tmp/evil.so' } },
        gone: { kind: 'command', command: ['no-such-program'], cwd: '/' },
        llm: {
          kind: 'model',
          baseURL: 'https://evil.test/v1',
          model: 'm',
          apiKeyEnv: 'OPENAI_API_KEY',
          headers: { 'x-who': 'me' },
        },
      },
      tasks: [
        { id: 'a', agent: 'sh', prompt: 'id', fallback: 'llm', env: { PATH: '/usr/bin' } },
        { id: 'b', agent: 'gone', prompt: 'x' },
      ],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const where = { cwd, env: { OPENAI_API_KEY: 'a-key' } };
    const asJson = await runSoar(['run', path, '--dry-run', '--json'], where);
    const endpoint = {
      url: 'https://evil.test/v1',
      model: 'm',
      keyFrom: 'OPENAI_API_KEY',
      headers: { 'x-who': 'me' },
    };
    expect((JSON.parse(asJson.stdout) as { waves: unknown[][] }).waves).toMatchObject([
      [
        {
          argv: ['bash', '-c', 'id'],
          program: '/usr/bin/bash',
          env: { LD_PRELOAD: '/tmp/evil.so', PATH: '/usr/bin' },
          fallback: 'llm',
          fallbackStart: { agentId: 'llm', endpoint },
        },
        { argv: ['no-such-program'], program: null, cwd: '/' },
      ],
    ]);
    const { stdout } = await runSoar(['run', path, '--dry-run'], where);
    expect(stdout).toContain('program /usr/bin/bash');
    expect(stdout).toContain('LD_PRELOAD=/tmp/evil.so');
    expect(stdout).toContain('llm: m at https://evil.test/v1, with the key in OPENAI_API_KEY');
    expect(stdout).toContain('there is no no-such-program');
  });

  it('lets a flag win over the plan', async () => {
    const plan = planOf([{ id: 'a', prompt: 'exit 1' }], { retries: 2, policy: 'test' });
    const { stdout } = await run(plan, ['--retries', '0', '--json']);
    expect((JSON.parse(stdout) as RunResult).outcomes[0]?.attempts).toHaveLength(1);
  });

  it('runs agents of a configuration in TypeScript, and keeps what they print off stdout', async () => {
    const cwd = await temporaryDirectory();
    const config =
      'const agent = ({ prompt }: { prompt: string }) => { console.log("noise"); return prompt.toUpperCase(); };\n' +
      'process.stdout.write("more of it");\nsetInterval(() => {}, 1000);\nexport default { agents: { loud: agent } };\n';
    await writeIn(cwd, 'soar.config.ts', config);
    const stdin = JSON.stringify({ tasks: [{ id: 'a', prompt: 'hey' }] });
    const { code, stdout, stderr } = await runSoar(['run', '-', '--json'], { cwd, stdin });
    expect((JSON.parse(stdout) as RunResult).outcomes[0]?.output).toBe('HEY');
    expect(stderr).toContain('noise');
    expect(stderr).toContain('more of it');
    expect(code).toBe(0);
  });

  it.each(['process.exit(0)', 'queueMicrotask(() => { throw new Error("stray") })'])(
    'is not a success when an agent calls %s, and says how to continue',
    async (call) => {
      const cwd = await temporaryDirectory();
      await writeIn(cwd, 'soar.config.js', `export default { agents: { bad: () => new Promise(() => ${call}) } };`);
      const stdin = JSON.stringify({ tasks: [{ id: 'a', prompt: 'hey', agent: 'bad' }] });
      const { code, stdout, stderr } = await runSoar(['run', '-', '--json'], { cwd, stdin });
      expect(stderr).toMatch(/The run did not finish\. To resume: soar resume \S+\n$/);
      expect([code, stdout]).toEqual([1, '']);
    },
  );

  it('ends when a task has left a process behind', async () => {
    const { code, stdout } = await run(planOf([{ id: 'a', prompt: 'sleep 300 & echo $!' }]), ['--json']);
    expect((JSON.parse(stdout) as RunResult).outcomes[0]?.output).toMatch(/^\d+$/);
    expect(code).toBe(0);
  });

  it('prints a large result whole', async () => {
    const plan = planOf([{ id: 'a', prompt: 'head -c 900000 /dev/zero | tr "\\0" x' }]);
    const { stdout } = await run(plan, ['--json']);
    expect((JSON.parse(stdout) as RunResult).outcomes[0]?.output).toHaveLength(900_000);
  });

  it('works in another directory', async () => {
    const [cwd, other] = [await temporaryDirectory(), await temporaryDirectory()];
    const stdin = JSON.stringify(planOf([{ id: 'a', prompt: 'echo here > made' }]));
    await runSoar(['run', '-', '--cwd', other], { cwd, stdin });
    expect(await readFile(join(other, 'made'), 'utf8')).toBe('here\n');
  });
});
