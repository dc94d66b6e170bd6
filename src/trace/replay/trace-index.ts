import type { ChartDefinition } from '../chart/chart.schema.ts';
import type { RecordOf, TraceRecord } from '../trace.schema.ts';
import { TRACE_VERSION } from '../version.ts';
import { CurrentRecords } from './current-record.ts';
import { type ActorTrack, isMachine, lastAt, type RunTrack, type TaskTrack } from './tracks.ts';

/**
 * Records of a trace, arranged so that any instant can be looked at without starting from the beginning: each actor keeps its
 * moves in order, and readers look up the one that holds. Taking a record costs the same however many there are.
 */
export class TraceIndex {
  /** Everything but bodies of texts and definitions, in order. */
  readonly log: TraceRecord[] = [];
  readonly actors = new Map<string, ActorTrack>();
  /** Actors without a known parent. */
  readonly roots: ActorTrack[] = [];
  readonly runs: RunTrack[] = [];
  readonly charts = new Map<string, ChartDefinition>();
  readonly texts = new Map<string, string>();
  /** Gates and breakers, in the order in which they began. */
  readonly guards: ActorTrack[] = [];
  readonly #runs = new Map<string, RunTrack>();
  readonly #current = new CurrentRecords();
  startedAt = 0;
  endedAt = 0;
  lastSeq = -1;
  isEnded = false;
  /** Set when the trace is of a later format than this code knows. */
  tooNew: number | null = null;

  get isEmpty(): boolean {
    return this.log.length === 0;
  }

  run(id: string): RunTrack | undefined {
    return this.#runs.get(id);
  }

  /** Adds the next record, of any version of the format. Returns false for a known one, as after a connection was made anew. */
  add(given: TraceRecord): boolean {
    const record = this.#current.read(given);
    if (this.lastSeq < 0) this.startedAt = record.at;
    else if (record.seq <= this.lastSeq) return false;
    this.lastSeq = record.seq;
    this.endedAt = Math.max(this.endedAt, record.at);
    if (record.type === 'text') this.texts.set(record.ref, record.text);
    else if (record.type === 'machine.defined') this.charts.set(record.machine, record.chart);
    else {
      // Throws at a record that lacks what its type has; such a record is not in the log.
      this.#apply(record);
      this.log.push(record);
    }
    this.added(record);
    return true;
  }

  /** Called with each new record, once it is in the index. */
  protected added(_record: TraceRecord): void {}

  /** The last record at or before an instant, by `seq`; -1 before the first. */
  seqAt(at: number): number {
    return this.log[lastAt(this.log, at, 'at')]?.seq ?? -1;
  }

  #apply(record: TraceRecord): void {
    switch (record.type) {
      case 'trace.started':
        if (record.v > TRACE_VERSION) this.tooNew = record.v;
        return;
      case 'trace.ended':
        this.isEnded = true;
        return;
      case 'actor.started':
        this.#start(record);
        return;
      case 'actor.moved': {
        const actor = this.actors.get(record.actor);
        if (!actor) return;
        const { seq, at, state, event, keys, until, data } = record;
        actor.moves.push({ seq, at, state, event, keys, until, data });
        if (record.status) end(actor, record, record.status);
        return;
      }
      case 'actor.ended': {
        const actor = this.actors.get(record.actor);
        if (!actor) return;
        end(actor, record, record.status);
        actor.error = record.error;
        return;
      }
      case 'run.started': {
        const run = this.#runOf(record.runId, record);
        run.title = record.title ?? '';
        run.query = record.query ?? null;
        return;
      }
      case 'plan.compiled':
        compile(this.#runOf(record.runId, record), record);
        return;
      case 'phase.started':
      case 'phase.completed':
        this.#runOf(record.runId, record).phases.push(record);
        return;
      case 'task.held':
        taskOf(this.#runOf(record.runId, record), record.taskId, record.agentId, record.wave).held = record;
        return;
      case 'task.settled':
        taskOf(this.#runOf(record.runId, record), record.taskId, record.agentId, record.wave).settled = record;
        return;
      case 'call.settled': {
        const { taskId, agentId, phase } = record;
        callOf(this.#runOf(record.runId, record), taskId, agentId, phase).called = record;
        return;
      }
      case 'run.stopping':
        this.#runOf(record.runId, record).stopping = record;
        return;
      case 'run.settled':
        this.#runOf(record.runId, record).settled = record;
        return;
    }
  }

  #start(record: RecordOf<'actor.started'>): void {
    const { actor: id, seq, at } = record;
    const parent = (record.parent !== null && this.actors.get(record.parent)) || null;
    const first = { seq, at, state: record.state ?? null, event: '', keys: [], until: record.until, data: record.data };
    const actor: ActorTrack = {
      id,
      name: record.id,
      parent,
      machine: record.machine,
      src: record.src,
      runId: record.runId,
      taskId: record.taskId,
      agentId: record.agentId,
      wave: record.wave,
      startedSeq: seq,
      startedAt: at,
      moves: [first],
      children: [],
      endedSeq: Infinity,
      endedAt: Infinity,
      endStatus: null,
      error: undefined,
    };
    this.actors.set(id, actor);
    (parent?.children ?? this.roots).push(actor);
    if (isMachine(actor, 'gate') || isMachine(actor, 'breaker')) this.guards.push(actor);
    if (record.taskId !== undefined && record.runId !== undefined) {
      const run = this.#runOf(record.runId, record);
      const { taskId, agentId = '', wave = 0, phase } = record;
      (phase === undefined ? taskOf(run, taskId, agentId, wave) : callOf(run, taskId, agentId, phase)).actor = actor;
    }
  }

  #runOf(id: string, { seq, at }: TraceRecord): RunTrack {
    const known = this.#runs.get(id);
    if (known) return known;
    const run: RunTrack = {
      id,
      title: '',
      query: null,
      startedSeq: seq,
      startedAt: at,
      plan: null,
      tasks: [],
      byId: new Map(),
      calls: new Map(),
      phases: [],
      stopping: null,
      settled: null,
    };
    this.#runs.set(id, run);
    this.runs.push(run);
    return run;
  }
}

function end(actor: ActorTrack, { seq, at }: { seq: number; at: number }, status: 'done' | 'error' | 'stopped'): void {
  if (actor.endStatus) return;
  actor.endStatus = status;
  actor.endedSeq = seq;
  actor.endedAt = at;
}

/** Takes the plan of a run; what was recorded of its tasks before stays. */
function compile(run: RunTrack, record: RecordOf<'plan.compiled'>): void {
  run.plan = record;
  if (run.title === '' && record.goal !== undefined) run.title = record.goal;
  const waves = new Map(record.waves.flatMap((ids, index) => ids.map((id) => [id, index + 1] as const)));
  for (const { id, agent, dependsOn = [], critical = false, prompt } of record.tasks) {
    const task = taskOf(run, id, agent, 0);
    Object.assign(task, { dependsOn, critical, prompt, wave: waves.get(id) ?? task.wave });
  }
  for (const task of run.tasks) task.dependents.length = 0;
  for (const task of run.tasks) for (const id of task.dependsOn) run.byId.get(id)?.dependents.push(task.id);
}

function taskOf(run: RunTrack, id: string, agentId: string, wave: number): TaskTrack {
  const known = run.byId.get(id);
  if (known) return known;
  const task = newTask({ id, agentId, wave, phase: null, index: run.tasks.length });
  run.tasks.push(task);
  run.byId.set(id, task);
  return task;
}

/** A call that a phase makes: a task of its own, beside the plan. */
function callOf(run: RunTrack, id: string, agentId: string, phase: string): TaskTrack {
  const known = run.calls.get(id);
  if (known) return known;
  const call = newTask({ id, agentId, wave: 0, phase, index: -1 });
  run.calls.set(id, call);
  return call;
}

function newTask(about: Pick<TaskTrack, 'id' | 'agentId' | 'wave' | 'phase' | 'index'>): TaskTrack {
  const none = { prompt: null, actor: null, settled: null, held: null, called: null };
  return { ...about, ...none, dependsOn: [], dependents: [], critical: false };
}
