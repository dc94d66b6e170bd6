import type { AttemptRecord, TaskError } from '../types/task.ts';
import type { TaskNotes } from './task-report.ts';

/** A task that waits and holds nothing, with all it needs to continue in another process. Plain JSON. */
export interface ParkedTask {
  state: 'staggered' | 'retrying' | 'cooling' | 'circuitOpen' | 'fallback';
  attempts: readonly AttemptRecord[];
  notes: TaskNotes;
  waits: TaskWaits;
  error: TaskError | null;
  answer: TaskAnswer;
}

export interface TaskAnswer {
  output: string;
  truncated: boolean;
  data?: unknown;
}

/** How a task has waited, beside its turns in the gate. */
export interface TaskWaits {
  /** Waits for this machine to have what an attempt lacked, and how long all of them took, milliseconds. */
  machineTries: number;
  machineMs: number;
  /** 401s that other attempts of the agent have refuted. */
  refuted: number;
  /** Reason of the present wait, where its state does not say it. */
  reason: string | null;
  /** Starts that a breaker refused, for the task's own agent or for its fallback. */
  refusals: number;
  rateLimited: number;
  coolingMs: number;
  openMs: number;
  /** The present wait, epoch milliseconds. */
  since: number;
  until: number;
  /** The provider's next possible start, as the gate reported it. */
  resumeAt: number | null;
}

export const NO_WAITS: TaskWaits = Object.freeze({
  machineTries: 0,
  machineMs: 0,
  refuted: 0,
  reason: null,
  refusals: 0,
  rateLimited: 0,
  coolingMs: 0,
  openMs: 0,
  since: 0,
  until: 0,
  resumeAt: null,
});

export const NO_ANSWER: TaskAnswer = Object.freeze({ output: '', truncated: false, data: undefined });
