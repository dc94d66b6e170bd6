import type { ChartDefinition } from './chart.schema.ts';
import { type ReplayState, stateAt } from './replay-state.ts';
import type { RecordOf, TraceRecord } from './trace.schema.ts';
import { type ActorTrack, enterInterval, type RunTrack, type TaskTrack } from './tracks.ts';

/** A trace, indexed: who was in which state when. */
export interface Replay {
  /** Takes a further record; they must come in order. */
  add(record: TraceRecord): void;
  /** Everything as it was at an instant, epoch milliseconds: after all that happened then. */
  at(time: number): ReplayState;
  /** Everything as it was after a record. */
  atSeq(seq: number): ReplayState;
  /** Time of the first and of the last record; 0 when there is none. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly lastSeq: number;
  /** All records, in order. */
  readonly records: readonly TraceRecord[];
  readonly machines: ReadonlyMap<string, ChartDefinition>;
  readonly actors: ReadonlyMap<string, ActorTrack>;
  readonly runs: ReadonlyMap<string, RunTrack>;
  /** Bodies of texts by reference, where they were recorded. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Builds a replay of records, at once or bit by bit as they come: linear in records. A state is found by bisection in
 * every actor's moves, so any instant costs the same.
 *
 * @example
 * const replay = createReplay(parseTrace(text));
 * replay.at(replay.startedAt + 2000).runs[0].running; // attempts in flight after 2 s
 */
export function createReplay(records: Iterable<TraceRecord> = []): Replay {
  const replay = new Indexed();
  for (const record of records) replay.add(record);
  return replay;
}

class Indexed implements Replay {
  readonly records: TraceRecord[] = [];
  readonly machines = new Map<string, ChartDefinition>();
  readonly actors = new Map<string, ActorTrack>();
  readonly runs = new Map<string, RunTrack>();
  readonly texts = new Map<string, string>();
  readonly #tasks = new Map<string, TaskTrack>();

  get startedAt(): number {
    return this.records[0]?.at ?? 0;
  }

  get endedAt(): number {
    return this.records.at(-1)?.at ?? 0;
  }

  get lastSeq(): number {
    return this.records.at(-1)?.seq ?? -1;
  }

  at(time: number): ReplayState {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle] as TraceRecord).at <= time) low = middle + 1;
      else high = middle;
    }
    return stateAt(this, this.records[low - 1]?.seq ?? -1, time);
  }

  atSeq(seq: number): ReplayState {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle] as TraceRecord).seq <= seq) low = middle + 1;
      else high = middle;
    }
    return stateAt(this, seq, this.records[low - 1]?.at ?? this.startedAt);
  }

  add(record: TraceRecord): void {
    this.records.push(record);
    switch (record.type) {
      case 'machine.defined':
        this.machines.set(record.machine, record.chart);
        break;
      case 'actor.started':
        this.actors.set(record.actor, { started: record, moves: [], ended: null });
        if (record.task !== undefined) this.#taskStarted(record, record.task);
        break;
      case 'actor.moved':
        this.#moved(record);
        break;
      case 'actor.ended':
        this.#ended(record);
        break;
      case 'text':
        this.texts.set(record.ref, record.text);
        break;
      default:
        if ('run' in record && record.run !== undefined) this.#news(record, this.#run(record.run, record));
    }
  }

  #moved(record: RecordOf<'actor.moved'>): void {
    const actor = this.actors.get(record.actor);
    if (!actor) return;
    const { seq, at, status } = record;
    actor.moves.push(record);
    if (status) actor.ended = { seq, at, status };
    const { run = '', task } = actor.started;
    const track = task === undefined ? undefined : this.#tasks.get(`${run}/${task}`);
    if (track?.actor === record.actor) enterInterval(track, record);
  }

  #ended({ actor: id, seq, at, status, error }: RecordOf<'actor.ended'>): void {
    const actor = this.actors.get(id);
    if (!actor) return;
    actor.ended = error === undefined ? { seq, at, status } : { seq, at, status, error };
    const { run = '', task } = actor.started;
    const track = task === undefined ? undefined : this.#tasks.get(`${run}/${task}`);
    if (track?.actor !== id) return;
    const last = track.intervals.at(-1);
    if (last && last.to === null) last.to = at;
    track.endSeq = seq;
  }

  #taskStarted(record: RecordOf<'actor.started'>, task: string): void {
    const { run = '', actor, agent = '', wave = 1, phase } = record;
    const track = this.#task(this.#run(run, record), task, agent, wave, phase);
    track.actor = actor;
    track.agent = agent;
    enterInterval(track, record);
  }

  #news(record: TraceRecord, run: RunTrack): void {
    switch (record.type) {
      case 'run.started':
        run.title = record.title ?? null;
        break;
      case 'plan.compiled':
        run.plan = record;
        if (record.goal !== undefined) run.title ??= record.goal;
        this.#planned(run, record);
        break;
      case 'phase.started':
        run.phases.push({ phase: record.phase, from: record.at, to: null, seq: record.seq });
        break;
      case 'phase.completed': {
        const phase = run.phases.findLast((one) => one.phase === record.phase);
        if (phase) Object.assign(phase, { to: record.at, summary: record.summary });
        break;
      }
      case 'task.held':
        this.#task(run, record.task, record.agent, record.wave).held = record;
        break;
      case 'task.settled': {
        const track = this.#task(run, record.task, record.agent, record.wave);
        track.settled = record;
        run.outcomes.push(record);
        break;
      }
      case 'run.stopping':
        run.stopping = record;
        break;
      case 'run.settled':
        run.settled = record;
        for (const phase of run.phases) phase.to ??= record.at;
        break;
    }
  }

  #planned(run: RunTrack, { tasks, waves }: RecordOf<'plan.compiled'>): void {
    const waveOf = new Map(waves.flatMap((ids, index) => ids.map((id) => [id, index + 1] as const)));
    for (const { id, agent, dependsOn = [], critical = false } of tasks) {
      Object.assign(this.#task(run, id, agent, waveOf.get(id) ?? 1), { dependsOn, critical });
    }
  }

  #run(run: string, { at, seq }: TraceRecord): RunTrack {
    let track = this.runs.get(run);
    if (!track) {
      const empty = { plan: null, phases: [], stopping: null, settled: null, tasks: [], calls: [], outcomes: [] };
      track = { run, title: null, startedAt: at, seq, ...empty };
      this.runs.set(run, track);
    }
    return track;
  }

  #task(run: RunTrack, task: string, agent: string, wave: number, phase?: string): TaskTrack {
    const key = `${run.run}/${task}`;
    let track = this.#tasks.get(key);
    if (!track) {
      const empty = {
        dependsOn: [],
        critical: false,
        actor: null,
        intervals: [],
        endSeq: Infinity,
        settled: null,
        held: null,
      };
      track = { run: run.run, task, agent, wave, ...empty };
      this.#tasks.set(key, track);
      if (phase === undefined) run.tasks.push(track);
      else run.calls.push(Object.assign(track, { phase }));
    }
    return track;
  }
}
