import type { Plan } from '../plan/types.ts';
import type { SettledCall } from '../run/calls.ts';
import type { RunHeader, StoredBreaker, StoredProcess, StoredResult, StoredRun } from '../run/entries.ts';
import type { PhaseName } from '../run/events.ts';
import type { Expenses } from '../run/expenses.ts';
import type { ParkedTask } from '../run/parked-task.ts';
import type { PhaseRecord } from '../run/result.ts';
import type { TaskReport } from '../run/task-report.ts';

/** A run as its records leave it: what must not happen again, and where to resume. */
export interface ReplayedRun {
  header: RunHeader;
  /** As of {@link StoredRun}. */
  lost: StoredRun['lost'];
  /** When it first began; moved with the other points in time when the clock was put back since. */
  startedAt: number;
  /** Outputs of the phases that were completed. */
  phases: Partial<Record<PhaseName, unknown>>;
  /** How they were done, in order. */
  phaseRecords: PhaseRecord[];
  /** The plan as a person approved it; null: none has. */
  approved: Plan | null;
  /** Calls of phases, by task id; each as it ended last. */
  calls: Map<string, SettledCall>;
  /** Null when nothing is known of it: it follows from a plan that there was not yet. */
  deadlineAt: number | null;
  budgetAt: number | null;
  /** Deadline of a question from an explicit limit. A limit derived from its plan belongs to the plan. */
  limitAt: number | null;
  /** Until when its derived limit stood still, epoch milliseconds; null: never. */
  heldUntil: number | null;
  /** Whether its plan had been announced. */
  isCompiled: boolean;
  /** Each task once, in the order they settled. */
  settled: TaskReport[];
  /** Tasks that had begun and have not settled. */
  tasks: Map<string, ParkedTask>;
  /** Of agents that its plan made up, as they were left. */
  breakers: Map<string, StoredBreaker>;
  /** Of any attempt; null when none was started. */
  lastStartAt: number | null;
  /** By every execution there was. */
  spent: Expenses;
  /** Of tasks and calls that have not settled. Kept over resumes, because one that was killed may not have ended them. */
  processes: StoredProcess[];
  /** Null when it can be resumed. */
  end: StoredResult | null;
}
