import { deepFreeze } from '../../base/frozen.ts';
import { buildPrompt, DEFAULT_CONTEXT_CHARS, lossWarning } from '../../plan/context.ts';
import type { CompiledPlan, OnDependencyFailure, Task } from '../../plan/types.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import type { TaskOutcome, TaskStatus } from '../../types/task.ts';
import type { PreparedTask } from '../task/events.ts';

/** Rule for a task whose dependency failed: its own wins over the run's. */
export function failureRule({ spec }: Task, ofRun: OnDependencyFailure): OnDependencyFailure {
  return spec.onDependencyFailure ?? ofRun;
}

/** Whether an outcome is a failure to the tasks that depend on it. So is a skipped task, unless the budget was spent. */
export function isFailure({ status, error }: TaskOutcome): boolean {
  return status === 'failed' || (status === 'skipped' && error?.kind !== 'budget');
}

/** A task that will not run because of what it depends on. */
export type Skip = { taskId: string } & StopReason;

/**
 * Settled tasks, and tasks that may start. One object changed in place, the run's collector: a result is kept by
 * reference where it arrived, since spreading thousands of them into new contexts costs the square of their number.
 */
export class RunBook {
  readonly plan: CompiledPlan;
  readonly counts: Record<TaskStatus, number> = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  settled = 0;
  readonly #onFailure: OnDependencyFailure;
  readonly #contextChars: number;
  readonly #reports: (TaskReport | undefined)[];
  /** By task: dependencies that have not settled. */
  readonly #open: Int32Array;
  /** By task: when its last dependency settled. */
  readonly #readyAt: Float64Array;
  /** By skipped task: the task whose failure is the root cause. */
  readonly #causes = new Map<string, string>();

  constructor(
    plan: CompiledPlan,
    onFailure: OnDependencyFailure,
    startedAt: number,
    contextChars: number = DEFAULT_CONTEXT_CHARS,
  ) {
    this.#contextChars = contextChars;
    this.plan = plan;
    this.#onFailure = onFailure;
    this.#reports = new Array(plan.tasks.length);
    this.#open = Int32Array.from(plan.tasks, (task) => task.dependsOn.length);
    this.#readyAt = new Float64Array(plan.tasks.length).fill(startedAt);
  }

  get total(): number {
    return this.plan.tasks.length;
  }

  report(task: Task): TaskReport | undefined {
    return this.#reports[task.index];
  }

  /**
   * Enters a report; the first one counts, so a task settles exactly once. Gives the tasks whose last dependency this
   * was, or null when the task was settled before.
   */
  settle(report: TaskReport): Task[] | null {
    const { outcome } = report;
    const task = this.plan.byId.get(outcome.taskId);
    if (!task || this.#reports[task.index]) return null;
    this.#reports[task.index] = deepFreeze(report);
    this.settled += 1;
    this.counts[outcome.status] += 1;
    if (outcome.error?.kind === 'dependency') this.#noteCause(task);
    const ready: Task[] = [];
    for (const id of task.dependents) {
      const dependent = this.plan.byId.get(id) as Task;
      const left = (this.#open[dependent.index] as number) - 1;
      this.#open[dependent.index] = left;
      if (left > 0) continue;
      this.#readyAt[dependent.index] = outcome.settledAt;
      if (!this.#reports[dependent.index]) ready.push(dependent);
    }
    return ready;
  }

  /** Tasks of a wave that have not settled. */
  unsettled(tasks: readonly Task[]): Task[] {
    return tasks.filter((task) => !this.#reports[task.index]);
  }

  isReady(task: Task): boolean {
    return this.#open[task.index] === 0;
  }

  readyAt(task: Task): number {
    return this.#readyAt[task.index] as number;
  }

  /** Why the task must be skipped: the root cause, once, however many tasks lie between. Null when it may run. */
  skipOf(task: Task): Skip | null {
    // Where one rule aborts, the failure has ended the run; what is resumed from there does not run either.
    if (failureRule(task, this.#onFailure) === 'proceed') return null;
    const cause = this.#causeOf(task);
    const outcome = cause === null ? undefined : this.#outcome(cause);
    if (!outcome) return null;
    const { taskId, status, error } = outcome;
    const message = `dependency \`${taskId}\` ${status === 'skipped' ? 'was skipped' : status}${error ? `: ${error.message}` : ''}`;
    return { taskId: task.id, kind: 'dependency', message };
  }

  /** Dependencies settle first, so their own causes are known. */
  #causeOf({ dependsOn }: Task): string | null {
    const failed = dependsOn.find((id) => {
      const outcome = this.#outcome(id);
      return outcome !== undefined && outcome.status !== 'succeeded';
    });
    return failed === undefined ? null : (this.#causes.get(failed) ?? failed);
  }

  #noteCause(task: Task): void {
    const cause = this.#causeOf(task);
    if (cause !== null) this.#causes.set(task.id, cause);
  }

  /** The task's prompt with what its dependencies produced, built when it is admitted. */
  prepare(task: Task): PreparedTask {
    const outcomes = task.dependsOn.map((id) => this.#outcome(id)).filter((one) => one !== undefined);
    const dependencies: Record<string, string> = {};
    for (const { taskId, status, output } of outcomes) if (status === 'succeeded') dependencies[taskId] = output;
    const { passages, contextBudgetChars: maxChars = this.#contextChars } = task.spec;
    const { prompt } = task;
    const built = buildPrompt({ prompt, dependencies: outcomes, maxChars, ...(passages ? { passages } : {}) });
    const warning = lossWarning(task.id, built, maxChars);
    return { prompt: built.prompt, dependencies, partialContext: built.partialContext, warning };
  }

  #outcome(id: string): TaskOutcome | undefined {
    const task = this.plan.byId.get(id);
    return task && this.#reports[task.index]?.outcome;
  }

  /** In plan order. */
  reports(): TaskReport[] {
    return this.#reports.filter((report) => report !== undefined);
  }

  toJSON(): object {
    return { total: this.total, settled: this.settled, ...this.counts };
  }
}
