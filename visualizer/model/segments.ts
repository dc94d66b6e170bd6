import { taskStateOf } from '../../src/trace/replay/task-state.ts';
import { type ActorTrack, isMachine, type RunTrack, stateText, type TaskTrack } from '../../src/trace/replay/tracks.ts';
import { type TaskKind, WORKING } from './task-kind.ts';

/** Kind of a bar of the timeline. `queued`: ready, and not admitted by its wave yet. */
export type BarKind = TaskKind | 'queued';

export interface Bar {
  kind: BarKind;
  from: number;
  /** Where it ends, or the instant looked at when it has not ended by then. */
  to: number;
  isOpen: boolean;
}

/** Names of the kinds of bars in the legend, in its order. */
export const BAR_LEGEND: readonly { kind: BarKind; name: string }[] = [
  { kind: 'staggered', name: 'stagger' },
  { kind: 'running', name: 'running' },
  { kind: 'retrying', name: 'backoff' },
  { kind: 'cooling', name: 'cooling' },
  { kind: 'circuitOpen', name: 'circuit open' },
  { kind: 'fallback.running', name: 'fallback' },
];

/** The bars of one task up to an instant, oldest first; states that took no time make none, except a refusal. */
export function barsOf({ actor, held, settled }: TaskTrack, now: number): Bar[] {
  const bars: Bar[] = [];
  if (held && held.at <= now) {
    const end = actor?.startedAt ?? settled?.settledAt ?? Infinity;
    if (end > held.at) bars.push({ kind: 'held', from: held.at, to: Math.min(end, now), isOpen: end > now });
  }
  if (!actor || actor.startedAt > now) return bars;
  const readyAt = actor.moves[0]?.data?.readyAt;
  if (!held && typeof readyAt === 'number' && readyAt < actor.startedAt) {
    bars.push({ kind: 'queued', from: readyAt, to: actor.startedAt, isOpen: false });
  }
  for (const [index, move] of actor.moves.entries()) {
    if (move.at > now) break;
    const kind = taskStateOf(move.state);
    if (!kind) break;
    const end = actor.moves[index + 1]?.at ?? actor.endedAt;
    const to = Math.min(end, now);
    const last = bars.at(-1);
    if (last && last.kind === kind && last.to === move.at) {
      last.to = to;
      last.isOpen = end > now;
    } else if (to > move.at || end > now || kind === 'circuitOpen') {
      bars.push({ kind, from: move.at, to, isOpen: end > now });
    }
  }
  return bars;
}

/** How busy a run was: tasks that run and tasks that wait, in equal steps of time. */
export interface Overview {
  running: Float32Array;
  waiting: Float32Array;
  peak: number;
  /** Instants of failures and of breakers that opened. */
  marks: { at: number; kind: 'failed' | 'circuitOpen' }[];
}

/** The phases of a run that began with a question, from the moves of its own actor. */
export function phaseBands(actor: ActorTrack | null, now: number): { phase: string; from: number; to: number }[] {
  if (!actor || !isMachine(actor, 'soar')) return [];
  const bands: { phase: string; from: number; to: number }[] = [];
  for (const [index, { at, state }] of actor.moves.entries()) {
    const phase = stateText(state).split('.')[0] ?? '';
    const to = Math.min(actor.moves[index + 1]?.at ?? actor.endedAt, now);
    const last = bands.at(-1);
    if (last?.phase === phase) last.to = to;
    else if (to > at) bands.push({ phase, from: at, to });
  }
  return bands;
}

export function overviewOf(run: RunTrack, from: number, to: number, steps: number): Overview {
  const running = new Float32Array(steps);
  const waiting = new Float32Array(steps);
  const span = Math.max(1, to - from);
  const marks: Overview['marks'] = [];
  for (const task of [...run.calls.values(), ...run.tasks]) {
    if (task.settled?.status === 'failed') marks.push({ at: task.settled.settledAt, kind: 'failed' });
    for (const bar of barsOf(task, to)) {
      if (bar.kind === 'queued') continue;
      // Sampled in the middle of each step, so that what follows upon another is not counted beside it.
      const first = Math.max(0, Math.ceil(((bar.from - from) / span) * steps - 0.5));
      const end = Math.min(steps - 1, Math.ceil(((bar.to - from) / span) * steps - 0.5) - 1);
      const into = WORKING.has(bar.kind) ? running : waiting;
      for (let step = first; step <= end; step += 1) into[step] = (into[step] ?? 0) + 1;
    }
  }
  let peak = 1;
  for (let step = 0; step < steps; step += 1) peak = Math.max(peak, (running[step] ?? 0) + (waiting[step] ?? 0));
  return { running, waiting, peak, marks };
}
