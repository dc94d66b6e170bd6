import type { TaskState } from '../../run/task-states.ts';
import { taskStateOf } from './task-state.ts';
import { type ActorTrack, stateText, type TaskTrack } from './tracks.ts';

/** The states of a task in time; an attempt that is stalled or asked to end is still running. */
export type IntervalState = Exclude<TaskState, 'stalled' | 'stopping'>;

export interface TaskInterval {
  state: IntervalState;
  /** Epoch milliseconds. */
  from: number;
  /** Null while it lasts. */
  to: number | null;
  /** The record that began it. */
  seq: number;
  /** Number of the attempt in flight, where there is one. */
  attempt?: number;
  /** The agent that makes the attempt. */
  agentId?: string;
  /** When it was to end by itself. */
  until?: number;
  /** Events inside it: `stalled`, `active` again, `stopping`. */
  marks?: { at: number; seq: number; what: string }[];
}

/** By actor, for as long as no record of it comes in. */
const known = new WeakMap<ActorTrack, { moves: number; endedSeq: number; intervals: readonly TaskInterval[] }>();

/** The states of a task or call without a gap, from its admission to its end; empty when it never had an actor. */
export function intervalsOf({ actor }: Pick<TaskTrack, 'actor'>): readonly TaskInterval[] {
  if (!actor) return [];
  const { moves, endedSeq } = actor;
  const last = known.get(actor);
  if (last?.moves === moves.length && last.endedSeq === endedSeq) return last.intervals;
  const intervals = intervalsOfActor(actor);
  known.set(actor, { moves: moves.length, endedSeq, intervals });
  return intervals;
}

function intervalsOfActor(actor: ActorTrack): TaskInterval[] {
  const intervals: TaskInterval[] = [];
  let last: TaskInterval | undefined;
  for (const [place, { seq, at, state, until, data }] of actor.moves.entries()) {
    const name = taskStateOf(state);
    const own = name === 'stalled' || name === 'stopping' ? 'running' : name;
    if (last && last.state === own && place > 0) {
      last.marks ??= [];
      last.marks.push({ at, seq, what: stateText(state).split('.').at(-1) ?? own });
      if (until !== undefined) last.until = until;
      continue;
    }
    if (last) last.to = at;
    if (own === null) return intervals;
    const interval: TaskInterval = { state: own, from: at, to: null, seq };
    if (until !== undefined) interval.until = until;
    const about = own === 'cancelling' ? last : attemptIn(own, data);
    if (about?.attempt !== undefined) interval.attempt = about.attempt;
    if (about?.agentId !== undefined) interval.agentId = about.agentId;
    intervals.push(interval);
    last = interval;
  }
  if (last && actor.endStatus) last.to = actor.endedAt;
  return intervals;
}

function attemptIn(
  state: IntervalState,
  { attempt, agentId }: Readonly<Record<string, unknown>> = {},
): Pick<TaskInterval, 'attempt' | 'agentId'> {
  if (state !== 'running' && state !== 'fallback.running') return {};
  return {
    ...(typeof attempt === 'number' ? { attempt } : {}),
    ...(typeof agentId === 'string' ? { agentId } : {}),
  };
}
