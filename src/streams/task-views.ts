import type { RunEventBody } from '../run/events.ts';
import type { TaskState } from '../run/task-states.ts';
import type { Wait } from '../run/wait.ts';
import type { TaskError, TaskStatus } from '../types/task.ts';

/** A task of a run as it is now; frozen. */
export interface TaskView extends Partial<Wait> {
  readonly taskId: string;
  /** Empty until the task is admitted. */
  readonly agentId: string;
  readonly wave: number;
  /** `pending`: not admitted yet. `done`: settled, with `status`. */
  readonly state: TaskState | 'pending' | 'done';
  /** When the state began, epoch milliseconds. */
  readonly since: number;
  /** Attempts begun so far. */
  readonly attempts: number;
  readonly status?: TaskStatus;
  /** Set once it has failed, was cancelled or was skipped. */
  readonly error?: TaskError;
}

/** The tasks of a run's plan, by id; frozen, and the same object until one of them changes. */
export type TaskViews = Readonly<Record<string, TaskView>>;

/** Keeps the views of a run's tasks, in place: an event costs the same however many tasks there are. */
export class TaskTally {
  readonly #views = new Map<string, TaskView>();
  #snapshot: TaskViews | null = null;

  /** Enters an event. False when it changes no task of the plan. */
  note(body: RunEventBody, at: number): boolean {
    switch (body.type) {
      case 'plan.compiled':
        for (const [index, ids] of body.waves.entries()) {
          for (const taskId of ids) {
            this.#set({ taskId, agentId: '', wave: index + 1, state: 'pending', since: at, attempts: 0 });
          }
        }
        return true;
      case 'task.state': {
        if (body.phase !== undefined) return false;
        const { type: _, ...state } = body;
        return this.#set({ ...state, since: at, attempts: this.#views.get(body.taskId)?.attempts ?? 0 });
      }
      case 'attempt.started': {
        const view = this.#views.get(body.taskId);
        return view !== undefined && this.#set({ ...view, attempts: body.attempt });
      }
      case 'task.settled': {
        const { taskId, agentId, wave, status, error, settledAt, attempts } = body.outcome;
        const view = {
          taskId,
          agentId,
          wave,
          state: 'done',
          since: settledAt,
          attempts: attempts.length,
          status,
        } as const;
        return this.#set(error ? { ...view, error } : view);
      }
      default:
        return false;
    }
  }

  snapshot(): TaskViews {
    this.#snapshot ??= Object.freeze(Object.fromEntries(this.#views));
    return this.#snapshot;
  }

  #set(view: TaskView): true {
    this.#views.set(view.taskId, Object.freeze(view));
    this.#snapshot = null;
    return true;
  }
}
