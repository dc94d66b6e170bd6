import type { ErrorKind } from './error-kind.ts';
import type { Usage } from './usage.ts';

export type TaskStatus = 'succeeded' | 'failed' | 'cancelled' | 'skipped';

export interface TaskError {
  kind: ErrorKind;
  message: string;
  retryable: boolean;
}

/** Execution of a task by one agent. */
export interface AttemptRecord {
  n: number;
  agentId: string;
  key: string;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  /** `abandoned`: it did not end in time after everything was done to stop it. */
  result: 'succeeded' | 'failed' | 'rate_limited' | 'cancelled' | 'abandoned';
  error: TaskError | null;
  usage?: Usage;
  /** The tool's own id of the conversation, when the agent named one. */
  session?: string;
}

export interface TaskOutcome {
  taskId: string;
  /** The agent the task was routed to, also after a fallback. */
  agentId: string;
  status: TaskStatus;
  via: 'agent' | 'fallback' | 'cache' | null;
  output: string;
  outputTruncated: boolean;
  /** Structured part of the answer, when the agent gave one. */
  data?: unknown;
  error: TaskError | null;
  attempts: AttemptRecord[];
  /** 1-based. */
  wave: number;
  /** True when it ran although some of its dependencies had failed. */
  partialContext: boolean;
  /** Time between being ready and the first start, milliseconds. */
  queuedMs: number;
  /** First start, epoch milliseconds; null when it never started. */
  startedAt: number | null;
  settledAt: number;
  /** `settledAt − startedAt`, 0 when it never started. */
  durationMs: number;
}
