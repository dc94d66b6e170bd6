import type { TaskStatus } from '../../types/task.ts';
import type { ChartDefinition } from '../chart/chart.schema.ts';
import type { RecordOf, TraceRecord, TraceState } from '../trace.schema.ts';
import { type IntervalState, intervalsOf, type TaskInterval } from './intervals.ts';
import type { TraceIndex } from './trace-index.ts';
import {
  type ActorTrack,
  hasEnded,
  isMachine,
  lastAt,
  type Move,
  type RunTrack,
  stateText,
  type TaskTrack,
} from './tracks.ts';

/** An actor at an instant. */
export interface ActorReplayState {
  /** Unique over all traces. */
  id: string;
  /** Its id among its siblings; repeats. */
  name: string;
  /** Id of the actor that started it; null for the first, and when that is not in the trace. */
  parent: string | null;
  machine: string | null;
  /** Absent when the actor is not a machine. */
  state?: TraceState;
  /** When the state began, epoch milliseconds. */
  since: number;
  /** When the state ends by itself. */
  until?: number;
  /** The move into the state; null in the state it began in. */
  lastMove: Move | null;
}

/** A task of a plan at an instant. */
export interface TaskReplayState {
  id: string;
  agentId: string;
  wave: number;
  state: 'pending' | IntervalState | 'done';
  /** When the state began; null while it is pending. */
  since: number | null;
  /** The interval it is in; null before its admission, while it waits for a duplicate task's answer, and after its end. */
  interval: TaskInterval | null;
  /** Set once it has settled. */
  status: TaskStatus | null;
  /** Attempts begun so far. */
  attempts: number;
}

/** A run at an instant. The counts by status are of its tasks. */
export interface RunReplayState extends Record<TaskStatus, number> {
  id: string;
  phase: string | null;
  total: number;
  settled: number;
  /** Tasks with an attempt in flight. */
  running: number;
  /** Tasks admitted and neither running nor settled. */
  waiting: number;
  /** Set once it has ended. */
  status: RecordOf<'run.settled'>['status'] | null;
  /** In the plan's order. */
  tasks: TaskReplayState[];
}

/** Everything a trace records, at an instant. */
export interface ReplayState {
  /** The last record taken into account. */
  seq: number;
  /** Epoch milliseconds. */
  at: number;
  runs: RunReplayState[];
  /** Those that live, each after its parent. */
  actors: ActorReplayState[];
  /** By agent. `open` has `until`: when it lets a probe through. */
  breakers: Record<string, { state: string; since: number; until?: number }>;
  gate: { state: string; until?: number } | null;
}

export function stateAt(
  { actors: tracks, runs }: Pick<TraceIndex, 'actors' | 'runs'>,
  seq: number,
  at: number,
): ReplayState {
  const actors: ActorReplayState[] = [];
  const breakers: [agent: string, ReplayState['breakers'][string]][] = [];
  let gate: ReplayState['gate'] = null;
  for (const track of tracks.values()) {
    // Actors come in the order of their starts, so all later ones have not begun either.
    if (track.startedSeq > seq) break;
    if (hasEnded(track, seq)) continue;
    const actor = actorAt(track, seq);
    actors.push(actor);
    const state = stateText(actor.state);
    const until = actor.until === undefined ? {} : { until: actor.until };
    if (isMachine(track, 'breaker'))
      breakers.push([track.agentId ?? track.name, { state, since: actor.since, ...until }]);
    else if (isMachine(track, 'gate')) gate = { state, ...until };
  }
  const begun = runs.filter(({ startedSeq }) => startedSeq <= seq).map((run) => runAt(run, seq));
  return { seq, at, runs: begun, actors, breakers: Object.fromEntries(breakers), gate };
}

function actorAt({ id, name, parent, machine, moves }: ActorTrack, seq: number): ActorReplayState {
  const place = lastAt(moves, seq);
  const move = moves[place] as Move;
  const found: ActorReplayState = {
    ...{ id, name, parent: parent?.id ?? null, machine },
    since: move.at,
    lastMove: place > 0 ? move : null,
  };
  if (move.state !== null) found.state = move.state;
  if (move.until !== undefined) found.until = move.until;
  return found;
}

function runAt({ id, tasks: tracks, phases, settled: end }: RunTrack, seq: number): RunReplayState {
  const isOver = end !== null && end.seq <= seq;
  const tasks = tracks.map((track) => taskAt(track, seq));
  const counts = { settled: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0, running: 0, waiting: 0 };
  for (const { state, status } of tasks) {
    if (status !== null) {
      counts.settled += 1;
      counts[status] += 1;
    }
    if (state === 'running' || state === 'fallback.running' || state === 'cancelling') counts.running += 1;
    else if (state !== 'pending' && state !== 'done') counts.waiting += 1;
  }
  const phase = phases.slice(0, lastAt(phases, seq) + 1).findLast(({ type }) => type === 'phase.started');
  return {
    id,
    phase: isOver ? null : (phase?.phase ?? null),
    total: tracks.length,
    ...counts,
    status: isOver ? end.status : null,
    tasks,
  };
}

function taskAt(track: TaskTrack, seq: number): TaskReplayState {
  const { id, agentId, wave, actor, settled, held } = track;
  const intervals = intervalsOf(track);
  const position = lastAt(intervals, seq);
  const interval = intervals[position];
  const base = { id, agentId, wave, attempts: attemptsIn(intervals, position), interval: null, status: null };
  if (settled && settled.seq <= seq) return { ...base, state: 'done', since: settled.at, status: settled.status };
  if (!interval && held && held.seq <= seq) return { ...base, state: 'staggered', since: held.at };
  if (!interval) return { ...base, state: 'pending', since: null };
  if (actor && hasEnded(actor, seq)) return { ...base, state: 'done', since: interval.to };
  return { ...base, state: interval.state, since: interval.from, interval };
}

function attemptsIn(intervals: readonly TaskInterval[], upTo: number): number {
  for (let place = upTo; place >= 0; place -= 1) {
    const attempt = intervals[place]?.attempt;
    if (attempt !== undefined) return attempt;
  }
  return 0;
}

/** A trace, indexed by actors, runs and tasks: the state of everything at any instant. */
export interface Replay {
  /** Takes the next record, in order; false for one that it has. */
  add(record: TraceRecord): boolean;
  /** Everything as it was at an instant, epoch milliseconds: after all that happened then. */
  at(time: number): ReplayState;
  /** Everything as it was after a record. */
  atSeq(seq: number): ReplayState;
  run(id: string): RunTrack | undefined;
  /** Time of the first and of the last record; 0 without records. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** -1 when there is no record. */
  readonly lastSeq: number;
  /** All records but definitions and bodies of texts, in order. */
  readonly log: readonly TraceRecord[];
  readonly runs: readonly RunTrack[];
  /** By their ids, in the order in which they began. */
  readonly actors: ReadonlyMap<string, ActorTrack>;
  /** Definitions of machines by name. */
  readonly charts: ReadonlyMap<string, ChartDefinition>;
  /** Bodies of texts by reference, where they were recorded. */
  readonly texts: ReadonlyMap<string, string>;
}
