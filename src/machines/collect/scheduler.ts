import { Queue } from '../../base/queue.ts';
import type { Task } from '../../plan/types.ts';
import type { TaskReport } from '../../run/task-report.ts';
import type { TaskError } from '../../types/task.ts';
import type { TaskInput } from '../task/events.ts';
import type { WaveEvent, WaveOutput } from '../wave/events.ts';
import { unstartedReport } from '../wave/logic.ts';
import type { Skip } from './book.ts';
import { type Answered, DuplicateTasks } from './duplicate-tasks.ts';
import { agentOf, fallbackOf, skipsOf, withHistory } from './logic.ts';
import { type Message, toWave } from './messages.ts';
import type { CollectRun } from './run.ts';
import { STOPS, type Stop } from './stops.ts';

interface Triage {
  skips: readonly Skip[];
  start: readonly Task[];
  answered: readonly Answered[];
}

const NOTHING: Triage = { skips: [], start: [], answered: [] };

/**
 * Decides which wave and which task of a run may start, and records what has settled. Its verbs return what to send, in order;
 * journal and streams learn of it at once. One object changed in place: a copy for each settlement would cost the square of the tasks.
 */
export class Scheduler {
  readonly #run: CollectRun;
  /** Null when identical tasks all run. */
  readonly #duplicates: DuplicateTasks | null;
  /** Controllers at work, by number of their wave. */
  readonly #activeWaves = new Set<number>();
  /** The next wave of the `wave` schedule, from 0. */
  #nextWave = 0;
  /** `eager`: ready tasks, which wait for room in front of the gate. */
  readonly #ready = new Queue<Task>();
  /** `eager`: tasks handed to their waves that still wait in the gate. */
  readonly #queued = new Set<string>();
  #stop: Stop | null = null;

  constructor(run: CollectRun) {
    const { runId, agents, book, services, settings, input } = run;
    const query = input.query === undefined ? {} : { query: input.query };
    this.#run = run;
    this.#duplicates = settings.cache
      ? new DuplicateTasks({ runId, agents, answers: services.answers, book, ...query })
      : null;
  }

  get activeWaves(): ReadonlySet<number> {
    return this.#activeWaves;
  }

  get nextWave(): number {
    return this.#nextWave;
  }

  get queued(): ReadonlySet<string> {
    return this.#queued;
  }

  /** Why the run stopped before its plan was through; null: it has not. */
  get stopped(): Stop | null {
    return this.#stop;
  }

  get isOver(): boolean {
    const { book } = this.#run;
    return this.#activeWaves.size === 0 && book.settled === book.total;
  }

  /** `wave`: starts the first wave. `eager`: starts all of them, and what is ready in them as room allows. */
  start(): Message[] {
    const { plan, book, settings } = this.#run;
    if (settings.schedule === 'wave') return this.advance();
    const started = plan.waves.flatMap((_, index) => this.#startWave(index));
    this.#nextWave = plan.waves.length;
    const ready = plan.tasks.filter((task) => book.isReady(task) && !book.report(task));
    return [...started, ...this.#queue(ready), ...this.release()];
  }

  /** `wave`: starts the next wave that has unsettled tasks, once no other is at work. */
  advance(): Message[] {
    const messages: Message[] = [];
    while (this.#activeWaves.size === 0 && this.#nextWave < this.#run.plan.waves.length) {
      messages.push(...this.#startWave(this.#nextWave));
      this.#nextWave += 1;
    }
    return messages;
  }

  /** Records settled tasks: the only place where a run learns of one. */
  record(reports: readonly TaskReport[]): Message[] {
    const { input, book, publish, settings, ending } = this.#run;
    const { log, resumed } = input;
    const ready: Task[] = [];
    for (const given of reports) {
      const report = resumed ? withHistory(given, resumed.tasks.get(given.outcome.taskId)) : given;
      const { outcome } = report;
      this.#queued.delete(outcome.taskId);
      const freed = book.settle(report);
      if (!freed) continue;
      this.#duplicates?.settled(outcome);
      if (log && given !== ending) log.append({ type: 'task.settled', report });
      for (const task of freed) ready.push(task);
      const { settled, total } = book;
      publish({ type: 'task.settled', outcome, settled, total }, outcome.settledAt);
    }
    return settings.schedule === 'eager' && ready.length > 0 ? this.#queue(ready) : [];
  }

  /** Frees duplicates whose original has settled; `eager`: hands ready tasks to their waves while there is room in front of the gate. */
  release(): Message[] {
    const messages = this.#releaseDuplicates();
    while (this.#queued.size < this.#run.room) {
      const task = this.#ready.take();
      if (!task) break;
      this.#queued.add(task.id);
      messages.push(toWave(task.wave, { type: 'tasks.ready', tasks: [task] }));
    }
    return messages;
  }

  /** Once nothing more can start: duplicates get the answer that has come, or are skipped. */
  settleDuplicates(): Message[] {
    const freed = this.#duplicates?.freed();
    if (!freed) return [];
    const { kind, message } = this.#stop ?? { kind: 'internal' as const, message: 'The run stopped.' };
    const skipped = freed.start.map(({ id: taskId, wave }) =>
      toWave(wave, { type: 'tasks.skip', skips: [{ taskId, kind, message }] }),
    );
    return [...this.#answers(freed.answered), ...skipped];
  }

  /** A task waits in the gate; it takes room there. */
  enqueue(taskId: string): void {
    this.#queued.add(taskId);
  }

  dequeue(taskId: string): void {
    this.#queued.delete(taskId);
  }

  closeWave(wave: number, output: WaveOutput): void {
    this.#activeWaves.delete(wave);
    const { succeeded, failed, partial } = output;
    const { publish, actor } = this.#run;
    publish({ type: 'wave.settled', wave, succeeded, failed, partial }, actor.now());
  }

  /** The controller of a wave broke: its tasks settle as failed, so none is lost. */
  loseWave(wave: number, cause: unknown): Message[] {
    const { plan, book, actor } = this.#run;
    const error: TaskError = { kind: 'internal', message: `Its wave broke: ${String(cause)}`, retryable: false };
    const tasks = book.unsettled(plan.waves[wave - 1] ?? []);
    const now = actor.now();
    const messages = this.record(tasks.map((task) => unstartedReport(task, 'failed', error, now)));
    this.#activeWaves.delete(wave);
    return messages;
  }

  /** The actor that holds the waves broke: no wave can start any more. */
  loseAllWaves(cause: unknown): Message[] {
    this.#nextWave = this.#run.plan.waves.length;
    return this.#run.plan.waves.flatMap((_, index) => this.loseWave(index + 1, cause));
  }

  /** Starts nothing more, withdraws waiting tasks, and notifies every wave. Tasks of waves that never started settle here. */
  stop(stop: Stop): Message[] {
    const { plan, book, inFlight, publish, runId, actor } = this.#run;
    const { cause, kind, message } = stop;
    this.#stop = stop;
    // An answer on its way costs nothing more, however many wait for it.
    const except = cause === 'budget' ? this.#duplicates?.waiting : undefined;
    // A budget spent by the last start that was needed stops nothing.
    const isMoot = cause === 'budget' && book.settled + inFlight.now + (except?.size ?? 0) >= book.total;
    if (!isMoot) publish({ type: 'run.stopping', kind, reason: message }, actor.now());
    const unstarted = plan.waves.slice(this.#nextWave).flatMap((wave) => book.unsettled(wave));
    this.#nextWave = plan.waves.length;
    const now = actor.now();
    const { unadmitted } = STOPS[cause];
    return [
      ...(cause === 'budget' ? [] : [{ to: 'gate' as const, event: { type: 'run.withdraw' as const, runId } }]),
      {
        to: 'waves',
        event: {
          type: 'children.send',
          event: { type: 'wave.stop', kind, message, ...STOPS[cause], ...(except ? { except } : {}) } as WaveEvent,
        },
      },
      ...this.record(unstarted.map((task) => unstartedReport(task, unadmitted, { kind, message }, now))),
    ];
  }

  #startWave(index: number): Message[] {
    const { plan, book, settings, room, actor, publish } = this.#run;
    const tasks = book.unsettled(plan.waves[index] as readonly Task[]);
    if (tasks.length === 0) return [];
    const wave = index + 1;
    const isEager = settings.schedule === 'eager';
    const { skips, start, answered } = isEager ? NOTHING : this.#triage(tasks);
    const prepare = (task: Task) => this.#taskInput(task);
    const input = { wave, tasks, ready: start, limit: isEager ? null : room, prepare, parent: actor.ref };
    this.#activeWaves.add(wave);
    publish({ type: 'wave.started', wave, tasks: tasks.length }, actor.now());
    return [
      { to: 'waves', event: { type: 'child.start', id: `wave.${wave}`, input } },
      ...(skips.length > 0 ? [toWave(wave, { type: 'tasks.skip', skips })] : []),
      ...this.#answers(answered),
    ];
  }

  /** Sorts tasks whose dependencies have settled: some never run, some have their answer, some wait for a duplicate. */
  #triage(tasks: readonly Task[]): Triage {
    const { book, agents, input, publish, actor } = this.#run;
    const skips = skipsOf(tasks, book, agents);
    const skipped = new Set(skips.map(({ taskId }) => taskId));
    const left = skips.length === 0 ? tasks : tasks.filter(({ id }) => !skipped.has(id));
    if (!this.#duplicates) return { skips, start: left, answered: [] };
    const now = actor.now();
    const begun = ({ id }: Task) => (input.resumed?.tasks.get(id)?.attempts.length ?? 0) > 0;
    const { start, answered, held } = this.#duplicates.sort(left, begun, now);
    for (const { task, originalOf } of held) {
      const reason = `waits for \`${originalOf}\`, which asks the same`;
      const agentId = agentOf(task, agents)?.id ?? task.agent;
      const state = { type: 'task.state', taskId: task.id, agentId, wave: task.wave, state: 'staggered' } as const;
      publish({ ...state, waitingFor: 'duplicate', reason }, now);
    }
    return { skips, start, answered };
  }

  /** Skips what cannot run at once; the rest waits for room in front of the gate. */
  #queue(tasks: readonly Task[]): Message[] {
    const { skips, start, answered } = this.#triage(tasks);
    for (const task of start) this.#ready.add(task);
    const skipped = skips.map((skip) => {
      const { wave } = this.#run.plan.byId.get(skip.taskId) as Task;
      return toWave(wave, { type: 'tasks.skip', skips: [skip] });
    });
    return [...skipped, ...this.#answers(answered)];
  }

  #releaseDuplicates(): Message[] {
    const freed = this.#duplicates?.freed();
    if (!freed) return [];
    const messages = this.#answers(freed.answered);
    if (this.#run.settings.schedule === 'eager') for (const task of freed.start) this.#ready.add(task);
    else for (const task of freed.start) messages.push(toWave(task.wave, { type: 'tasks.ready', tasks: [task] }));
    return messages;
  }

  #answers(answered: readonly Answered[]): Message[] {
    const { book, agents } = this.#run;
    return [...Map.groupBy(answered, ({ task }) => task.wave)].map(([wave, own]) => {
      const answers = own.map(({ task, answer }) => ({
        taskId: task.id,
        agentId: agentOf(task, agents)?.id ?? task.agent,
        ...answer,
        partialContext: book.prepare(task).partialContext,
        readyAt: book.readyAt(task),
      }));
      return toWave(wave, { type: 'tasks.answered', answers });
    });
  }

  /** Everything that a task's actor needs, when it is admitted. */
  #taskInput(task: Task): TaskInput {
    const { services, settings, book, publish, runId, input, agents, policyOf, actor } = this.#run;
    const agent = agentOf(task, agents);
    if (!agent) throw new Error(`Task ${task.id} was admitted without an agent.`);
    const prepared = book.prepare(task);
    const { warning } = prepared;
    if (warning) publish({ type: 'warning', message: warning, taskId: task.id }, actor.now());
    const resumed = input.resumed?.tasks.get(task.id);
    return {
      task,
      runId,
      agent,
      fallback: fallbackOf(task, settings, agents),
      policy: policyOf(task),
      prepared,
      readyAt: book.readyAt(task),
      services,
      publish,
      log: input.log ?? null,
      ...(input.query === undefined ? {} : { query: input.query }),
      ...(resumed ? { resumed } : {}),
    };
  }
}
