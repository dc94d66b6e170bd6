import type { EngineInput } from '../../actors/engine.ts';
import type { RosterReport } from '../../actors/roster.ts';
import type { Services } from '../../actors/services.ts';
import type { TimeGranted } from '../../actors/sleep-until.ts';
import type { StoredBreaker } from '../../journal/entries.ts';
import type { RunLog } from '../../journal/journal.ts';
import type { CompiledPlan, Plan } from '../../plan/types.ts';
import type { Budget } from '../../policy/budget.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Publish } from '../../streams/events.ts';
import type {
  OnDependencyFailure,
  Passage,
  RunMetadata,
  RunStatus,
  Schedule,
  TaskError,
  TaskOutcome,
} from '../../types.ts';
import type { Expenses, GateNotice } from '../gate/events.ts';
import type { ParkedTask, StopReason, TaskReport } from '../task/events.ts';
import type { WaveOutput, WaveReport } from '../wave/events.ts';

/** Settings of one run with every default filled in. */
export interface CollectSettings {
  schedule: Schedule;
  onDependencyFailure: OnDependencyFailure;
  policy: Policy;
  /** Limit of the whole run, milliseconds; `null`: derived from the plan and the policy. */
  timeoutMs: number | null;
  /** Most attempts of this run in flight; `null`: the engine's limit alone. Also bounds who waits in the gate. */
  maxConcurrent: number | null;
  staggerMs: number | null;
  budget: Budget | null;
  /** Agent that takes over, by id; `null`: none. */
  fallback: string | null;
  retries: number | null;
  /** Whether what tasks ask alike is asked once, and answers of other runs are used again. */
  cache: boolean;
  /** Most characters of context in a prompt; null: the default. */
  contextBudgetChars: number | null;
  /** What the engine says of all its runs, whatever a task's policy is. */
  bounds: PolicyBounds;
}

export interface PolicyBounds {
  maxCoolingMs?: number;
  maxRateLimits?: number;
  maxOpenWaitMs?: number;
  onOpen?: 'fail' | 'wait';
}

export interface CollectInput {
  /** A plan as written, or one that is compiled already. */
  plan: Plan | CompiledPlan;
  runId?: string;
  settings?: Partial<CollectSettings>;
  query?: string;
  passages?: readonly Passage[];
  /** Settled before, by the run that this one resumes; they are not run again. */
  settled?: readonly TaskReport[];
  /** Where the run stood that this one resumes. */
  resumed?: ResumedRun;
  /** The run that this is a part of, whose clocks and account at the gate it shares. Default: it is a run of its own. */
  within?: RunBounds;
  /** Records what the run could be resumed from. Default: nothing does. */
  log?: RunLog | null;
  publish?: Publish;
  /** Default: an engine of its own, made from `engine`. */
  services?: Services;
  engine?: EngineInput;
}

/** When a run must be over, and when its budget of time is spent, epoch milliseconds; null: no such bound is known. */
export interface RunBounds {
  deadlineAt: number | null;
  budgetAt: number | null;
}

/** A run of a plan that goes on: its clocks, its budget and its tasks stay what they were. */
export interface ResumedRun {
  /** When it first began, epoch milliseconds, like the others. */
  startedAt: number;
  /** `null`: it got no further than its start, and has its whole time. */
  deadlineAt: number | null;
  /** Whether somebody has set that limit. Default: it was derived. */
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

export type CollectEvent =
  | ({ type: 'run.cancel' } & StopReason)
  | WaveReport
  | GateNotice
  | TimeGranted
  | RosterReport
  | { type: 'xstate.error.actor.waves'; error: unknown };

export interface CollectOutput {
  status: RunStatus;
  /** In plan order. */
  outcomes: TaskOutcome[];
  metadata: RunMetadata;
  /** Why it was stopped or broke; null otherwise. */
  error: TaskError | null;
}

export type { WaveOutput };
