import type { TaskStatus } from '../types.ts';
import type { Replay } from './replay.ts';
import type { RecordOf, TraceState } from './trace.schema.ts';
import {
  type ActorTrack,
  lastUpTo,
  type RunTrack,
  statePath,
  type TaskInterval,
  type TaskStateName,
  type TaskTrack,
} from './tracks.ts';

export interface ActorState {
  actor: string;
  id: string;
  parent: string | null;
  machine: string | null;
  /** Absent when it is no machine. */
  state?: TraceState;
  /** Since when, epoch milliseconds. */
  since: number;
  /** When the state ends by itself. */
  until?: number;
  /** How it came here; null in the state it began in. */
  lastMove: RecordOf<'actor.moved'> | null;
}

export interface TaskReplayState {
  run: string;
  task: string;
  agent: string;
  wave: number;
  state: TaskStateName;
  /** Since when; null while it is pending. */
  since: number | null;
  /** The interval it is in; null before its admission, which a task that waits for its twin has not, and after its end. */
  interval: TaskInterval | null;
  /** Set once it has settled. */
  status: TaskStatus | null;
  /** Attempts begun so far. */
  attempts: number;
}

export interface RunReplayState extends Record<TaskStatus, number> {
  run: string;
  phase: string | null;
  total: number;
  settled: number;
  /** Tasks with an attempt in flight. */
  running: number;
  /** Tasks admitted and neither running nor settled. */
  waiting: number;
  /** Set once it has ended. */
  status: RecordOf<'run.settled'>['status'] | null;
  tasks: TaskReplayState[];
}

export interface ReplayState {
  /** The last record taken into account. */
  seq: number;
  /** Epoch milliseconds. */
  at: number;
  runs: RunReplayState[];
  /** Those that live, each after its parent. */
  actors: ActorState[];
  /** By agent. `open` has `until`: when it lets a probe through. */
  breakers: Record<string, { state: string; since: number; until?: number }>;
  gate: { state: string; until?: number } | null;
}

export function stateAt(replay: Pick<Replay, 'actors' | 'runs'>, seq: number, at: number): ReplayState {
  const actors: ActorState[] = [];
  const breakers: ReplayState['breakers'] = {};
  let gate: ReplayState['gate'] = null;
  for (const track of replay.actors.values()) {
    // Actors come in the order of their starts: nobody later has begun.
    if (track.started.seq > seq) break;
    if (track.ended && track.ended.seq <= seq) continue;
    const state = actorAt(track, seq);
    actors.push(state);
    const until = state.until === undefined ? {} : { until: state.until };
    if (isMachine(state, 'breaker')) {
      breakers[track.started.agent ?? state.id] = { state: statePath(state.state), since: state.since, ...until };
    } else if (isMachine(state, 'gate')) gate = { state: statePath(state.state), ...until };
  }
  const runs: RunReplayState[] = [];
  for (const run of replay.runs.values()) if (run.seq <= seq) runs.push(runAt(run, seq));
  return { seq, at, runs, actors, breakers, gate };
}

function isMachine({ machine }: ActorState, name: string): boolean {
  return machine !== null && (machine === name || machine.startsWith(`${name}~`));
}

function actorAt({ started, moves }: ActorTrack, seq: number): ActorState {
  const { actor, id, parent, machine } = started;
  const lastMove = moves[lastUpTo(moves, seq)] ?? null;
  const { state, at, until } = lastMove ?? started;
  const found: ActorState = { actor, id, parent, machine, since: at, lastMove };
  if (state !== undefined) found.state = state;
  if (until !== undefined) found.until = until;
  return found;
}

function runAt(run: RunTrack, seq: number): RunReplayState {
  const counts = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  const settled = lastUpTo(run.outcomes, seq) + 1;
  for (let i = 0; i < settled; i += 1) counts[(run.outcomes[i] as RecordOf<'task.settled'>).status] += 1;
  const isOver = run.settled !== null && run.settled.seq <= seq;
  const tasks = run.tasks.map((track) => taskAt(track, seq));
  let running = 0;
  let waiting = 0;
  for (const { state } of tasks) {
    if (state === 'running' || state === 'fallback.running' || state === 'cancelling') running += 1;
    else if (state !== 'pending' && state !== 'done') waiting += 1;
  }
  return {
    run: run.run,
    phase: isOver ? null : (run.phases[lastUpTo(run.phases, seq)]?.phase ?? null),
    total: run.tasks.length,
    settled,
    ...counts,
    running,
    waiting,
    status: isOver ? (run.settled?.status ?? null) : null,
    tasks,
  };
}

/** One task as it was after a record. */
export function taskAt(track: TaskTrack, seq: number): TaskReplayState {
  const { run, task, agent, wave, intervals, settled, held, endSeq } = track;
  const position = lastUpTo(intervals, seq);
  const interval = intervals[position] ?? null;
  const hasSettled = settled !== null && settled.seq <= seq;
  const base = { run, task, agent, wave, attempts: attemptsIn(intervals, position) };
  if (hasSettled) return { ...base, state: 'done', since: settled.at, interval: null, status: settled.status };
  if (!interval && held && held.seq <= seq) {
    return { ...base, state: 'staggered', since: held.at, interval: null, status: null };
  }
  if (!interval) return { ...base, state: 'pending', since: null, interval: null, status: null };
  if (endSeq <= seq) return { ...base, state: 'done', since: interval.to, interval: null, status: null };
  return { ...base, state: interval.state, since: interval.from, interval, status: null };
}

function attemptsIn(intervals: readonly TaskInterval[], upTo: number): number {
  for (let i = upTo; i >= 0; i -= 1) {
    const { attempt } = intervals[i] as TaskInterval;
    if (attempt !== undefined) return attempt;
  }
  return 0;
}
