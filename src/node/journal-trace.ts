import type { LogEntry, StoredResult, StoredRun } from '../journal/entries.ts';
import { replay } from '../journal/replay.ts';
import { planOf } from '../journal/resume.ts';
import type { SoarContext } from '../machines/soar/events.ts';
import { summaryOf } from '../machines/soar/logic.ts';
import { compilePlan } from '../plan/compile.ts';
import type { CompiledPlan } from '../plan/types.ts';
import { clip } from '../trace/plain.ts';
import type { TextRef, TraceRecord } from '../trace/trace.schema.ts';
import { TRACE_VERSION } from '../trace/trace.schema.ts';
import type { TaskOutcome } from '../types.ts';
import { chartNamed, transitionKeys } from './chart-keys.ts';
import { TaskStory, type Told } from './task-story.ts';

const TITLE_CHARS = 200;

/** What a phase's output is to the run. */
const FOUND: Readonly<Record<string, keyof SoarContext>> = {
  assess: 'assessment',
  retrieve: 'retrieval',
  decompose: 'decomposition',
  route: 'routing',
  synthesize: 'synthesis',
};

type Of<T extends LogEntry['type']> = Extract<LogEntry, { type: T }>;

export interface JournalTraceOptions {
  /** Epoch milliseconds: waits that are over by then are told as over. */
  now: number;
  /** Whether a live process has the run. */
  isRunning: boolean;
}

/**
 * What a trace of a run would tell, as far as its journal knows: its phases, its plan, the states of every task, and how it
 * ended; nothing of gate and breakers. In order of time.
 */
export function toldByJournal(stored: StoredRun, options: JournalTraceOptions): Told[] {
  return new JournalTrace(stored).told(options);
}

class JournalTrace {
  readonly #stored: StoredRun;
  readonly #run: string;
  readonly #root: string;
  readonly #told: Told[] = [];
  readonly #stories = new Map<string, TaskStory>();
  readonly #settled = new Map<string, TaskOutcome>();
  readonly #machine: 'collect' | 'soar';
  #state = '';
  #plan: CompiledPlan | null = null;
  #opens: (number | null)[] = [];
  #settledCount = 0;
  #lastAt: number;
  #phases = 0;

  constructor(stored: StoredRun) {
    this.#stored = stored;
    this.#run = stored.header.runId;
    this.#root = `${this.#run}:run`;
    this.#machine = stored.header.query === undefined ? 'collect' : 'soar';
    this.#lastAt = stored.header.startedAt;
    for (const entry of stored.entries) {
      if (entry.type === 'task.settled') this.#settled.set(entry.report.outcome.taskId, entry.report.outcome);
    }
  }

  told({ now, isRunning }: JournalTraceOptions): Told[] {
    this.#begin();
    for (const entry of this.#stored.entries) this.#enter(entry);
    const isOver = this.#stored.entries.at(-1)?.type === 'run.settled';
    if (isRunning && !isOver) for (const story of this.#stories.values()) story.look(now);
    else if (!isOver) this.#left();
    if (!isRunning || isOver) this.#tell(this.#lastAt, 'ended', { type: 'trace.ended', faults: 0 });
    // Stable: what happened at one instant stays in the order in which it was written down.
    return this.#told.sort((a, b) => a.at - b.at);
  }

  readonly #tell = (at: number, id: string, record: Told['record']): void => {
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#told.push({ at, id, record });
  };

  #begin(): void {
    const { startedAt, goal, query } = this.#stored.header;
    const run = this.#run;
    const machine = this.#machine;
    const opening = { type: 'trace.started', v: TRACE_VERSION, trace: run, mode: 'compact' } as const;
    this.#tell(startedAt, 'opening', opening);
    for (const name of [machine, 'task']) {
      this.#tell(startedAt, `machine/${name}`, { type: 'machine.defined', machine: name, chart: chartNamed(name) });
    }
    const reference = query === undefined ? undefined : this.#text(startedAt, `query/${run}`, query);
    const title = query ?? goal;
    this.#tell(startedAt, 'run', {
      type: 'run.started',
      run,
      ...(title === undefined ? {} : { title: clip(title, TITLE_CHARS) }),
      ...(reference ? { query: reference } : {}),
    });
    this.#state = machine === 'soar' ? 'assess' : 'collecting';
    this.#tell(startedAt, 'root', {
      type: 'actor.started',
      actor: this.#root,
      id: run,
      parent: null,
      machine,
      run,
      state: this.#state,
    });
    if (query !== undefined) this.#phase('assess', startedAt);
  }

  #phase(phase: string, at: number): void {
    this.#phases += 1;
    this.#tell(at, `phase/${this.#phases}`, { type: 'phase.started', run: this.#run, phase });
  }

  #enter(entry: LogEntry): void {
    switch (entry.type) {
      case 'phase.completed':
        this.#phaseCompleted(entry);
        break;
      case 'plan.compiled':
        this.#compiled(entry);
        break;
      case 'attempt.started': {
        const { taskId, n, agentId, at } = entry;
        this.#story(taskId)?.started(n, agentId, at);
        break;
      }
      case 'task.parked':
        this.#story(entry.taskId)?.parked(entry);
        break;
      case 'task.interrupted':
        this.#story(entry.taskId)?.interrupted(this.#lastAt, entry.attempts);
        break;
      case 'task.settled':
        this.#taskSettled(entry);
        break;
      case 'run.interrupted':
        this.#warn(entry.at, entry.reason);
        break;
      case 'run.resumed':
        for (const story of this.#stories.values()) story.interrupted(entry.at, null);
        this.#warn(entry.at, 'Another process goes on with the run.');
        break;
      case 'run.settled':
        this.#runSettled(entry.result, entry.at);
        break;
    }
  }

  #warn(at: number, message: string): void {
    this.#tell(at, `warning/${at}/${message}`, { type: 'warning', run: this.#run, message });
  }

  /** Nobody goes on with it: what was in flight ended with its process. */
  #left(): void {
    const at = this.#lastAt;
    for (const story of this.#stories.values()) story.interrupted(at, null);
    this.#warn(at, `The process ended here. \`soar resume ${this.#run}\` goes on.`);
  }

  #phaseCompleted({ phase, output, at }: Of<'phase.completed'>): void {
    const summary =
      phase === 'collect'
        ? this.#tally()
        : summaryOf(phase, { [FOUND[phase] ?? phase]: output } as unknown as SoarContext);
    const complexity = (output as { complexity?: unknown } | null)?.complexity;
    this.#tell(at, `done/${phase}`, {
      type: 'phase.completed',
      run: this.#run,
      phase,
      summary: clip(summary, 500),
      ...(phase === 'assess' && typeof complexity === 'string' ? { complexity } : {}),
    });
    const next = nextPhase(phase);
    if (next === null) return;
    this.#move(at, next, `xstate.done.actor.${phase}`);
    this.#phase(next, at);
  }

  #tally(): string {
    const succeeded = [...this.#settled.values()].filter(({ status }) => status === 'succeeded').length;
    return `${succeeded} of ${this.#plan?.tasks.length ?? 0} succeeded`;
  }

  #move(at: number, to: string, event: string, status?: 'done'): void {
    const machine = this.#machine;
    const keys = transitionKeys(machine, { from: this.#state, event, to, last: true });
    this.#state = to;
    this.#tell(at, `root/${to}`, {
      type: 'actor.moved',
      actor: this.#root,
      state: to,
      event,
      keys,
      ...(status ? { status } : {}),
    });
  }

  #compiled({ at, deadlineAt }: Of<'plan.compiled'>): void {
    if (this.#plan) return;
    const plan = planOf(replay(this.#stored, at));
    if (!plan) return;
    this.#plan = compilePlan(plan);
    const { tasks, waves } = this.#plan;
    const { header } = this.#stored;
    this.#opens = header.settings.schedule === 'eager' ? waves.map(() => at) : this.#openings(this.#plan, at);
    this.#tell(at, 'plan', {
      type: 'plan.compiled',
      run: this.#run,
      ...(plan.goal === undefined ? {} : { goal: clip(plan.goal, 500) }),
      timeoutMs: deadlineAt - header.startedAt,
      schedule: header.settings.schedule,
      waves: waves.map((wave) => wave.map(({ id }) => id)),
      tasks: tasks.map(({ id, agent, dependsOn, critical, prompt }) => ({
        id,
        agent,
        ...(dependsOn.length > 0 ? { dependsOn: [...dependsOn] } : {}),
        ...(critical ? { critical: true as const } : {}),
        prompt: this.#text(at, `prompt/${this.#run}/${id}`, prompt),
      })),
    });
  }

  /** When each wave began: with the last settlement of the one before. Null where that is still to come. */
  #openings({ waves }: CompiledPlan, at: number): (number | null)[] {
    const opens: (number | null)[] = [];
    let open: number | null = at;
    for (const wave of waves) {
      opens.push(open);
      for (const { id } of wave) {
        const settledAt = this.#settled.get(id)?.settledAt;
        open = open === null || settledAt === undefined ? null : Math.max(open, settledAt);
      }
    }
    return opens;
  }

  #story(task: string): TaskStory | undefined {
    const known = this.#stories.get(task);
    const of = this.#plan?.byId.get(task);
    if (known || !of) return known;
    const { agent, wave } = of;
    const outcome = this.#settled.get(task);
    const readyAt = outcome && outcome.startedAt !== null ? outcome.startedAt - outcome.queuedMs : null;
    const about = { run: this.#run, task, agent, wave, readyAt, openAt: this.#opens[wave - 1] ?? null };
    const story = new TaskStory({ ...about, actor: `${this.#run}:${task}`, parent: this.#root }, this.#tell);
    this.#stories.set(task, story);
    return story;
  }

  #taskSettled({ report: { outcome, notes } }: Of<'task.settled'>): void {
    this.#story(outcome.taskId)?.settled(outcome, notes);
    this.#settledCount += 1;
    const { taskId, agentId, settledAt: at, output, attempts } = outcome;
    const reference = output === '' ? undefined : this.#text(at, `output/${this.#run}/${taskId}`, output);
    this.#tell(at, `settled/${taskId}`, {
      type: 'task.settled',
      run: this.#run,
      task: taskId,
      agent: agentId,
      status: outcome.status,
      via: outcome.via,
      wave: outcome.wave,
      error: outcome.error,
      attempts: attempts.map(({ n, agentId: agent, startedAt, endedAt, result, error, usage }) => ({
        ...{ n, agent, startedAt, endedAt, result, error },
        ...(usage ? { usage } : {}),
      })),
      queuedMs: outcome.queuedMs,
      startedAt: outcome.startedAt,
      settledAt: at,
      ...(outcome.partialContext ? { partialContext: true as const } : {}),
      ...(reference ? { output: reference } : {}),
      ...(outcome.outputTruncated ? { outputTruncated: true as const } : {}),
      settled: this.#settledCount,
      total: this.#plan?.tasks.length ?? this.#settledCount,
    });
  }

  #runSettled({ status, metadata, error, answer, query }: StoredResult, at: number): void {
    const { totalTasks: total, succeeded, failed, cancelled, skipped } = metadata;
    const reference = answer === undefined ? undefined : this.#text(at, `answer/${this.#run}`, answer);
    const isDone = query === undefined || status === 'succeeded' || status === 'partial';
    this.#move(at, isDone ? 'done' : status, query === undefined ? '' : `xstate.done.actor.${this.#state}`, 'done');
    this.#tell(at, 'end', {
      type: 'run.settled',
      run: this.#run,
      status,
      counts: { total, succeeded, failed, cancelled, skipped },
      durationMs: metadata.totalDurationMs,
      criticalPathMs: metadata.criticalPathMs,
      peakConcurrency: metadata.peakConcurrency,
      ...(error ? { error } : {}),
      ...(reference ? { answer: reference } : {}),
    });
  }

  #text(at: number, ref: string, text: string): TextRef {
    if (text !== '') this.#tell(at, ref, { type: 'text', ref, text });
    return { ref, chars: text.length };
  }
}

/** The phase that follows, as the chart of a question has it; null after the last. */
function nextPhase(phase: string): string | null {
  const state = chartNamed('soar').states?.find(({ key }) => key === phase);
  const done = state?.transitions?.findLast(({ event }) => event === `xstate.done.actor.${phase}`);
  const next = done?.targets[0]?.split('.')[1];
  const isFinal = chartNamed('soar').states?.some(({ key, type }) => key === next && type === 'final');
  return next === undefined || isFinal ? null : next;
}

/** Numbers what was told, as lines of a trace. */
export function numbered(told: readonly Told[], from = 0): TraceRecord[] {
  return told.map(({ at, record }, index) => {
    const { type, ...rest } = record;
    return { type, seq: from + index, at, ...rest } as TraceRecord;
  });
}
