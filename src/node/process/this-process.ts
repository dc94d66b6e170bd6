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
