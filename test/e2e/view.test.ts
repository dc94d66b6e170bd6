import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

test.each([
  [['view', 'missing.jsonl'], 'Cannot read the trace `missing.jsonl`: there is no such file.'],
  [['view', 'plan.json'], '`plan.json` is no trace'],
  [['view', 'empty.jsonl', '--once', 'x.html'], 'The trace `empty.jsonl` is empty.'],
  [['view', 'empty.jsonl', '--port', 'x'], 'Expected a whole number'],
])('%j is bad usage, and says why', async (args, message) => {
  await writeIn(cwd, 'plan.json', { tasks: [] });
  await writeIn(cwd, 'empty.jsonl', '');
  const { code, stderr } = await runSoar(args, { cwd });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
