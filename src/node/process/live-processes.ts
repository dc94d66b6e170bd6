import type { ProcessGroup } from './process-group.ts';
import type { ProcessIdentity } from './process-tree.ts';

/** A process an agent has running, leader of its own group. */
export interface LiveProcess extends ProcessIdentity {
  /** Idempotency key of the attempt it works for. */
  key: string;
}

/** A journal, as far as processes matter to it. */
export interface ProcessRecorder {
  /** Mark in the environment of its processes, if the attempt of this key is its own; else null. */
  idFor(key: string): string | null;
  /** Called for every process that starts, so that the journal can end it after a crash. */
  started(process: LiveProcess): void;
}

const live = new Map<LiveProcess, ProcessGroup>();
const recorders = new Set<ProcessRecorder>();
let hooked = false;

/** The processes that agents of this Node process have running now. */
export function liveProcesses(): readonly LiveProcess[] {
  return [...live.keys()];
}

/**
 * Signals every live process with all that belongs to it, synchronously; for a second Ctrl-C, and done with SIGKILL
 * when this process exits.
 *
 * @returns how many leaders were signalled.
 */
export function killLiveProcesses(signal: NodeJS.Signals = 'SIGKILL'): number {
  const groups = [...live.values()];
  for (const group of groups) group.signal(signal);
  return groups.length;
}

/** Registers a journal. Returns how to remove it. */
export function recordProcesses(recorder: ProcessRecorder): () => void {
  recorders.add(recorder);
  return () => recorders.delete(recorder);
}

/** The id of the journal that an attempt is recorded in; null: in none. */
export function journalIdFor(key: string): string | null {
  for (const recorder of recorders) {
    const id = recorder.idFor(key);
    if (id !== null) return id;
  }
  return null;
}

export function registerProcess(entry: LiveProcess, group: ProcessGroup): () => void {
  if (!hooked) {
    hooked = true;
    process.on('exit', () => killLiveProcesses('SIGKILL'));
  }
  live.set(entry, group);
  for (const recorder of recorders) {
    try {
      recorder.started(entry);
    } catch {
      // A listener's fault is not the attempt's.
    }
  }
  return () => live.delete(entry);
}
