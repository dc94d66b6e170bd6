import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { askPs } from './children.ts';

/** Line of the process table. `started` reports a process from a later one with the same pid. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  /** Session id; 0 where the system does not say. */
  session: number;
  /** Opaque start time: equal for the same process, different after its pid was reused. */
  started: string;
  /** Whether it runs, would run if the processor were free, or waits for a disk; otherwise its wait may never end. */
  isAtWork: boolean;
  /** Whether it has ended and was not collected yet. */
  isOver: boolean;
}

/** A process found once, to be recognised later. An empty `started` recognises none. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** Larger than any system's pids; the sign of one that is passed on as a group must still fit. */
const LARGEST_PID = 2 ** 31 - 1;

/** Whether a number that was read somewhere may name a process: not this user's all (-1), one's own group (0) or init (1). */
export function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 1 && value <= LARGEST_PID;
}

let ownProc: boolean | null = null;

/** Whether `/proc` is there and counts processes as `kill` does; that of another process namespace names others. */
export function hasProc(): boolean {
  ownProc ??= process.platform === 'linux' && ownPidInProc() === String(process.pid);
  return ownProc;
}

function ownPidInProc(): string | null {
  try {
    return readlinkSync('/proc/self');
  } catch {
    return null;
  }
}

let cached: Map<number, ProcessEntry> | null = null;

/**
 * Every process of the machine by pid. Read at most once per turn of the event loop, so that cancelling a hundred
 * attempts at once costs one scan. Empty on Windows.
 */
export function processTable(): ReadonlyMap<number, ProcessEntry> {
  if (cached) return cached;
  const table = readTable();
  cached = table;
  setImmediate(() => {
    if (cached === table) cached = null;
  });
  return table;
}

/** Has the next look at the table read it anew, whatever was seen this turn. */
export function forgetProcessTable(): void {
  cached = null;
}

/** A process as it is now, or null (always on Windows). */
function entryOf(pid: number): ProcessEntry | null {
  if (hasProc()) return readLinuxEntry(pid);
  if (process.platform === 'win32' || process.platform === 'linux') return null;
  return (cached ?? readPs(['-p', String(pid)])).get(pid) ?? null;
}

/** Start time of a live process, null when there is no such process (or on Windows). */
export function processStartTime(pid: number): string | null {
  return entryOf(pid)?.started ?? null;
}

/** The group a process is in now; null when there is no such process (or on Windows). */
export function processGroupOf(pid: number): number | null {
  return entryOf(pid)?.group ?? null;
}

/** Whether a process is there that was found once, also one that has ended and was not collected yet: its pid is still its own. */
export function isThere({ pid, started }: ProcessIdentity): boolean {
  return started !== '' && entryOf(pid)?.started === started;
}

/** Whether a process that was found once still runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  const entry = started === '' ? null : entryOf(pid);
  return entry !== null && entry.started === started && !entry.isOver;
}

/** This process and those it was started by, which no search may end. */
export function ownLine(): ReadonlySet<number> {
  const table = processTable();
  const line = new Set<number>();
  for (let pid = process.pid; pid > 0 && !line.has(pid); pid = table.get(pid)?.parent ?? 0) line.add(pid);
  return line;
}

function readTable(): Map<number, ProcessEntry> {
  if (process.platform === 'win32') return new Map();
  if (process.platform !== 'linux') return readPs(['-ax']);
  const table = new Map<number, ProcessEntry>();
  if (!hasProc()) return table;
  for (const name of readdirSync('/proc')) {
    const entry = /^[1-9]\d*$/.test(name) ? readLinuxEntry(Number(name)) : null;
    if (entry) table.set(entry.pid, entry);
  }
  return table;
}

function readLinuxEntry(pid: number): ProcessEntry | null {
  if (!Number.isSafeInteger(pid) || pid < 1) return null;
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
    // A first thread that has ended is not an end while others run.
    isOver: isOver(fields[0]) && !(Number(fields[17]) > 1),
  };
}

/** Running or runnable, or in a wait that nothing interrupts, which is called U where it is not called D. */
function isAtWork(state = ''): boolean {
  return /^[RDU]/.test(state);
}

function isOver(state = ''): boolean {
  return /^[ZX]/.test(state);
}

function readPs(which: readonly string[]): Map<number, ProcessEntry> {
  const table = new Map<number, ProcessEntry>();
  for (const line of askPs([...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart=']).split('\n')) {
    const [pid, parent, group, state, ...started] = line.trim().split(/\s+/);
    if (!pid) continue;
    table.set(Number(pid), {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: 0,
      started: started.join(' '),
      isAtWork: isAtWork(state),
      isOver: isOver(state),
    });
  }
  return table;
}
