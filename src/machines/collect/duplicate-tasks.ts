import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { AnswerStore } from '../../journal/answers.ts';
import { lastingKey, workKey } from '../../plan/identity.ts';
import type { Task } from '../../plan/types.ts';
import type { TaskOutcome } from '../../types/task.ts';
import type { RunBook } from './book.ts';
import type { CollectInput } from './events.ts';
import { agentOf } from './logic.ts';

/** An answer that was given before, in this run or in another one. */
export interface KnownAnswer {
  output: string;
  data?: unknown;
}

/** A task that need not run: what it asks was answered. */
export interface Answered {
  task: Task;
  answer: KnownAnswer;
}

/** Decisions on tasks that may start. */
export interface Sorted {
  start: Task[];
  answered: Answered[];
  /** Held back, each because of another task that asks the same. */
  held: { task: Task; originalOf: string }[];
}

/** A question under way. */
interface Asked {
  key: string;
  /** Good for other runs; null when it is not. */
  lasting: string | null;
  waiting: Task[];
}

type Deps = Pick<CollectInput, 'query'> & {
  runId: string;
  agents: ReadonlyMap<string, ResolvedAgent>;
  answers: AnswerStore | null;
  book: RunBook;
};

/**
 * Sees to it that what several tasks ask alike is asked once. The first of them runs, the others wait and hold nothing; when
 * it succeeds, its answer is theirs, when it does not, the next one runs. One object changed in place, as the book is.
 */
export class DuplicateTasks {
  readonly #deps: Deps;
  /** By task that runs or is about to. */
  readonly #asked = new Map<string, Asked>();
  #freedTasks: Task[] = [];
  #freedAnswers: Answered[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Sorts tasks whose dependencies have just settled. DuplicateTasks depend on the same tasks, so they always come here together.
   * `begun`: it had an attempt before, and continues by itself.
   */
  sort(tasks: readonly Task[], begun: (task: Task) => boolean, now: number): Sorted {
    const sorted: Sorted = { start: [], answered: [], held: [] };
    const keys = new Map(tasks.map((task) => [task, this.#keyOf(task)]));
    const first = new Map<string, Task | KnownAnswer>();
    for (const [task, key] of keys) if (begun(task)) first.set(key, this.#ask(task, key));
    for (const [task, key] of keys) {
      const leader = first.get(key) ?? this.#find(task, key, now) ?? this.#ask(task, key);
      first.set(key, leader);
      if ('output' in leader) sorted.answered.push({ task, answer: leader });
      else if (leader === task) sorted.start.push(task);
      else {
        this.#asked.get(leader.id)?.waiting.push(task);
        sorted.held.push({ task, originalOf: leader.id });
      }
    }
    return sorted;
  }

  /** Enters that a task has settled; frees those that waited for it. */
  settled(outcome: TaskOutcome): void {
    const asked = this.#asked.get(outcome.taskId);
    if (!asked) return;
    this.#asked.delete(outcome.taskId);
    const { book } = this.#deps;
    const waiting = asked.waiting.filter((task) => !book.report(task));
    if (isAnswer(outcome)) {
      const answer = answerOf(outcome);
      this.#keep(asked, outcome);
      for (const task of waiting) this.#freedAnswers.push({ task, answer });
      return;
    }
    const [next, ...others] = waiting;
    if (!next) return;
    this.#asked.set(next.id, { ...asked, waiting: others });
    this.#freedTasks.push(next);
  }

  /** Ids of the tasks that wait for another one's answer. */
  get waiting(): ReadonlySet<string> {
    return new Set([...this.#asked.values()].flatMap(({ waiting }) => waiting.map(({ id }) => id)));
  }

  /** Tasks that became free since the last call. */
  freed(): Pick<Sorted, 'start' | 'answered'> {
    const { book } = this.#deps;
    const start = this.#freedTasks.filter((task) => !book.report(task));
    const answered = this.#freedAnswers.filter(({ task }) => !book.report(task));
    this.#freedTasks = [];
    this.#freedAnswers = [];
    return { start, answered };
  }

  #keyOf(task: Task): string {
    const { book, agents, query } = this.#deps;
    const { prompt, dependencies } = book.prepare(task);
    const { env, cwd, passages } = task.spec;
    return workKey({
      agentId: agentOf(task, agents)?.id ?? task.agent,
      prompt,
      question: task.prompt,
      dependencies,
      ...(passages ? { passages } : {}),
      ...(query === undefined ? {} : { query }),
      ...(env ? { env } : {}),
      ...(cwd === undefined ? {} : { cwd }),
    });
  }

  /** The answer that another run was given. */
  #find(task: Task, key: string, now: number): KnownAnswer | null {
    const lasting = this.#lastingKey(task, key);
    const stored = lasting === null ? null : this.#deps.answers?.find(lasting, now);
    return stored ? answerOf(stored) : null;
  }

  /** The task is the one that asks. */
  #ask(task: Task, key: string): Task {
    this.#asked.set(task.id, { key, lasting: this.#lastingKey(task, key), waiting: [] });
    return task;
  }

  #lastingKey(task: Task, key: string): string | null {
    const { agents, answers } = this.#deps;
    if (!answers) return null;
    const { env, cwd } = task.spec;
    const version = agentOf(task, agents)?.version({ ...(env ? { env } : {}), ...(cwd ? { cwd } : {}) }) ?? null;
    return version === null ? null : lastingKey(key, version);
  }

  /** Keeps an answer for other runs, unless what it was given in has changed since the question was put. */
  #keep({ key, lasting }: Asked, outcome: TaskOutcome): void {
    const { answers, book, runId } = this.#deps;
    const { taskId, agentId, attempts, settledAt: at } = outcome;
    const task = book.plan.byId.get(taskId);
    if (!task || lasting === null || this.#lastingKey(task, key) !== lasting) return;
    const usage = attempts.at(-1)?.usage;
    const about = { key: lasting, agentId, runId, taskId, at };
    answers?.save({ ...about, ...answerOf(outcome), ...(usage ? { usage } : {}) });
  }
}

/** Whether an outcome is what its agent would answer again: whole, not empty, and its own. */
export function isAnswer({ status, via, output, outputTruncated }: TaskOutcome): boolean {
  return status === 'succeeded' && via === 'agent' && !outputTruncated && output.trim() !== '';
}

function answerOf({ output, data }: { output: string; data?: unknown }): KnownAnswer {
  return data === undefined ? { output } : { output, data };
}
