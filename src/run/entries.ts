import type { AgentSpec, Plan } from '../plan/types.ts';
import type { AttemptRecord } from '../types/task.ts';
import type { SettledCall } from './calls.ts';
import type { PhaseName } from './events.ts';
import type { ParkedTask } from './parked-task.ts';
import type { PhaseRecord, RunResult } from './result.ts';
import type { CollectSettings } from './settings.ts';
import type { TaskReport } from './task-report.ts';

/** Input of a run: everything that cannot be derived again. Plain JSON. */
export interface RunHeader {
  runId: string;
  /** Epoch milliseconds. */
  startedAt: number;
  settings: CollectSettings;
  /** Of a run of a plan: the plan with its defaults filled in. */
  plan?: Plan;
  goal?: string;
  /** Of a run of a question. */
  query?: string;
  contextFiles?: readonly string[];
  /** Agents that were described for it alone. */
  agents?: Record<string, AgentSpec>;
  defaultAgent?: string;
  /** The agent that thinks in its phases; null or absent: none. */
  phaseAgent?: string | null;
  /** Whether a simple query is taken apart. Default `always`. */
  decompose?: 'always' | 'unlessSimple';
  /** Its plan is run after a person has approved it. */
  approve?: boolean;
}

/** A process as it can be recognised later. */
export interface StoredProcess {
  /** Of the attempt it works for. */
  key: string;
  pid: number;
  /** Opaque; distinguishes the process from a later one with the same pid. */
  started: string;
}

/** A run's result without what its tasks came to, which their own records say. */
export type StoredResult = Omit<RunResult, 'outcomes'>;

/** Record of a run. Times are epoch milliseconds in the run's clock. */
export type LogEntry =
  | {
      type: 'phase.completed';
      phase: PhaseName;
      output: unknown;
      at: number;
      /** How it was done; absent for `collect`. */
      record?: PhaseRecord;
    }
  /** A person has approved the plan: this one is run. */
  | { type: 'plan.approved'; plan: Plan; at: number }
  /** A phase asked an agent, and will not ask again. */
  | ({ type: 'call.settled' } & SettledCall)
  | {
      type: 'plan.compiled';
      at: number;
      /** Tasks of the plan, and how many of them were ticked and have no record of their own. */
      tasks: number;
      ticked: number;
      deadlineAt: number;
      /** When the budget of time is spent. */
      budgetAt: number | null;
    }
  /** A derived limit has moved: a provider cools until `heldUntil`, or the process did not run for a while. */
  | { type: 'limit.moved'; at: number; deadlineAt: number; heldUntil: number | null }
  | { type: 'attempt.started'; taskId: string; agentId: string; n: number; key: string; at: number }
  | ({ type: 'process.started' } & StoredProcess)
  /** An attempt under way named the session it works in. */
  | { type: 'attempt.session'; key: string; session: string }
  /** A task waits, and holds nothing: where, until when, and what it has been through. */
  | ({ type: 'task.parked'; taskId: string } & ParkedTask)
  /** A task that was stopped because its process is about to end. It is not settled. */
  | { type: 'task.interrupted'; taskId: string; attempts: readonly AttemptRecord[] }
  | { type: 'task.settled'; report: TaskReport }
  /** The breaker of an agent that the run's plan made up; it lives as long as the run. */
  | ({ type: 'breaker.changed' } & StoredBreaker)
  | { type: 'run.interrupted'; at: number; reason: string }
  /** Another process has taken it over. */
  | { type: 'run.resumed'; at: number; deadlineAt: number | null }
  | { type: 'run.settled'; at: number; result: StoredResult };

/** A breaker as it was left: what it holds against its agent, on absolute clocks. */
export interface StoredBreaker {
  agentId: string;
  state: 'closed' | 'open' | 'halfOpen';
  failures: readonly { at: number; kind: string | null }[];
  /** When an open breaker lets a probe through, epoch milliseconds. */
  retryAt: number;
}

/** How a provider was asked last, and how it took it. Times are epoch milliseconds. */
export interface StoredPace {
  provider: string;
  lastStart: number;
  /** Added to the gap between its starts after rate limits, milliseconds. */
  extraMs: number;
  /** No start before; null when it was not rate-limited. */
  coolUntil: number | null;
  /** When that cooling began. */
  cooledAt: number | null;
  /** Rate limits in a row. */
  streak: number;
  /** When this was written. */
  at: number;
}

export interface StoredRun {
  header: RunHeader;
  /** In the order they were written. */
  entries: readonly LogEntry[];
  /** Texts in which a secret stood that was not stored. Absent: unknown, and every text that contains the mark counts as one. */
  lost?: ReadonlySet<string>;
}

/** A line of `soar runs`. */
export interface RunSummary {
  runId: string;
  goal: string | null;
  query: string | null;
  /** `running`: a live process owns it. `interrupted`: none does, and it has not ended. */
  status: 'running' | 'interrupted' | RunResult['status'];
  startedAt: number;
  endedAt: number | null;
  /** 0 until its plan is known. */
  tasks: number;
  settled: number;
}
