import type { Plan } from '../plan/types.ts';
import type { ErrorKind } from '../types/error-kind.ts';
import type { AttemptRecord, TaskError, TaskOutcome } from '../types/task.ts';
import type { AgentMatch, Complexity, RunResult } from './result.ts';
import type { TaskState } from './task-states.ts';
import type { Wait } from './wait.ts';

/** The phases of a run started by a query, in order. A plan's run has `collect` alone. */
export type PhaseName = 'assess' | 'retrieve' | 'decompose' | 'route' | 'collect' | 'synthesize';

/** Of a call that a phase makes, which is not a task of the plan: which phase. Its `taskId` begins with `phase:`. */
interface OfPhase {
  phase?: PhaseName;
}

/** An event of a run, as `events$` and `--jsonl` emit it. `at` is epoch milliseconds in the run's clock. */
export type RunEvent = { at: number; runId: string } & (
  | { type: 'run.started'; query?: string; goal?: string }
  | { type: 'phase.started'; phase: PhaseName }
  | {
      type: 'phase.completed';
      phase: PhaseName;
      summary: string;
      complexity?: Complexity;
      /** Id of the agent that did it, or `offline`. Absent for `collect`. */
      by?: string;
      /** Number of answers taken from earlier runs (`cache`); absent when none were. */
      cached?: number;
    }
  /** A phase's note to the user, such as its fall back to offline logic. */
  | { type: 'phase.note'; phase: PhaseName; message: string }
  /** The run waits for a person's word on its plan: `approve` or `refuse` of its handle. */
  | { type: 'plan.proposed'; plan: Plan; matches: AgentMatch[] }
  /** A plan was approved that cannot be run; the run waits on. */
  | { type: 'plan.faulty'; message: string }
  | { type: 'plan.approved'; edited: boolean }
  | { type: 'plan.compiled'; waves: string[][]; timeoutMs: number }
  | { type: 'wave.started'; wave: number; tasks: number }
  | { type: 'wave.settled'; wave: number; succeeded: number; failed: number; partial: number }
  | ({
      type: 'task.state';
      taskId: string;
      agentId: string;
      wave: number;
      state: TaskState;
    } & Partial<Wait> &
      OfPhase)
  | ({ type: 'attempt.started'; taskId: string; agentId: string; attempt: number; key: string } & OfPhase)
  | ({ type: 'attempt.ended'; taskId: string } & AttemptRecord & OfPhase)
  | ({ type: 'attempt.output'; taskId: string; agentId: string; stream: 'stdout' | 'stderr'; text: string } & OfPhase)
  | ({ type: 'attempt.heartbeat'; taskId: string; agentId: string } & OfPhase)
  | ({
      type: 'attempt.progress';
      taskId: string;
      agentId: string;
      done?: number;
      total?: number;
      message?: string;
    } & OfPhase)
  | { type: 'task.settled'; outcome: TaskOutcome; settled: number; total: number }
  /** A phase has its answer, or will get none. Of all its attempts. */
  | {
      type: 'call.settled';
      phase: PhaseName;
      taskId: string;
      agentId: string;
      status: TaskOutcome['status'];
      /** Set when the answer came from an earlier run and no agent was asked. */
      via?: 'cache';
      error: TaskError | null;
      durationMs: number;
    }
  | { type: 'run.stopping'; kind: ErrorKind; reason: string }
  | { type: 'run.settled'; result: RunResult }
  | ({ type: 'warning'; message: string; taskId?: string } & OfPhase)
);

type Untimed<E> = E extends unknown ? Omit<E, 'at' | 'runId'> : never;

/** A run event before its run stamped it. */
export type RunEventBody = Untimed<RunEvent>;

/** Where the actors of one run report to. Never throws. */
export type Publish = (body: RunEventBody, at: number) => void;

export const publishNothing: Publish = () => {};
