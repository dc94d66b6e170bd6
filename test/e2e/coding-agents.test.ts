import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import type { TaskOutcome } from '../../src/types/task.ts';
import { pathWithFakes } from '../support/fake-tools.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { type Ended, runSoar, startSoar, writeIn } from './soar-cli.ts';

const SECRET = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuvwxyz';
const ENV = { PATH: pathWithFakes(), FAKE_API_KEY: SECRET };

const PLAN = {
  goal: 'Coding agents that fail',
  staggerMs: 0,
  retries: 0,
  agents: { claude: { kind: 'cli', tool: 'claude' }, codex: { kind: 'cli', tool: 'codex' } },
  tasks: [
    { id: 'limited', prompt: 'one', agent: 'claude', env: { FAKE: 'rate-limit ok' } },
    { id: 'garbled', prompt: 'two', agent: 'codex', env: { FAKE: 'mid-line' } },
    { id: 'locked', prompt: 'three', agent: 'claude', fallback: 'codex', env: { FAKE: 'unauthorized ok' } },
  ],
};

interface Told extends Ended {
  result: RunResult;
  tasks: Map<string, TaskOutcome>;
  cwd: string;
}

async function run(args: readonly string[], cwd: string): Promise<Told> {
  const ended = await runSoar([...args, '--json', '--trace', 'trace.jsonl'], { cwd, env: ENV });
  const result = JSON.parse(ended.stdout) as RunResult;
  return { ...ended, cwd, result, tasks: new Map(result.outcomes.map((outcome) => [outcome.taskId, outcome])) };
}

/** Everything a run left in its directory. */
async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

it('soar run gets over coding agents that fail, and no secret stays behind', async () => {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'plan.json', PLAN);
  const { code, result, tasks, stdout, stderr } = await run(['run', 'plan.json'], cwd);
  expect({ code, status: result.status }, stderr).toEqual({ code: 0, status: 'succeeded' });

  // A rate limit that says success with exit code 0: it cools until the instant an event named, then continues in the same session.
  const [limited, answered] = tasks.get('limited')?.attempts ?? [];
  expect(limited).toMatchObject({ result: 'rate_limited', error: { message: 'API Error: Rate limit reached' } });
  expect(tasks.get('limited')?.output).toBe('claude did limited, going on where it had stopped.');
  expect(answered?.session).toBe(limited?.session);
  const [limit] = result.metadata.rateLimits;
  expect((limit?.resumeAt ?? 1) % 1000).toBe(0);
  expect(answered?.startedAt).toBeGreaterThanOrEqual(limit?.resumeAt ?? Number.POSITIVE_INFINITY);

  // An answer that another event cut in two.
  expect(tasks.get('garbled')).toMatchObject({ status: 'succeeded', output: 'codex did garbled.' });
  expect(tasks.get('garbled')?.attempts).toHaveLength(1);

  // One that may not work: its fallback takes over, in a session of its own.
  expect(tasks.get('locked')).toMatchObject({ via: 'fallback', output: 'codex did locked.' });
  const [refused, replaced] = tasks.get('locked')?.attempts ?? [];
  expect([refused?.error?.kind, refused?.agentId, replaced?.agentId]).toEqual(['auth', 'claude', 'codex']);
  expect(replaced?.session).not.toBe(refused?.session);

  // Tokens and cost of every attempt, failed ones too.
  const used = result.outcomes.flatMap(({ attempts }) => attempts.map(({ usage }) => usage));
  expect(used.map((usage) => usage?.totalTokens)).toEqual([1050, 1050, 1050, 1050, 1050]);
  expect(result.metadata.usage).toMatchObject({ totalTokens: 5250 });
  expect([limited?.usage?.costUsd, answered?.usage?.costUsd, replaced?.usage?.costUsd]).toEqual([
    0.01,
    0.01,
    undefined,
  ]);

  // The tool printed its key; neither output, trace nor journal has it.
  expect(refused?.error?.message).toMatch(/^Invalid API key \S/);
  const files = await filesIn(cwd);
  expect(files).toContain('did limited');
  for (const place of [stdout, stderr, files]) expect(place).not.toContain(SECRET);
});

it('soar resume continues in the session that an interrupt broke off', async () => {
  const cwd = await temporaryDirectory();
  const task = { id: 'long', prompt: 'one', agent: 'claude', env: { FAKE: 'hang ok' } };
  await writeIn(cwd, 'plan.json', { ...PLAN, tasks: [task] });
  const running = startSoar(['run', 'plan.json', '--jsonl'], { cwd, env: ENV });
  await running.said('"type":"attempt.progress"');
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  const [{ runId }] = JSON.parse((await runSoar(['runs', '--json'], { cwd })).stdout) as [{ runId: string }];
  const { code, stdout, stderr } = await runSoar(['resume', runId, '--json'], { cwd, env: ENV });
  expect(code, stderr).toBe(0);
  const [outcome] = (JSON.parse(stdout) as RunResult).outcomes;
  expect(outcome?.output).toBe('claude did long, going on where it had stopped.');
  expect(outcome?.attempts.map(({ result }) => result)).toEqual(['cancelled', 'succeeded']);
  expect(outcome?.attempts[1]?.session).toBe(outcome?.attempts[0]?.session);
});

it('soar ask answers through the rate limit of a coding agent', async () => {
  const cwd = await temporaryDirectory();
  await writeIn(cwd, 'notes.md', '# Teapot\n\nThe teapot is blue.\n');
  const args = ['ask', 'What colour is the teapot?', '--tool', 'claude', '--stagger', '0'];
  const { code, stdout, stderr } = await runSoar([...args, '--json'], {
    cwd,
    env: { ...ENV, FAKE: 'rate-limit ok' },
  });
  const result = JSON.parse(stdout) as RunResult;
  expect({ code, status: result.status }, stderr).toEqual({ code: 0, status: 'succeeded' });
  const asked = result.outcomes.find(({ agentId }) => agentId === 'claude');
  expect(asked?.attempts.map(({ result: how }) => how)).toEqual(['rate_limited', 'succeeded']);
  expect(asked?.output).toContain('claude did');
});
