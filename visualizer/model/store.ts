import { shownJson } from '../../src/text/foreign-text.ts';
import type { ActorTrack, ChartDefinition, RecordOf, RunTrack, TaskTrack, TraceRecord } from './tracks.ts';
import { type Mishap, mishapOf } from './troubles.ts';

const NEWEST_VERSION = 1;

/**
 * A trace, arranged so that any instant of it can be looked at without a replay from the beginning: each actor keeps
 * its moves in order, and views look up the one that holds.
 */
export class TraceStore {
  /** Everything but bodies of texts and definitions, in order. */
  readonly log: TraceRecord[] = [];
  readonly actors = new Map<string, ActorTrack>();
  readonly roots: ActorTrack[] = [];
  readonly runs: RunTrack[] = [];
  readonly charts = new Map<string, ChartDefinition>();
  readonly texts = new Map<string, string>();
  /** Gates and breakers, in the order in which they began. */
  readonly guards: ActorTrack[] = [];
  /** What did not go as wished, in order. */
  readonly mishaps: Mishap[] = [];
  readonly #runs = new Map<string, RunTrack>();
  startedAt = 0;
  endedAt = 0;
  lastSeq = -1;
  isEnded = false;
  /** How many lines could not be read. */
  damaged = 0;
  /** Set when the trace is of a later format than this page knows. */
  tooNew: number | null = null;

  get isEmpty(): boolean {
    return this.log.length === 0;
  }

  run(id: string): RunTrack | undefined {
    return this.#runs.get(id);
  }

  /** Takes in complete lines. A line that cannot be read is counted and passed over. */
  addLines(lines: readonly string[]): void {
    for (const line of lines) {
      if (line === '') continue;
      let record: TraceRecord;
      try {
        record = JSON.parse(shownJson(line)) as TraceRecord;
      } catch {
        this.damaged += 1;
        continue;
      }
      if (typeof record?.type === 'string' && typeof record.seq === 'number') this.add(record);
      else this.damaged += 1;
    }
  }

  add(record: TraceRecord): void {
    if (this.lastSeq < 0) this.startedAt = record.at;
    // A record that comes twice, after a connection was made anew, has been taken in.
    else if (record.seq <= this.lastSeq) return;
    this.lastSeq = record.seq;
    this.endedAt = Math.max(this.endedAt, record.at);
    if (record.type === 'text') {
      this.texts.set(record.ref, record.text);
      return;
    }
    if (record.type === 'machine.defined') {
      this.charts.set(record.machine, record.chart);
      return;
    }
    this.log.push(record);
    this.#apply(record);
    const mishap = mishapOf(record, 'actor' in record ? this.actors.get(record.actor) : undefined);
    if (mishap) this.mishaps.push(mishap);
  }

  #apply(record: TraceRecord): void {
    switch (record.type) {
      case 'trace.started':
        if (record.v > NEWEST_VERSION) this.tooNew = record.v;
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
        const run = this.#runOf(record.run, record.at);
        run.title = record.title ?? '';
        run.query = record.query ?? null;
        return;
      }
      case 'plan.compiled':
        compile(this.#runOf(record.run, record.at), record);
        return;
      case 'phase.started':
      case 'phase.completed':
        this.#runOf(record.run, record.at).phases.push(record);
        return;
      case 'task.held':
        taskOf(this.#runOf(record.run, record.at), record.task, record.agent, record.wave).held = record;
        return;
      case 'task.settled': {
        const task = taskOf(this.#runOf(record.run, record.at), record.task, record.agent, record.wave);
        task.settled = record;
        return;
      }
      case 'call.settled': {
        const { task, agent, phase } = record;
        callOf(this.#runOf(record.run, record.at), task, agent, phase).called = record;
        return;
      }
      case 'run.stopping':
        this.#runOf(record.run, record.at).stopping = record;
        return;
      case 'run.settled':
        this.#runOf(record.run, record.at).settled = record;
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
      run: record.run,
      task: record.task,
      agent: record.agent,
      wave: record.wave,
      startedSeq: seq,
      startedAt: at,
      moves: [first],
      children: [],
      endedSeq: Number.POSITIVE_INFINITY,
      endedAt: Number.POSITIVE_INFINITY,
      endStatus: null,
      error: undefined,
    };
    this.actors.set(id, actor);
    (parent?.children ?? this.roots).push(actor);
    if (actor.machine === 'gate' || actor.machine === 'breaker') this.guards.push(actor);
    if (record.task !== undefined && record.run !== undefined) {
      const run = this.#runOf(record.run, at);
      const { task, agent = '', wave = 0, phase } = record;
      (phase === undefined ? taskOf(run, task, agent, wave) : callOf(run, task, agent, phase)).actor = actor;
    }
  }

  #runOf(id: string, at: number): RunTrack {
    const known = this.#runs.get(id);
    if (known) return known;
    const run: RunTrack = {
      id,
      title: '',
      query: null,
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

  /** The last record at or before an instant, by `seq`; -1 before the first. */
  seqAt(at: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.log[middle] as TraceRecord).at <= at) low = middle + 1;
      else high = middle;
    }
    return this.log[low - 1]?.seq ?? -1;
  }
}

function end(actor: ActorTrack, { seq, at }: { seq: number; at: number }, status: 'done' | 'error' | 'stopped'): void {
  if (actor.endStatus) return;
  actor.endStatus = status;
  actor.endedSeq = seq;
  actor.endedAt = at;
}

function compile(run: RunTrack, record: RecordOf<'plan.compiled'>): void {
  run.plan = record;
  if (run.title === '' && record.goal !== undefined) run.title = record.goal;
  const waves = new Map(record.waves.flatMap((ids, index) => ids.map((id) => [id, index + 1] as const)));
  for (const { id, agent, dependsOn = [], critical = false, prompt } of record.tasks) {
    if (run.byId.has(id)) continue;
    addTask(run, { id, agent, dependsOn, critical, prompt, wave: waves.get(id) ?? 0 });
  }
  for (const task of run.tasks) for (const id of task.dependsOn) run.byId.get(id)?.dependents.push(task.id);
}

function taskOf(run: RunTrack, id: string, agent: string, wave: number): TaskTrack {
  return run.byId.get(id) ?? addTask(run, { id, agent, dependsOn: [], critical: false, prompt: null, wave });
}

/** A call that a phase makes: a task of its own, beside the plan. */
function callOf(run: RunTrack, id: string, agent: string, phase: string): TaskTrack {
  const known = run.calls.get(id);
  if (known) return known;
  const none = {
    dependsOn: [],
    dependents: [],
    critical: false,
    prompt: null,
    actor: null,
    settled: null,
    held: null,
    called: null,
  };
  const call: TaskTrack = { id, agent, phase, wave: 0, index: -1, ...none };
  run.calls.set(id, call);
  return call;
}

function addTask(
  run: RunTrack,
  about: Pick<TaskTrack, 'id' | 'agent' | 'dependsOn' | 'critical' | 'prompt' | 'wave'>,
): TaskTrack {
  const none = { dependents: [], phase: null, actor: null, settled: null, held: null, called: null };
  const task: TaskTrack = { ...about, ...none, index: run.tasks.length };
  run.tasks.push(task);
  run.byId.set(task.id, task);
  return task;
}
