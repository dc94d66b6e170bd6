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

/** A task as it changes; its view is made when it is read. */
type Entry = { -readonly [Key in keyof TaskView]: TaskView[Key] | undefined } & { view: TaskView | null };

/** Keeps the tasks of a run in place: an event costs the same however many tasks there are, and makes no object. */
export class TaskTally {
  readonly #entries = new Map<string, Entry>();
  #snapshot: TaskViews | null = null;

  /** Enters an event. False when it changes no task of the plan. */
  note(body: RunEventBody, at: number): boolean {
    switch (body.type) {
      case 'plan.compiled':
        for (const [index, ids] of body.waves.entries()) {
          for (const taskId of ids) this.#entries.set(taskId, pending(taskId, index + 1, at));
        }
        this.#snapshot = null;
        return true;
      case 'task.state': {
        const entry = body.phase === undefined ? this.#changed(body.taskId, body.state, at) : null;
        if (!entry) return false;
        entry.agentId = body.agentId;
        entry.waitingFor = body.waitingFor;
        entry.reason = body.reason;
        entry.until = body.until;
        return true;
      }
      case 'attempt.started': {
        const entry = this.#entries.get(body.taskId);
        if (!entry) return false;
        entry.attempts = body.attempt;
        entry.view = null;
        this.#snapshot = null;
        return true;
      }
      case 'task.settled': {
        const { taskId, agentId, status, error, settledAt, attempts } = body.outcome;
        const entry = this.#changed(taskId, 'done', settledAt);
        if (!entry) return false;
        entry.agentId = agentId;
        entry.attempts = attempts.length;
        entry.status = status;
        entry.error = error ?? undefined;
        entry.waitingFor = undefined;
        entry.reason = undefined;
        entry.until = undefined;
        return true;
      }
      default:
        return false;
    }
  }

  snapshot(): TaskViews {
    this.#snapshot ??= Object.freeze(Object.fromEntries([...this.#entries].map(([id, entry]) => [id, viewOf(entry)])));
    return this.#snapshot;
  }

  #changed(taskId: string, state: TaskView['state'], at: number): Entry | null {
    const entry = this.#entries.get(taskId);
    if (!entry) return null;
    entry.state = state;
    entry.since = at;
    entry.view = null;
    this.#snapshot = null;
    return entry;
  }
}

function pending(taskId: string, wave: number, since: number): Entry {
  const none = { waitingFor: undefined, reason: undefined, until: undefined, status: undefined, error: undefined };
  return { taskId, agentId: '', wave, state: 'pending', since, attempts: 0, ...none, view: null };
}

function viewOf(entry: Entry): TaskView {
  if (entry.view) return entry.view;
  const { view: _, ...fields } = entry;
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  entry.view = Object.freeze(Object.fromEntries(set)) as unknown as TaskView;
  return entry.view;
}
