import type { AttemptEvent } from '../../actors/attempt.ts';
import type { Services } from '../../actors/services.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { ErrorKind } from '../../errors/error-kind.ts';
import type { RunLog } from '../../journal/journal.ts';
import type { Task } from '../../plan/types.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Publish } from '../../streams/events.ts';
import type { AttemptRecord, RunMetadata, TaskError, TaskOutcome } from '../../types.ts';
import type { BreakerCall } from '../breaker/events.ts';
import type { GateReply } from '../gate/events.ts';

/** Why a task or a run must stop. */
export interface StopReason {
  kind: ErrorKind;
  message: string;
}

export type TaskEvent =
  | AttemptEvent
  | GateReply
  | BreakerCall
  /** Stop whatever state it is in; settles as cancelled. */
  | ({ type: 'run.cancel' } & StopReason)
  /** Give up waiting; an attempt in flight goes on. Settles as skipped. */
  | ({ type: 'task.skip' } & StopReason);

export interface TaskInput {
  task: Task;
  runId: string;
  agent: ResolvedAgent;
  /** Takes over once when the agent is exhausted or blocked. Never the agent itself. */
  fallback: ResolvedAgent | null;
  policy: Policy;
  /** The prompt with its context, and what the dependencies produced. */
  prepared: PreparedTask;
  /** When its last dependency settled, epoch milliseconds. */
  readyAt: number;
  query?: string;
  /** The phase that asks, when it is no task of the plan. */
  phase?: string;
  /** Where it stood, in a run that is resumed. */
  resumed?: ParkedTask;
  /** Records what a run could be resumed from. Default: nothing does. */
  log?: RunLog | null;
  services: Services;
  publish: Publish;
  /** Set when no wave admits tasks by what this one says of its turns. */
  alone?: true;
}

export interface PreparedTask {
  prompt: string;
  dependencies: Record<string, string>;
  partialContext: boolean;
  /** Says that most of a dependency's output was cut; null when nothing was. */
  warning?: string | null;
}

/** What the metadata of a run takes from one task beside its outcome. */
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

export interface TaskContext {
  /** What never changes: one reference, since XState copies the context at every change. */
  readonly input: TaskInput;
  /** The task's agent's stand-in, unless that is the agent itself. */
  readonly fallback: ResolvedAgent | null;
  attempts: readonly AttemptRecord[];
  /** Number of the last attempt. */
  attempt: number;
  attemptAgent: ResolvedAgent;
  attemptStartedAt: number;
  leaseId: string;
  permitId: string | null;
  status: TaskOutcome['status'];
  /** The best answer so far. */
  answer: TaskAnswer;
  error: TaskError | null;
  waits: TaskWaits;
  notes: TaskNotes;
}

export interface TaskAnswer {
  output: string;
  truncated: boolean;
  data?: unknown;
}

/** A task that waits and holds nothing, with all it needs to go on from there in another process. Plain JSON. */
export interface ParkedTask {
  state: 'staggered' | 'retrying' | 'cooling' | 'circuitOpen' | 'fallback';
  attempts: readonly AttemptRecord[];
  notes: TaskNotes;
  waits: TaskWaits;
  error: TaskError | null;
  answer: TaskAnswer;
}

/** How a task has waited, beside its turns in the gate. */
export interface TaskWaits {
  /** Waits for this machine to have what an attempt lacked, and how long all of them took, milliseconds. */
  machineTries: number;
  machineMs: number;
  /** 401s that other attempts of the agent have refuted. */
  refuted: number;
  /** What the present wait is for, where its state does not say it. */
  reason: string | null;
  /** Starts that a breaker refused, for the task's own agent or for its fallback. */
  refusals: number;
  rateLimited: number;
  coolingMs: number;
  openMs: number;
  /** The present wait, epoch milliseconds. */
  since: number;
  until: number;
  /** The provider's next possible start, as the gate told it. */
  resumeAt: number | null;
}
