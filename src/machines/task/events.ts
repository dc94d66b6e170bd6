import type { AttemptEvent } from '../../actors/attempt.ts';
import type { Services } from '../../actors/services.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { Task } from '../../plan/types.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Publish } from '../../run/events.ts';
import type { RunLog } from '../../run/log.ts';
import type { ParkedTask, TaskAnswer, TaskWaits } from '../../run/parked-task.ts';
import type { StopReason, TaskNotes } from '../../run/task-report.ts';
import type { AttemptRecord, TaskError, TaskOutcome } from '../../types/task.ts';
import type { BreakerCall } from '../breaker/events.ts';
import type { GateReply } from '../gate/events.ts';

export type TaskEvent =
  | AttemptEvent
  | GateReply
  | BreakerCall
  /** Stop whatever state it is in; settles as cancelled. */
  | ({ type: 'run.cancel' } & StopReason)
  /** Give up waiting; an attempt in flight continues. Settles as skipped. */
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
  /** The phase that asks, when it is not a task of the plan. */
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

export interface TaskContext {
  /** Constants of the task: one reference, since XState copies the context at every change. */
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
