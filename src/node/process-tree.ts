import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One line of the process table. `started` tells a process from a later one with the same pid. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  /** Session id; 0 where the system does not say. */
  session: number;
  /** Opaque start time: equal for the same process, different after its pid was reused. */
  started: string;
  /** It runs, would run if the processor were free, or waits for a disk; otherwise it waits for something that may never happen. */
  isAtWork: boolean;
}

/** A process found once, to be recognised later. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

let cached: Map<number, ProcessEntry> | null = null;

/**
 * Every process of the machine by pid. Read at most once per turn of the event loop, so that cancelling a hundred
 * attempts at once costs one scan. Empty on Windows.
 */
export function processTable(): ReadonlyMap<number, ProcessEntry> {
  if (cached) return cached;
  cached = readTable();
  setImmediate(() => {
    cached = null;
  });
  return cached;
}

/** Start time of a live process, null when there is no such process (or on Windows). */
export function processStartTime(pid: number): string | null {
  if (process.platform === 'linux') return readLinuxEntry(pid)?.started ?? null;
  return processTable().get(pid)?.started ?? null;
}

/**
 * Processes that belong to a leader: its session, its group, its descendants, and the descendants of those already
 * `known` (which outlive a leader that has gone). Not found: a daemon that left the session *and* lost its parent.
 */
export function belongings(leader: ProcessIdentity, known: readonly ProcessIdentity[] = []): ProcessEntry[] {
  const table = processTable();
  const current = table.get(leader.pid);
  const reused = current !== undefined && leader.started !== '' && current.started !== leader.started;
  const children = new Map<number, ProcessEntry[]>();
  const queue: ProcessEntry[] = [];
  for (const entry of table.values()) {
    const siblings = children.get(entry.parent);
    if (siblings) siblings.push(entry);
    else children.set(entry.parent, [entry]);
    if (!reused && (entry.group === leader.pid || entry.session === leader.pid || entry.parent === leader.pid)) {
      queue.push(entry);
    }
  }
  for (const one of known) {
    const entry = table.get(one.pid);
    if (entry && entry.started === one.started) queue.push(entry);
  }
  const found = new Map<number, ProcessEntry>();
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    if (found.has(entry.pid) || entry.pid === process.pid) continue;
    found.set(entry.pid, entry);
    queue.push(...(children.get(entry.pid) ?? []));
  }
  return [...found.values()];
}

/** Signals a whole group (on Windows its leader alone). False when it is gone, or may not be signalled. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    return false;
  }
}

/**
 * Signals the leader's group and everything else that belongs to it.
 *
 * @returns what was found, to be passed as `known` next time.
 */
export function signalTree(
  leader: ProcessIdentity,
  signal: NodeJS.Signals,
  known: readonly ProcessIdentity[] = [],
): ProcessIdentity[] {
  const found = belongings(leader, known);
  signalGroup(leader.pid, signal);
  for (const { pid, group } of found) {
    if (group === leader.pid) continue;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in the meantime.
    }
  }
  return found.map(({ pid, started }) => ({ pid, started }));
}

function readTable(): Map<number, ProcessEntry> {
  const table = new Map<number, ProcessEntry>();
  if (process.platform === 'win32') return table;
  if (process.platform !== 'linux') return readPs(table);
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = readLinuxEntry(pid);
    if (entry) table.set(pid, entry);
  }
  return table;
}

function readLinuxEntry(pid: number): ProcessEntry | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command's name stands in parentheses and may contain both spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    started: fields[19] ?? '',
    isAtWork: isAtWork(fields[0]),
  };
}

/** Running or runnable, or in a wait that nothing interrupts, which is called U where it is not called D. */
function isAtWork(state = ''): boolean {
  return /^[RDU]/.test(state);
}

function readPs(table: Map<number, ProcessEntry>): Map<number, ProcessEntry> {
  let listing: string;
  try {
    listing = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      maxBuffer: 16 * 1024 ** 2,
    });
  } catch {
    return table;
  }
  for (const line of listing.split('\n')) {
    const [pid, parent, group, state, ...started] = line.trim().split(/\s+/);
    if (!pid) continue;
    table.set(Number(pid), {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: 0,
      started: started.join(' '),
      isAtWork: isAtWork(state),
    });
  }
  return table;
}
