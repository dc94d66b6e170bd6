import type { Plan } from '../plan/types.ts';
import type { ResumedCalls } from './calls.ts';
import type { StoredBreaker } from './entries.ts';
import type { Expenses } from './expenses.ts';
import type { ParkedTask } from './parked-task.ts';
import type { Assessment, Decomposition, Retrieval, Routing } from './phase-outputs.ts';
import type { PhaseRecord } from './result.ts';
import type { RunBounds } from './settings.ts';
import type { TaskReport } from './task-report.ts';

/** A resumed run of a plan: its clocks, its budget and its tasks stay what they were. */
export interface ResumedRun {
  /** When it first began, epoch milliseconds, like the others. */
  startedAt: number;
  /** `null`: it got no further than its start, and has its whole time. */
  deadlineAt: number | null;
  /** Whether that limit was given. Default false: it was derived. */
  isLimitSet?: boolean;
  /** Until when a derived limit stood still, epoch milliseconds. Default: never. */
  heldUntil?: number | null;
  budgetAt: number | null;
  /** Whether its plan was announced and recorded. */
  isCompiled: boolean;
  /** `null`: nothing was started. */
  lastStartAt: number | null;
  spent: Expenses;
  /** As the breakers of agents that its plan made up were left. Default: none had anything to hold against them. */
  breakers?: ReadonlyMap<string, StoredBreaker>;
  /** Tasks that had begun and have not settled. */
  tasks: ReadonlyMap<string, ParkedTask>;
}

/** Where a run of a plan resumes. */
export interface ResumedPlan {
  /** Settled before, by the run that this one resumes; they are not run again. */
  settled?: readonly TaskReport[];
  /** Where the run stood that this one resumes. */
  resumed?: ResumedRun;
}

/** A resumed run of a query: its completed phases are not repeated. */
export interface ResumedQuery extends RunBounds {
  /** When it first began, epoch milliseconds. */
  startedAt: number;
  /** How the completed phases were done. */
  phases: readonly PhaseRecord[];
  /** Calls of the other phases. */
  calls: ResumedCalls;
  spent: Expenses;
  /** `null`: nothing was started. */
  lastStartAt: number | null;
  assessment: Assessment | null;
  retrieval: Retrieval | null;
  decomposition: Decomposition | null;
  routing: Routing | null;
  /** The plan that a person has approved; null: none has. */
  approved: Plan | null;
  collect: ResumedPlan;
}
