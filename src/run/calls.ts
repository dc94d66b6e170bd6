import type { AttemptRecord, TaskError, TaskStatus } from '../types/task.ts';
import type { ParkedTask } from './parked-task.ts';
import type { PhaseRecord, RunMetadata } from './result.ts';

/** A call that is over, as a journal keeps it. */
export interface SettledCall {
  phase: PhaseRecord['phase'];
  taskId: string;
  prompt: string;
  agentId: string;
  status: TaskStatus;
  /** Set when the answer came from an earlier run and no agent was asked. */
  via?: 'cache';
  output: string;
  data?: unknown;
  error: TaskError | null;
  attempts: readonly AttemptRecord[];
  /** Absent when there was none. */
  rateLimits?: RunMetadata['rateLimits'];
}

/** Calls of a run that is resumed, by task id. */
export interface ResumedCalls {
  settled: ReadonlyMap<string, SettledCall>;
  parked: ReadonlyMap<string, ParkedTask>;
}

/** Part of a run's metadata that comes from calls, beside the records of their phases. */
export interface CallNotes {
  /** Ids of the asked agent and of its fallback. */
  agents: readonly string[];
  rateLimits: RunMetadata['rateLimits'];
}
