import { setTimeout as sleep } from 'node:timers/promises';
import { SoarError } from '../../errors/soar-error.ts';
import type { LeftBehind } from '../../journal/journal-store.ts';
import type { StoredProcess } from '../../run/entries.ts';
import { type PatientDeadline, patientDeadline } from './patient-timeout.ts';
import { ProcessGroup } from './process-group.ts';
import { isOfJournal, type ProcessMark, taskOfMark } from './process-marks.ts';
import { forgetProcessTable, isAlive, isPid, type ProcessIdentity } from './process-tree.ts';
import { thisMachine } from './this-process.ts';

/** How long a process that was left behind may take to end after SIGTERM, milliseconds. */
const GRACE_MS = 2000;
/** How long the wait is after SIGKILL, milliseconds. */
const KILLED_MS = 2000;
const LOOK_MS = 20;

/** Journal form of a process, so that it is found again only where its pid means something. */
export function startedHere(started: string): string {
  return `${started}@${thisMachine()}`;
}

/**
 * Ends processes that a dead owner of a run left behind, with all that belongs to them: SIGTERM, after 2 s SIGKILL. Resolves when
 * they are gone. Found are those that were recorded, by pid and start time, and on Linux every process whose environment names an
 * attempt of the run. Left alone are processes of other machines, of other journals, of tasks that have settled, this process and
 * those it was started by.
 *
 * @param journal What processes of this journal carry in their environment.
 * @param requireOwned Throws when the run has been taken over: what carries its keys may then be its new owner's. Asked before each
 * signal.
 * @throws SoarError `io` when some of them would not end.
 */
export async function endOrphans(
  { runId, processes, isSettled }: LeftBehind,
  journal: string,
  requireOwned: () => void = () => {},
): Promise<void> {
  const isOurs = (mark: ProcessMark) => {
    const taskId = taskOfMark(mark, runId);
    return taskId !== null && isOfJournal(mark, journal) && !isSettled(taskId);
  };
  // The marks are looked for once, whatever was recorded.
  const groups = [
    ...recorded(processes).map((leader) => new ProcessGroup({ leader, isOurs: () => false })),
    new ProcessGroup({ isOurs }),
  ];
  const grace = patientDeadline(GRACE_MS);
  const lastResort = patientDeadline(GRACE_MS + KILLED_MS);
  try {
    for (;;) {
      const { isOver } = grace;
      forgetProcessTable();
      requireOwned();
      const left = groups.flatMap((group) => group.signal(isOver ? 'SIGKILL' : 'SIGTERM'));
      if (left.length === 0) return;
      if (lastResort.isOver) throw couldNotEnd(runId, left);
      // Then again, for what they have started meanwhile.
      await areGone(left, isOver ? lastResort : grace);
    }
  } finally {
    grace.clear();
    lastResort.clear();
  }
}

function couldNotEnd(runId: string, left: readonly ProcessIdentity[]): SoarError {
  const pids = left.map(({ pid }) => pid).join(', ');
  const message = `Run \`${runId}\` cannot be resumed: its earlier attempts still run and could not be ended (process ${pids}). End them, then resume it.`;
  return new SoarError('io', message);
}

/** Records of this machine that can name a process. The others name none, or one of another machine. */
function recorded(processes: readonly StoredProcess[]): ProcessIdentity[] {
  const here = `@${thisMachine()}`;
  return processes.flatMap(({ pid, started }) => {
    if (!isPid(pid) || typeof started !== 'string' || !started.endsWith(here)) return [];
    return [{ pid, started: started.slice(0, -here.length) }];
  });
}

async function areGone(processes: readonly ProcessIdentity[], deadline: PatientDeadline): Promise<void> {
  do await sleep(LOOK_MS);
  while (!deadline.isOver && processes.some(isAlive));
}
