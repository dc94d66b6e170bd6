import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredProcess } from '../journal/entries.ts';
import { belongings, type ProcessIdentity, signalTree } from './process-tree.ts';
import { isAlive, thisMachine } from './this-process.ts';

/** How long a process that was left behind may take to end after SIGTERM, milliseconds. */
const GRACE_MS = 2000;
/** How long the wait is after SIGKILL, milliseconds. */
const KILLED_MS = 2000;
const LOOK_MS = 20;

/** What a journal keeps of a process, so that it is found again only where its pid means something. */
export function startedHere(started: string): string {
  return `${started}@${thisMachine()}`;
}

/**
 * Ends processes that a dead owner left behind, with all that belongs to them: SIGTERM, after 2 s SIGKILL. Resolves when
 * they are gone. Processes of another machine are left alone, and so is whatever has got their pid since.
 *
 * @throws Error when some of them would not end.
 */
export async function endOrphans(processes: readonly StoredProcess[]): Promise<void> {
  const machine = thisMachine();
  const leaders: ProcessIdentity[] = processes.flatMap(({ pid, started }) => {
    const at = started.indexOf('@');
    return started.slice(at + 1) === machine ? [{ pid, started: started.slice(0, at) }] : [];
  });
  let left = leaders.map((leader) => ({ leader, known: signalTree(leader, 'SIGTERM') })).filter(isLeft);
  for (const [signal, ms] of [
    ['SIGKILL', GRACE_MS],
    [null, KILLED_MS],
  ] as const) {
    const until = performance.now() + ms;
    while (left.length > 0 && performance.now() < until) {
      await sleep(LOOK_MS);
      left = left.filter(isLeft);
    }
    if (signal) for (const one of left) one.known = signalTree(one.leader, signal, one.known);
  }
  if (left.length > 0) throw new Error(`${left.map(({ leader }) => leader.pid).join(', ')} could not be ended.`);
}

function isLeft({ leader, known }: { leader: ProcessIdentity; known: ProcessIdentity[] }): boolean {
  return belongings(leader, known).some(isAlive);
}
