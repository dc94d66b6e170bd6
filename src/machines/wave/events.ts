import type { Task } from '../../plan/types.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import type { TaskOutcome } from '../../types/task.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { RosterReport } from '../../xstate/roster.ts';
import type { TaskInput } from '../task/events.ts';

/** Asks a wave to stop admitting. */
export interface WaveStop extends StopReason {
  /** End of tasks that were not admitted. */
  unadmitted: 'cancelled' | 'skipped';
  /** `skip`: tasks that wait settle as skipped, attempts in flight continue. `cancel`: everything stops. `both`: first the one, then the other. */
  admitted: 'skip' | 'cancel' | 'both';
  /** Tasks that were not admitted and yet stay: the answers they wait for are on their way. */
  except?: ReadonlySet<string>;
}

/** Outcome of a task that a duplicate task or another run has answered. */
export interface TaskAnswered extends Pick<TaskOutcome, 'taskId' | 'agentId' | 'output' | 'partialContext'> {
  data?: unknown;
  /** When its last dependency settled, epoch milliseconds. */
  readyAt: number;
}

export type WaveEvent =
  /** These tasks may start; in the eager schedule their dependencies have just settled. */
  | { type: 'tasks.ready'; tasks: readonly Task[] }
  /** These tasks will not run, each for its own reason. */
  | { type: 'tasks.skip'; skips: readonly ({ taskId: string } & StopReason)[] }
  /** These tasks need not run: what they ask was answered before. */
  | { type: 'tasks.answered'; answers: readonly TaskAnswered[] }
  | ({ type: 'wave.stop' } & WaveStop)
  | { type: 'task.queued'; taskId: string }
  | { type: 'task.dequeued'; taskId: string }
  | RosterReport
  | { type: 'xstate.error.actor.tasks'; error: unknown };

/** From a wave to its parent. */
export type WaveReport =
  | { type: 'tasks.settled'; wave: number; reports: readonly TaskReport[] }
  | { type: 'task.queued'; taskId: string }
  | { type: 'task.dequeued'; taskId: string };

export interface WaveInput {
  /** 1-based. */
  wave: number;
  tasks: readonly Task[];
  /** Tasks that may start at once. The others wait for `tasks.ready`. */
  ready: readonly Task[];
  /** Most tasks waiting in the gate at a time; `null`: the parent limits it, and is notified when one has left. */
  limit: number | null;
  /** Everything a task's actor needs, asked for when the task is admitted. */
  prepare: (task: Task) => TaskInput;
  parent?: Addressee<WaveReport>;
}

/** Result of a wave. */
export interface WaveOutput {
  wave: number;
  succeeded: number;
  failed: number;
  partial: number;
}
