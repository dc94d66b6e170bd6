import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseTrace } from '../../src/trace/replay/parse-trace.ts';
import { createReplay } from '../../src/trace/replay/replay.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { startBrowser } from '../support/browser.ts';
import { linesOf, releaseTrace } from '../support/sample-traces.ts';
import { runSoar, startSoar, writeIn } from './soar-cli.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'soar-view-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

test('writes a recorded run into one HTML file', async () => {
  const tasks = [{ id: 'a', prompt: 'hello' }];
  await writeIn(cwd, 'plan.json', { agents: { cat: { kind: 'command', command: ['cat'] } }, tasks });
  const ran = await runSoar(['run', 'plan.json', '--trace', 'run.jsonl', '--json'], { cwd });
  expect(ran.code).toBe(0);
  const { code, stdout, stderr } = await runSoar(['view', 'run.jsonl', '--once', 'run.html'], { cwd });
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^Wrote run\.html, \d+ kB/);
  expect(await readFile(path.join(cwd, 'run.html'), 'utf8')).toContain('data-name="run.jsonl"');
});

test('prints an address of this machine alone, and serves the trace there until it is interrupted', async () => {
  await writeFile(path.join(cwd, 'run.jsonl'), linesOf(await releaseTrace()));
  const viewing = startSoar(['view', 'run.jsonl'], { cwd });
  await viewing.said('Ctrl-C ends it');
  viewing.child.kill('SIGINT');
  const { code, stdout } = await viewing.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}\/\n$/);
});

const CAT = { agents: { cat: { kind: 'command', command: ['cat'] } }, tasks: [{ id: 'a', prompt: 'hello' }] };

/** Runs a plan and gives its id. */
async function recorded(plan: object): Promise<string> {
  await writeIn(cwd, 'plan.json', plan);
  const { stdout } = await runSoar(['run', 'plan.json', '--json'], { cwd });
  return (JSON.parse(stdout) as { runId: string }).runId;
}

/** The trace a page carries. */
async function traceIn(file: string): Promise<TraceRecord[]> {
  const page = await readFile(path.join(cwd, file), 'utf8');
  const [, packed = ''] = /id="soar-trace" data-name="[^"]*">([^<]*)</.exec(page) ?? [];
  return parseTrace(gunzipSync(Buffer.from(packed, 'base64')).toString());
}

test('shows a run by its id, without a trace', async () => {
  const runId = await recorded(CAT);
  await recorded({ ...CAT, goal: 'A later one' });
  const { code } = await runSoar(['view', runId, '--once', 'run.html'], { cwd });
  expect(code).toBe(0);
  const replay = createReplay(await traceIn('run.html'));
  expect(replay.runs.map(({ id }) => id)).toEqual([runId]);
  expect(replay.at(replay.endedAt).runs[0]).toMatchObject({ status: 'succeeded', succeeded: 1, total: 1 });
  expect([...replay.texts.values()]).toEqual(['hello', 'hello']);
});

test('shows no secret that the environment has, though the plan has it', async () => {
  const env = { SERVICE_TOKEN: 'tr0ub4dor&3-horse' };
  await writeIn(cwd, 'plan.json', {
    ...CAT,
    goal: 'with tr0ub4dor&3-horse',
    tasks: [{ id: 'a', prompt: 'use tr0ub4dor&3-horse' }],
  });
  await runSoar(['run', 'plan.json'], { cwd, env });
  await runSoar(['view', '--once', 'run.html'], { cwd, env });
  const text = JSON.stringify(await traceIn('run.html'));
  expect(text).toContain('«masked:SERVICE_TOKEN»');
  expect(text).not.toContain('tr0ub4dor');
});

test('shows the newest run when none is named', async () => {
  await recorded(CAT);
  await recorded({ ...CAT, goal: 'A later one' });
  await runSoar(['view', '--once', 'run.html'], { cwd });
  expect((await traceIn('run.html')).find(({ type }) => type === 'run.started')).toMatchObject({
    title: 'A later one',
  });
});

test('shows in a browser a run that continues in another terminal, to its end', async () => {
  const wait = 'until [ -e go ]; do sleep 0.02; done';
  const agents = { sh: { kind: 'command', command: ['sh', '-c', '{{prompt}}'], prompt: 'argument' } };
  await writeIn(cwd, 'plan.json', {
    agents,
    tasks: [
      { id: 'wait', prompt: wait },
      { id: 'then', prompt: 'true', dependsOn: ['wait'] },
    ],
  });
  const running = startSoar(['run', 'plan.json'], { cwd });
  await running.said('wait');
  const viewing = startSoar(['view'], { cwd });
  await viewing.said('Ctrl-C ends it');
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(/^http:\S+/m.exec(viewing.heard())?.[0] ?? '');
    await page.locator('.card[data-task="wait"][data-kind="running"]').waitFor();
    await writeIn(cwd, 'go', '');
    await page.locator('.card[data-task="then"][data-kind="succeeded"]').waitFor();
    await page.getByTestId('run-status').filter({ hasText: 'succeeded' }).waitFor();
    await page.getByText('replay', { exact: true }).waitFor();
  } finally {
    await browser.close();
  }
  expect((await running.ended).code).toBe(0);
  viewing.child.kill('SIGINT');
  expect((await viewing.ended).code).toBe(0);
});

test('says of a run that was killed that it was interrupted', async () => {
  const agents = { sh: { kind: 'command', command: ['sh', '-c', '{{prompt}}'], prompt: 'argument' } };
  await writeIn(cwd, 'plan.json', { agents, tasks: [{ id: 'long', prompt: 'echo $$ > pid; exec sleep 60' }] });
  const running = startSoar(['run', 'plan.json'], { cwd });
  const written = async () =>
    Number(await readFile(path.join(cwd, 'pid'), 'utf8')) || Promise.reject(new Error('empty'));
  const pid = await vi.waitFor(written, { timeout: 30_000 });
  running.child.kill('SIGKILL');
  await running.ended;
  process.kill(pid, 'SIGKILL');
  await runSoar(['view', '--once', 'run.html'], { cwd });
  const warning = (await traceIn('run.html')).find(({ type }) => type === 'warning');
  expect(warning).toMatchObject({
    message: expect.stringMatching(/The process ended here. `soar resume \S+` continues/),
  });
});

test('helps with an id that is nearly right, and with a place where nothing was recorded', async () => {
  const empty = await runSoar(['view'], { cwd });
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('No runs in .soar yet')]);
  const runId = await recorded(CAT);
  const { code, stderr } = await runSoar(['view', `${runId}x`], { cwd });
  expect(stderr).toContain(
    `There is no run \`${runId}x\` and no trace file of that name; \`soar runs\` lists those there are.`,
  );
  expect(stderr).toContain(`Did you mean \`${runId}\`?`);
  expect(code).toBe(2);
});

test.each([
  [['view', 'missing.jsonl'], 'Cannot read the trace `missing.jsonl`: there is no such file.'],
  [['view', 'plan.json'], '`plan.json` is not a trace'],
  [['view', 'empty.jsonl', '--once', 'x.html'], 'The trace `empty.jsonl` is empty.'],
  [['view', 'empty.jsonl', '--port', 'x'], 'Expected a whole number'],
  [['view', 'empty.jsonl', '--port', '65536'], 'a whole number, from 1 to 65535'],
])('%j is bad usage, and says why', async (args, message) => {
  await writeIn(cwd, 'plan.json', { tasks: [] });
  await writeIn(cwd, 'empty.jsonl', '');
  const { code, stderr } = await runSoar(args, { cwd });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
