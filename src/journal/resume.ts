import { SoarError } from '../errors/soar-error.ts';
import type { Plan } from '../plan/types.ts';
import type { Assessment, Decomposition, Retrieval, Routing } from '../run/phase-outputs.ts';
import type { RunResult } from '../run/result.ts';
import type { ResumedPlan, ResumedQuery } from '../run/resumed.ts';
import { MASKED } from '../text/mask/mark.ts';
import type { Journal } from './journal.ts';
import { isLimitSet, replay, resultOf } from './replay.ts';
import type { ReplayedRun } from './replayed-run.ts';
import { readingRun, unknownRun } from './run-errors.ts';

/** The plan a run has, as far as it is known. */
export function planOf({ header, approved, phases }: ReplayedRun): Plan | null {
  return header.plan ?? approved ?? (phases.route as Routing | undefined)?.plan ?? null;
}

/** The result of a run that has ended, as it was then; null when it can be resumed. */
export function finishedResult(run: ReplayedRun): RunResult | null {
  if (!run.end) return null;
  const order = planOf(run)?.tasks.map(({ id }) => id) ?? [];
  return resultOf(run, run.end, order);
}

/**
 * A run of the journal, or the reason it cannot be resumed.
 *
 * @throws SoarError `unknown-run`; `run-cancelled` for one that its program ended.
 */
export function storedRun(journal: Journal, runId: string, now: number): ReplayedRun {
  const stored = journal.load(runId);
  if (!stored) {
    const known = journal.list().map((one) => one.runId);
    throw unknownRun(runId, known);
  }
  const run = readingRun(runId, () => replay(stored, now));
  const { end } = run;
  if (end?.status === 'cancelled' && end.error?.kind === 'cancelled') {
    const message = `Run \`${runId}\` was cancelled (${end.error.message}) and cannot be resumed. Run its plan again.`;
    throw new SoarError('run-cancelled', message);
  }
  return run;
}

/** Throws `not-supported` when the stored input differs from the given one: it contained a secret, which is not stored. */
export function requireWhole(run: ReplayedRun): void {
  const plan = planOf(run) ?? { tasks: [] };
  const settled = new Set(run.settled.map(({ outcome }) => outcome.taskId));
  const left = plan.tasks.filter(({ id }) => !settled.has(id));
  // Passages for a task were found in files; they stay useful with a secret masked in them.
  const masked = left.filter(({ passages: _, ...task }) => isTorn(task, run.lost)).map(({ id }) => `task \`${id}\``);
  if (isTorn({ ...plan.agents, ...run.header.agents }, run.lost)) masked.push('its agents');
  if (isTorn(run.header.query, run.lost)) masked.push('its question');
  if (masked.length === 0) return;
  const message =
    `Run \`${run.header.runId}\` cannot be resumed: ${masked.join(', ')} held a secret, and secrets are not stored. ` +
    'Name secrets by environment variables, which are found again, and run it anew.';
  throw new SoarError('not-supported', message);
}

/** Whether a secret stood in it that is gone. */
function isTorn(value: unknown, lost: ReplayedRun['lost']): boolean {
  if (typeof value === 'string') return lost ? lost.has(value) : value.includes(MASKED);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => isTorn(key, lost) || isTorn(inner, lost));
}

export function resumedCollect(run: ReplayedRun): ResumedPlan {
  const { startedAt, settled, tasks, breakers, spent, lastStartAt, isCompiled } = run;
  const { deadlineAt, budgetAt, heldUntil } = run;
  const limits = { deadlineAt, budgetAt, heldUntil, isLimitSet: isLimitSet(run) };
  return { settled, resumed: { startedAt, ...limits, isCompiled, spent, lastStartAt, breakers, tasks } };
}

export function resumedQuery(run: ReplayedRun): ResumedQuery {
  const { assess, retrieve, decompose, route } = run.phases;
  const collect = resumedCollect(run);
  return {
    startedAt: run.startedAt,
    assessment: (assess as Assessment | undefined) ?? null,
    retrieval: (retrieve as Retrieval | undefined) ?? null,
    decomposition: (decompose as Decomposition | undefined) ?? null,
    routing: (route as Routing | undefined) ?? null,
    approved: run.approved,
    phases: run.phaseRecords,
    calls: { settled: run.calls, parked: run.tasks },
    spent: run.spent,
    lastStartAt: run.lastStartAt,
    deadlineAt: run.limitAt,
    budgetAt: run.budgetAt,
    // The clocks of a plan, where nothing else is said, start with the plan.
    collect: run.isCompiled ? collect : {},
  };
}
