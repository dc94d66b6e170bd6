import type { ErrorKind } from '../types/error-kind.ts';
import type { TaskOutcome } from '../types/task.ts';
import type { RunMetadata } from './result.ts';

/** Why a task or a run must stop. */
export interface StopReason {
  kind: ErrorKind;
  message: string;
}

/** Part of a run's metadata that comes from one task beside its outcome. */
export interface TaskNotes {
  retries: number;
  /** Attempts that were made again without a retry, because the failure was none of the agent's. Default 0. */
  pardons?: number;
  circuitBlocked: string[];
  earlyTerminations: RunMetadata['earlyTerminations'];
  rateLimits: RunMetadata['rateLimits'];
  heartbeat: { events: number; longestSilenceMs: number };
  usedFallback: boolean;
}

export interface TaskReport {
  outcome: TaskOutcome;
  notes: TaskNotes;
}

export const NO_NOTES: TaskNotes = Object.freeze({
  retries: 0,
  circuitBlocked: [],
  earlyTerminations: [],
  rateLimits: [],
  heartbeat: { events: 0, longestSilenceMs: 0 },
  usedFallback: false,
});
