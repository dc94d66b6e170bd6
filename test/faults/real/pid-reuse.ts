import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Fault, type Findings, nothing } from '../findings.ts';
import { Bench } from './bench.ts';

const WORLD = join(import.meta.dirname, 'pid-reuse-world.ts');
/** A signal to all reaches nothing outside. Bash collects what is left to it. */
const ALONE = [
  'unshare',
  '--pid',
  '--mount',
  '--fork',
  '--kill-child',
  '--mount-proc',
  'bash',
  '-c',
  '"$@"; exit $?',
  'bash',
];

async function attempt(seed: number): Promise<Findings> {
  const bench = new Bench();
  const { stdout, stderr, code, signal } = await bench.start(WORLD, [String(seed)], { wrapper: ALONE }).exit;
  const { faults } = bench.close();
  const line = stdout.split('\n').find((one) => one.startsWith('{'));
  if (line && faults.length === 0) return (JSON.parse(line) as { findings: Findings }).findings;
  return { ...nothing(), faults: [...faults, `The world ended with ${code ?? signal}: ${stderr.trim()}`] };
}

export const pidReuse: Fault = {
  id: 'pid-reuse',
  about: 'the pids of a killed run belong to others at its resume, or the journal holds invalid numbers',
  tries: 20,
  attempt,
  unavailable() {
    const probe = 'echo 100 > /proc/sys/kernel/ns_last_pid';
    const { status } = spawnSync(ALONE[0] as string, [...ALONE.slice(1, -4), 'bash', '-c', probe]);
    return status === 0 ? null : 'it needs the rights of root and `unshare`, to choose pids';
  },
};
