import type { Child } from './children.ts';
import { isPid, isThere, ownLine, type ProcessIdentity, processGroupOf, processTable } from './process-tree.ts';

/*
 * The one place that signals processes. Nothing here takes a bare number: a process is signalled by its pid *and* start time,
 * looked at in the moment before, and a group by such a member. Never init, this process, or one it was started by.
 */

/** Signals one process. False when it is gone, its pid is another's by now, or it may not be signalled. */
export function signalProcess(found: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isPid(found.pid) && isThere(found) && !ownLine().has(found.pid) && send(found.pid, signal);
}

/**
 * Signals a whole group at one stroke, by a member that is known: a group keeps its number to itself while one of its members is
 * there. False when that member is gone or in another group, or when this process or one it was started by is in the group.
 */
export function signalGroup(group: number, member: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isPid(group) || !isThere(member) || processGroupOf(member.pid) !== group) return false;
  return !isOwnGroup(group) && send(-group, signal);
}

/**
 * Signals the group of a child that has not been collected, so its pid cannot belong to another process; on Windows, where there are
 * no groups, its tree. For systems that do not say when a process started.
 */
export function signalChild({ pid, process: child, tree }: Child, signal: NodeJS.Signals): boolean {
  if (!isHeld(child) || !isPid(pid)) return false;
  return process.platform === 'win32' ? tree.kill(signal) : send(-pid, signal);
}

/** Whether there is a group of this number, whosever it is. Signals nothing. */
export function hasGroup(pid: number): boolean {
  return process.platform !== 'win32' && isPid(pid) && send(-pid, 0);
}

function isHeld({ exitCode, signalCode }: Child['process']): boolean {
  return exitCode === null && signalCode === null;
}

function isOwnGroup(group: number): boolean {
  const table = processTable();
  return [...ownLine()].some((pid) => table.get(pid)?.group === group);
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
