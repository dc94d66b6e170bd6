import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

const sh = { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] };

/** Outputs that fill a small disk in the middle of the run. */
const plan = {
  agents: { sh },
  policy: { preset: 'test' as const, retry: { retries: 0 }, breaker: { enabled: false } },
  defaults: { agent: 'sh' },
  maxConcurrent: 2,
  tasks: Array.from({ length: 10 }, (_, i) => ({
    id: `t${i}`,
    prompt: `head -c 15000 /dev/urandom | base64 -w 0; echo t${i}`,
  })),
};

function mount(dir: string, kilobytes: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir]).status === 0;
}

async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const dir = join(bench.dir, '.soar');
  mkdirSync(dir);
  if (!mount(dir, chance.between(90, 420))) throw new Error('Nothing can be mounted here.');
  try {
    const path = bench.write('instructions.json', { stateDir: '.soar', plan });
    const first = await bench.start(VICTIM, [path]).exit;
    const said = `${first.stdout}${first.stderr}`;
    if (!/disk is full/.test(said)) bench.fault(`No message says that the disk is full: ${said.slice(-300)}`);
    if (first.code !== 0 && first.code !== 2) bench.fault(`It ended with ${first.code ?? first.signal}.`);
    spawnSync('mount', ['-o', 'remount,size=64m', dir]);
    await bench.start(VICTIM, [path]).exit;
    bench.check(plan.tasks.map(({ id }) => id));
  } finally {
    spawnSync('umount', ['-l', dir]);
  }
  return bench.close();
}

export const fullDisk: Fault = {
  id: 'full-disk',
  about: 'a real disk (tmpfs) that gets full in the middle of a run; then there is room again',
  tries: 8,
  attempt,
  unavailable() {
    const dir = mkdtempSync(join(tmpdir(), 'soar-mount-'));
    const mounted = mount(dir, 64);
    if (mounted) spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
    return mounted ? null : 'nothing can be mounted here; it needs the rights of root';
  },
};
