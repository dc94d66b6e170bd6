import { elapsedMs } from '../../base/clock.ts';
import { replay } from '../../journal/replay.ts';
import { planOf } from '../../journal/resume.ts';
import { compilePlan } from '../../plan/compile.ts';
import type { CompiledPlan, Task } from '../../plan/types.ts';
import type { LogEntry, StoredResult, StoredRun } from '../../run/entries.ts';
import { NO_NOTES } from '../../run/task-report.ts';
import type { TaskOutcome } from '../../types/task.ts';
import { clip } from '../plain.ts';
import { isUsed } from '../run-event-recorder.ts';
import type { TextRef, TraceRecord } from '../trace.schema.ts';
import { TRACE_VERSION } from '../version.ts';
import { chartNamed } from './chart-keys.ts';
import { PhaseRecords } from './phase-records.ts';
import { type JournalRecord, TaskRecords } from './task-records.ts';

const TITLE_CHARS = 200;

type Of<T extends LogEntry['type']> = Extract<LogEntry, { type: T }>;

export interface JournalTraceOptions {
  /** Epoch milliseconds: waits that are over by then are recorded as over. */
  now: number;
  /** Whether a live process has the run. */
  isRunning: boolean;
}

/**
 * A run's trace, as far as its journal knows it: its phases, its plan, the states of every task, and how it
 * ended; nothing of gate and breakers. In order of time.
 */
export function recordsOfJournal(stored: StoredRun, options: JournalTraceOptions): JournalRecord[] {
  return new JournalTrace(stored).records(options);
}

class JournalTrace {
  readonly #stored: StoredRun;
  readonly #run: string;
  readonly #root: PhaseRecords;
  readonly #records: JournalRecord[] = [];
  readonly #stories = new Map<string, TaskRecords>();
  readonly #settled = new Map<string, TaskOutcome>();
  #plan: CompiledPlan | null = null;
  #compiledAt = 0;
  #opens: (number | null)[] = [];
  #settledCount = 0;
  #lastAt: number;
  /** Nothing is reported of an earlier instant: the clock was set back before the run was resumed. */
  #floor = Number.NEGATIVE_INFINITY;

  constructor(stored: StoredRun) {
    this.#stored = stored;
    this.#run = stored.header.runId;
    this.#root = new PhaseRecords(stored, this.#add);
    this.#lastAt = stored.header.startedAt;
    for (const entry of stored.entries) {
      if (entry.type === 'task.settled') this.#settled.set(entry.report.outcome.taskId, entry.report.outcome);
    }
  }

  records({ now, isRunning }: JournalTraceOptions): JournalRecord[] {
    this.#begin();
    for (const entry of this.#stored.entries) this.#enter(entry);
    const isOver = this.#stored.entries.at(-1)?.type === 'run.settled';
    if (isRunning && !isOver) for (const story of this.#stories.values()) story.look(now);
    else if (!isOver) this.#left();
    if (!isRunning || isOver) this.#add(this.#lastAt, 'ended', { type: 'trace.ended', faults: 0 });
    // Stable: what happened at one instant stays in the order in which it was written down.
    return this.#records.sort((a, b) => a.at - b.at);
  }

  readonly #add = (at: number, id: string, record: JournalRecord['record']): void => {
    const when = Math.max(at, this.#floor);
    this.#lastAt = Math.max(this.#lastAt, when);
    this.#records.push({ at: when, id, record });
  };

  #begin(): void {
    const { startedAt, goal, query } = this.#stored.header;
    const run = this.#run;
    const opening = { type: 'trace.started', v: TRACE_VERSION, trace: run, mode: 'compact' } as const;
    this.#add(startedAt, 'opening', opening);
    for (const name of [this.#root.machine, 'task']) {
      this.#add(startedAt, `machine/${name}`, { type: 'machine.defined', machine: name, chart: chartNamed(name) });
    }
    const reference = query === undefined ? undefined : this.#text(startedAt, `query/${run}`, query);
    const title = query ?? goal;
    this.#add(startedAt, 'run', {
      type: 'run.started',
      runId: run,
      ...(title === undefined ? {} : { title: clip(title, TITLE_CHARS) }),
      ...(reference ? { query: reference } : {}),
    });
    this.#root.begin(startedAt);
  }

  #enter(entry: LogEntry): void {
    switch (entry.type) {
      case 'phase.completed':
        this.#root.completed(entry, this.#tally());
        break;
      case 'plan.approved':
        this.#root.approved(entry.at);
        break;
      case 'call.settled':
        this.#callSettled(entry);
        break;
      case 'plan.compiled':
        this.#compiled(entry);
        break;
      case 'attempt.started': {
        const { taskId, n, agentId, at } = entry;
        this.#story(taskId, agentId)?.started(n, agentId, at);
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
        if (entry.at < this.#lastAt) this.#floor = this.#lastAt;
        for (const story of this.#stories.values()) story.interrupted(entry.at, null);
        this.#warn(entry.at, 'Another process continues with the run.');
        break;
      case 'run.settled':
        this.#runSettled(entry.result, entry.at);
        break;
    }
  }

  #warn(at: number, message: string): void {
    this.#add(at, `warning/${at}/${message}`, { type: 'warning', runId: this.#run, message });
  }

  /** Its process is gone: attempts in flight ended with it. */
  #left(): void {
    const at = this.#lastAt;
    for (const story of this.#stories.values()) story.interrupted(at, null);
    this.#warn(at, `The process ended here. \`soar resume ${this.#run}\` continues.`);
  }

  #tally(): string {
    const succeeded = [...this.#settled.values()].filter(({ status }) => status === 'succeeded').length;
    return `${succeeded} of ${this.#plan?.tasks.length ?? 0} succeeded`;
  }

  #compiled({ at, deadlineAt }: Of<'plan.compiled'>): void {
    if (this.#plan) return;
    const plan = planOf(replay(this.#stored, at));
    if (!plan) return;
    this.#plan = compilePlan(plan);
    this.#compiledAt = at;
    const { tasks, waves } = this.#plan;
    const { header } = this.#stored;
    this.#opens = header.settings.schedule === 'eager' ? waves.map(() => at) : this.#openings(this.#plan, at);
    this.#add(at, 'plan', {
      type: 'plan.compiled',
      runId: this.#run,
      ...(plan.goal === undefined ? {} : { goal: clip(plan.goal, 500) }),
      timeoutMs: elapsedMs(header.startedAt, deadlineAt),
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

  /** @param asked The agent of a call that a phase makes; it is not a task of the plan. */
  #story(task: string, asked?: string): TaskRecords | undefined {
    const known = this.#stories.get(task);
    if (known) return known;
    const of = this.#plan?.byId.get(task);
    const [, phase] = /^phase:([a-z]+)/.exec(task) ?? [];
    if (!of && (asked === undefined || phase === undefined)) return undefined;
    const about = of
      ? { agentId: of.agent, wave: of.wave, readyAt: this.#readyAt(of), openAt: this.#opens[of.wave - 1] ?? null }
      : { agentId: asked ?? '', wave: 0, readyAt: null, openAt: null, ...(phase === undefined ? {} : { phase }) };
    const ids = { runId: this.#run, taskId: task, actor: `${this.#run}:${task}`, parent: this.#root.actor };
    const story = new TaskRecords({ ...about, ...ids }, this.#add);
    this.#stories.set(task, story);
    return story;
  }

  /** When the last of what it depends on had settled. */
  #readyAt({ dependsOn }: Task): number {
    return dependsOn.reduce((at, id) => Math.max(at, this.#settled.get(id)?.settledAt ?? 0), this.#compiledAt);
  }

  #callSettled({ phase, taskId, agentId, status, via, error, attempts }: Of<'call.settled'>): void {
    const [first, last] = [attempts[0], attempts.at(-1)];
    const at = last?.endedAt ?? this.#lastAt;
    // What came from the cache had no machine.
    if (!via) this.#story(taskId, agentId)?.settled({ attempts, settledAt: at, status, error }, NO_NOTES);
    this.#add(at, `called/${taskId}`, {
      type: 'call.settled',
      runId: this.#run,
      phase,
      taskId,
      agentId,
      status,
      ...(via ? { via } : {}),
      error,
      durationMs: first ? elapsedMs(first.startedAt, at) : 0,
    });
  }

  #taskSettled({ report: { outcome, notes } }: Of<'task.settled'>): void {
    this.#story(outcome.taskId)?.settled(outcome, notes);
    this.#settledCount += 1;
    const { taskId, agentId, settledAt: at, output, attempts } = outcome;
    const reference = output === '' ? undefined : this.#text(at, `output/${this.#run}/${taskId}`, output);
    this.#add(at, `settled/${taskId}`, {
      type: 'task.settled',
      runId: this.#run,
      taskId,
      agentId,
      status: outcome.status,
      via: outcome.via,
      wave: outcome.wave,
      error: outcome.error,
      attempts: attempts.map(({ n, agentId, startedAt, endedAt, result, error, usage }) => ({
        ...{ n, agentId, startedAt, endedAt, result, error },
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

  #runSettled(result: StoredResult, at: number): void {
    const { status, metadata, error, answer } = result;
    const { totalTasks: total, succeeded, failed, cancelled, skipped } = metadata;
    const reference = answer === undefined ? undefined : this.#text(at, `answer/${this.#run}`, answer);
    this.#root.ended(result, at);
    this.#add(at, 'end', {
      type: 'run.settled',
      runId: this.#run,
      status,
      counts: { total, succeeded, failed, cancelled, skipped },
      durationMs: metadata.totalDurationMs,
      criticalPathMs: metadata.criticalPathMs,
      peakConcurrency: metadata.peakConcurrency,
      ...(metadata.usage && isUsed(metadata.usage) ? { usage: metadata.usage } : {}),
      ...(error ? { error } : {}),
      ...(reference ? { answer: reference } : {}),
    });
  }

  #text(at: number, ref: string, text: string): TextRef {
    if (text !== '') this.#add(at, ref, { type: 'text', ref, text });
    return { ref, chars: text.length };
  }
}

/** Numbers the records, as lines of a trace. */
export function numbered(records: readonly JournalRecord[], from = 0): TraceRecord[] {
  return records.map(({ at, record }, index) => {
    const { type, ...rest } = record;
    return { type, seq: from + index, at, ...rest } as TraceRecord;
  });
}
