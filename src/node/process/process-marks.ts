import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hasProc, processTable } from './process-tree.ts';

/** Marks in the environment of an attempt's process; its descendants inherit them. */
export interface ProcessMark {
  /** `SOAR_ATTEMPT_KEY`. */
  key: string;
  /** `SOAR_RUN_ID` and `SOAR_TASK_ID`; null where they are not there. */
  runId: string | null;
  taskId: string | null;
  /** `SOAR_ORIGIN`; null where it is not there. */
  origin: string | null;
}

/** A run of that id without a journal. */
const NO_JOURNAL = 'none';

/**
 * A value of `SOAR_ORIGIN`: of which journal an attempt is, and of which start. Run ids, and so keys, may be the same in two
 * journals of one machine.
 */
export function newOrigin(journal: string | null): string {
  return `${journal ?? NO_JOURNAL}.${randomUUID()}`;
}

/** Whether a mark may be of an attempt of a journal; one without an origin may be of any. */
export function isOfJournal({ origin }: ProcessMark, journal: string): boolean {
  return origin === null || origin.startsWith(`${journal}.`);
}

/** The task of a run that a mark names; null when it is of another run. */
export function taskOfMark({ key, runId, taskId }: ProcessMark, ofRun: string): string | null {
  if (!key.startsWith(`${ofRun}/`) || (runId !== null && runId !== ofRun)) return null;
  if (runId !== null && taskId !== null) return taskId;
  return key.slice(ofRun.length + 1).replace(/\/\d+$/, '');
}

const marksIn = new WeakMap<object, ReadonlyMap<number, ProcessMark>>();

/**
 * Marks of all processes that have one and that this user may look at, by pid. Read once for each process table. Empty where there is
 * no `/proc`.
 */
export function processMarks(): ReadonlyMap<number, ProcessMark> {
  const table = processTable();
  const known = marksIn.get(table);
  if (known) return known;
  const marks = new Map<number, ProcessMark>();
  for (const pid of table.keys()) {
    const mark = markOf(pid);
    if (mark) marks.set(pid, mark);
  }
  marksIn.set(table, marks);
  return marks;
}

/** The mark of one process, as its last `exec` was given it. */
export function markOf(pid: number): ProcessMark | null {
  if (!hasProc()) return null;
  let environ: Buffer;
  try {
    environ = readFileSync(`/proc/${pid}/environ`);
  } catch {
    // It has ended, or is another user's.
    return null;
  }
  const key = variableIn(environ, 'SOAR_ATTEMPT_KEY');
  if (!key) return null;
  const [runId, taskId, origin] = ['SOAR_RUN_ID', 'SOAR_TASK_ID', 'SOAR_ORIGIN'].map((name) =>
    variableIn(environ, name),
  ) as [string | null, string | null, string | null];
  return { key, runId, taskId, origin };
}

function variableIn(environ: Buffer, name: string): string | null {
  const head = `${name}=`;
  const isFirst = environ.subarray(0, head.length).equals(Buffer.from(head));
  const before = isFirst ? -1 : environ.indexOf(`\0${head}`);
  if (before < 0 && !isFirst) return null;
  const from = before + 1 + head.length;
  const end = environ.indexOf(0, from);
  return environ.toString('utf8', from, end < 0 ? environ.length : end);
}
