import { type ProcessIdentity, signalTree } from './process-tree.ts';

/** A process an agent has running, leader of its own group. */
export interface LiveProcess extends ProcessIdentity {
  /** Idempotency key of the attempt it works for. */
  key: string;
}

type Listener = (process: LiveProcess) => void;

const live = new Map<number, LiveProcess>();
const listeners = new Set<Listener>();
let hooked = false;

/** The processes that agents of this Node process have running now. */
export function liveProcesses(): readonly LiveProcess[] {
  return [...live.values()];
}

/**
 * Signals every live process with all that belongs to it, synchronously; for a second Ctrl-C, and done with SIGKILL
 * when this process exits.
 *
 * @returns how many leaders were signalled.
 */
export function killLiveProcesses(signal: NodeJS.Signals = 'SIGKILL'): number {
  const leaders = liveProcesses();
  for (const leader of leaders) signalTree(leader, signal);
  return leaders.length;
}

/** Calls back for every process that starts, so that a journal can end it after a crash. Returns how to stop. */
export function onProcessStarted(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function registerProcess(entry: LiveProcess): () => void {
  if (!hooked) {
    hooked = true;
    process.on('exit', () => killLiveProcesses('SIGKILL'));
  }
  live.set(entry.pid, entry);
  for (const listener of listeners) {
    try {
      listener(entry);
    } catch {
      // A listener's fault is none of the attempt's.
    }
  }
  return () => {
    if (live.get(entry.pid) === entry) live.delete(entry.pid);
  };
}
