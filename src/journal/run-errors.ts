import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { escaped, quoted } from '../text/foreign-text.ts';

/** @param known Ids of the runs there are. */
export function unknownRun(runId: string, known: readonly string[] = []): SoarError {
  const others = '`soar runs` lists those there are, `journal.list()` in a program';
  return new SoarError(
    'unknown-run',
    `There is no run ${quoted(runId)} in the journal. ${others}.${didYouMeanRun(runId, known)}`,
  );
}

/** ` Did you mean …?`: the one run whose id has this part, else one whose id is much like it; or nothing. */
export function didYouMeanRun(word: string, runIds: readonly string[]): string {
  const having = word.length < 3 ? [] : runIds.filter((id) => id.includes(word));
  return having.length === 1 ? ` Did you mean ${quoted(having[0] ?? '')}?` : didYouMean(word, runIds);
}

/** State of a run that was taken from its owner. */
export type Successor =
  /** Another process runs it; `since` in epoch milliseconds, null: unknown. */
  | { kind: 'owner'; pid: number | null; host: string; since: number | null }
  /** Another journal of this process has it. */
  | { kind: 'journal' }
  | { kind: 'ended'; status: string }
  /** Left by its owner, and resumable. */
  | { kind: 'left' }
  /** Its record was deleted. */
  | { kind: 'gone' };

/** The error of an owner that lost its run while it did not look, in one sentence: who has the run now. */
export function takenOver(runId: string, by: Successor): SoarError {
  const stops = 'this process stops its own attempts and records nothing more';
  return new SoarError('run-owned', `Run ${quoted(runId)} ${fateOf(runId, by)}; ${stops}.`);
}

function fateOf(runId: string, by: Successor): string {
  switch (by.kind) {
    case 'owner': {
      const since = by.since === null ? '' : ` since ${new Date(by.since).toISOString()}`;
      return `belongs to process ${by.pid ?? 'unknown'} on ${escaped(by.host)}${since}`;
    }
    case 'journal':
      return 'belongs to another journal of this process';
    case 'ended':
      return `was taken over by another process and has ended as ${escaped(by.status)} (${quoted(`soar show ${runId}`)})`;
    case 'left':
      return `was taken over by another process, which has left it (${quoted(`soar resume ${runId}`)} resumes it)`;
    case 'gone':
      return 'is no longer in the journal';
  }
}

/** A run whose records cannot be used, and why, as a part of a sentence. */
export function damagedRun(runId: string, why: string, options: { store?: string; cause?: unknown } = {}): SoarError {
  const { store = 'the journal', cause } = options;
  const message = `Run ${quoted(runId)} in ${store} is damaged: ${why}. It was left as it is; other runs can still be used. Run its plan or question again, or restore the journal from a copy.`;
  return new SoarError('io', message, { cause });
}

/** A run of a kind that a newer version has written. */
export function newerRun(runId: string, what: string, store: string): SoarError {
  const message = `Run ${quoted(runId)} in ${store} holds ${what}, which this version of soar-machine does not know. It was left as it is. Update soar-machine.`;
  return new SoarError('io', message);
}

/** Works with the records of a run; what breaks on their shape is an error of the run that names it. */
export function readingRun<T>(runId: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw damagedRun(runId, `its records contradict each other (${cause.message})`, { cause });
  }
}

/**
 * Works with the stored plan of a run. A plan that is not valid any more is damage, as it was valid when the run began; agents that are
 * missing were described elsewhere.
 */
export function readingPlan<T>(runId: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!SoarError.isInstance(cause) || !(cause.code === 'invalid-plan' || cause.code === 'invalid-options'))
      throw cause;
    const { issues } = cause;
    const faults = issues.length === 0 ? cause.message : issues.map(({ message }) => message).join(' ');
    if (issues.length > 0 && issues.every(({ code }) => code === 'unknown-agent')) {
      const advice = 'Describe it again as it was when the run began, in the configuration or in `createSoar`.';
      throw new SoarError('invalid-plan', `Run ${quoted(runId)} cannot be resumed: ${faults} ${advice}`, { cause });
    }
    throw damagedRun(runId, `its stored plan is not valid (${faults.replace(/\.$/, '')})`, { cause });
  }
}
