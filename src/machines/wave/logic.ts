import { Queue } from '../../base/queue.ts';
import type { Task } from '../../plan/types.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import type { TaskOutcome, TaskStatus } from '../../types/task.ts';
import type { WaveInput, WaveOutput } from './events.ts';

/** Place of each task of a wave. One object changed in place: a wave may have a hundred thousand tasks. */
export class WaveTasks {
  /** Neither admitted nor settled. */
  readonly pending = new Map<string, Task>();
  /** Admitted and not settled. */
  readonly live = new Map<string, Task>();
  readonly #ready = new Queue<Task>();
  /** Live tasks that wait in the gate. */
  readonly queued = new Set<string>();
  readonly #limit: number;
  readonly #counts: Omit<WaveOutput, 'wave'> = { succeeded: 0, failed: 0, partial: 0 };

  constructor({ tasks, ready, limit }: Pick<WaveInput, 'tasks' | 'ready' | 'limit'>) {
    for (const task of tasks) this.pending.set(task.id, task);
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.ready(ready);
  }

  ready(tasks: readonly Task[]): void {
    for (const task of tasks) this.#ready.add(task);
  }

  /** Takes the next ready task for which there is room in front of the gate. */
  admit(): Task | null {
    while (this.queued.size < this.#limit) {
      const task = this.#ready.take();
      if (!task) return null;
      if (!this.pending.delete(task.id)) continue;
      this.live.set(task.id, task);
      this.queued.add(task.id);
      return task;
    }
    return null;
  }

  settled({ outcome }: TaskReport): void {
    this.live.delete(outcome.taskId);
    this.queued.delete(outcome.taskId);
    if (outcome.status === 'succeeded') this.#counts.succeeded += 1;
    else this.#counts.failed += 1;
    if (outcome.partialContext) this.#counts.partial += 1;
  }

  get isAdmitted(): boolean {
    return this.pending.size === 0;
  }

  get isSettled(): boolean {
    return this.pending.size === 0 && this.live.size === 0;
  }

  counts(): Omit<WaveOutput, 'wave'> {
    return { ...this.#counts };
  }

  toJSON(): object {
    return { pending: this.pending.size, live: [...this.live.keys()], queued: this.queued.size, ...this.#counts };
  }
}

/** The report of a task that never had an actor, or lost it. The one place an outcome of such a task is made. */
export function unstartedReport(
  task: Task,
  status: TaskStatus,
  error: StopReason | null,
  now: number,
  extra: Partial<TaskOutcome> = {},
): TaskReport {
  const outcome: TaskOutcome = {
    taskId: task.id,
    agentId: task.agent,
    status,
    via: null,
    output: '',
    outputTruncated: false,
    error: error && { ...error, retryable: false },
    attempts: [],
    wave: task.wave,
    partialContext: false,
    queuedMs: 0,
    startedAt: null,
    settledAt: now,
    durationMs: 0,
    ...extra,
  };
  return {
    outcome,
    notes: {
      retries: 0,
      circuitBlocked: [],
      earlyTerminations: [],
      rateLimits: [],
      heartbeat: { events: 0, longestSilenceMs: 0 },
      usedFallback: false,
    },
  };
}
