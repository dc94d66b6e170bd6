import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { type ProcessIdentity, processStartTime } from './process-tree.ts';

/**
 * Where a pid means something: this host since its last start, in this process namespace. Pids of two different places
 * must never be compared.
 */
export function thisMachine(): string {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, namespace].join('/');
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: processStartTime(process.pid) ?? '' };
}

/** Whether that very process still runs; one that has ended and was not collected yet does not. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  if (process.platform === 'linux' && isZombie(pid)) return false;
  const now = processStartTime(pid);
  if (now !== null) return started === '' || now === started;
  if (process.platform !== 'win32') return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}
