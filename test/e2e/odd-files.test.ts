import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSoar, SOAR } from './soar-cli.ts';

const cwd = mkdtempSync(join(tmpdir(), 'soar-odd-files-'));
const plan = (read: string) =>
  JSON.stringify({
    agents: { cat: { kind: 'command', command: ['cat'] } },
    tasks: [{ id: 'a', agent: 'cat', prompt: 'x', read: [read] }],
  });

beforeAll(() => {
  execFileSync('mkfifo', [join(cwd, 'pipe'), join(cwd, 'plan.yaml')]);
  writeFileSync(join(cwd, 'large'), '');
  truncateSync(join(cwd, 'large'), 70 * 1024 * 1024);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('soar with paths that are no regular files', () => {
  it.each([
    [['run', 'plan.yaml'], 'Cannot read the plan `plan.yaml`: it is a pipe, not a regular file. To read from a pipe,'],
    [['run', '/dev/zero'], 'Cannot read the plan `/dev/zero`: it is a device, not a regular file.'],
    [['run', '.'], 'Cannot read the plan `.`: it is a folder, not a file.'],
    [['run', 'large'], 'Cannot read the plan `large`: it is larger than 64 MiB, the most that is read.'],
    [['ask', 'why?', '--context', 'pipe'], 'Cannot read the file `pipe`: it is a pipe, not a regular file.'],
    [['doctor', '--config', '/dev/zero'], 'Expected the configuration to end in'],
  ])('refuses %j with one sentence', async (args, message) => {
    const { code, stderr } = await runSoar(args, { cwd });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it.each(['pipe', '/dev/zero', 'large'])('refuses a task that reads %s, in a dry run too', async (read) => {
    for (const flags of [[], ['--dry-run']]) {
      const { code, stderr } = await runSoar(['run', '-', ...flags], { cwd, stdin: plan(read) });
      expect(stderr).toContain(`Task \`a\` cannot read \`${read}\`: it is `);
      expect(code).toBe(2);
    }
  });

  it('refuses to write a trace or a plan into a pipe that nothing reads', async () => {
    const trace = await runSoar(['run', '-', '--trace', 'pipe'], {
      cwd,
      stdin: plan('text').replace('"read":["text"]', '"read":[]'),
    });
    expect(trace.stderr).toContain('The trace file `pipe` cannot be written: it is a pipe that nothing reads.');
    const written = await runSoar(['plan', 'what is a lease?', '-o', 'pipe'], { cwd });
    expect(written.stderr).toContain('Cannot write the plan to `pipe`: it is a pipe that nothing reads.');
  });

  it('ends the reading of an endless stdin', () => {
    const [program, ...first] = SOAR;
    const zeros = openSync('/dev/zero', 'r');
    const { stderr, status } = spawnSync(program, [...first, 'run', '-'], {
      cwd,
      stdio: [zeros, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(zeros);
    expect(stderr).toContain('Cannot read the plan from stdin: it is larger than 64 MiB, the most that is read.');
    expect(status).toBe(2);
  });
});
