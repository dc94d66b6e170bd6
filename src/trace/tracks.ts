import type { RecordOf, TraceState } from './trace.schema.ts';

/** What a timeline draws of a task. */
export type TaskStateName =
  | 'pending'
  | 'staggered'
  | 'running'
  | 'retrying'
  | 'cooling'
  | 'circuitOpen'
  | 'fallback.waiting'
  | 'fallback.running'
  | 'cancelling'
  | 'done';

export interface TaskInterval {
  state: TaskStateName;
  /** Epoch milliseconds. */
  from: number;
  /** Null while it lasts. */
  to: number | null;
  /** The record that began it. */
  seq: number;
  /** Number of the attempt in flight, where there is one. */
  attempt?: number;
  /** Who makes the attempt. */
  agent?: string;
  /** When it was to end by itself. */
  until?: number;
  /** What happened in it: `stalled`, `active` again, `stopping`. */
  marks?: { at: number; seq: number; what: string }[];
}

/** All a trace tells of one task. */
export interface TaskTrack {
  run: string;
  task: string;
  /** Set for a call of that phase. */
  phase?: string;
  agent: string;
  wave: number;
  dependsOn: readonly string[];
  critical: boolean;
  /** Its actor; null when it never had one. */
  actor: string | null;
  /** Without a gap from its admission to its end. */
  intervals: TaskInterval[];
  /** The record by which its actor ended; infinite while it lives. */
  endSeq: number;
  settled: RecordOf<'task.settled'> | null;
  /** Since when it waits for its twin's answer; null when it never did. */
  held: RecordOf<'task.held'> | null;
}

export interface ActorTrack {
  started: RecordOf<'actor.started'>;
  moves: RecordOf<'actor.moved'>[];
  /** How and when it ended; null while it lives. */
  ended: { seq: number; at: number; status: 'done' | 'error' | 'stopped'; error?: string } | null;
}

export interface RunTrack {
  run: string;
  title: string | null;
  /** Epoch milliseconds. */
  startedAt: number;
  seq: number;
  plan: RecordOf<'plan.compiled'> | null;
  phases: { phase: string; from: number; to: number | null; seq: number; summary?: string }[];
  stopping: RecordOf<'run.stopping'> | null;
  settled: RecordOf<'run.settled'> | null;
  /** In the plan's order. */
  tasks: TaskTrack[];
  /** What phases asked, as it came; none of them is a task of the plan. */
  calls: TaskTrack[];
  /** Settlements in order. */
  outcomes: RecordOf<'task.settled'>[];
}

/** A state in words: its keys from the outside in, `fallback.running`; parallel regions joined by `,`. */
export function statePath(state: TraceState | undefined): string {
  if (state === undefined) return '';
  if (typeof state === 'string') return state;
  return Object.entries(state)
    .map(([key, inner]) => {
      const rest = statePath(inner as TraceState);
      return rest === '' ? key : `${key}.${rest}`;
    })
    .join(',');
}

/** A task machine's state as a timeline shows it, and what is going on in it. */
export function taskStateOf(state: TraceState | undefined): { name: TaskStateName; inner: string } {
  const [top = '', second = '', third = ''] = statePath(state).split('.');
  if (top === 'fallback') {
    return second === 'running' ? { name: 'fallback.running', inner: third } : { name: 'fallback.waiting', inner: '' };
  }
  if (top === 'awaitingVerdict') return { name: 'retrying', inner: top };
  return { name: top as TaskStateName, inner: second };
}

/** Enters a task actor's start or move in its intervals. */
export function enterInterval(track: TaskTrack, record: RecordOf<'actor.started' | 'actor.moved'>): void {
  const { name, inner } = taskStateOf(record.state);
  const last = track.intervals.at(-1);
  const { at, seq } = record;
  if (last?.state === name && last.to === null && record.type === 'actor.moved') {
    last.marks ??= [];
    last.marks.push({ at, seq, what: inner || name });
    if (record.until !== undefined) last.until = record.until;
    return;
  }
  if (last && last.to === null) last.to = at;
  if (name === 'done') {
    track.endSeq = seq;
    return;
  }
  const interval: TaskInterval = { state: name, from: at, to: null, seq };
  if (record.until !== undefined) interval.until = record.until;
  const { attempt, agent } = record.data ?? {};
  const isWorking = name === 'running' || name === 'fallback.running';
  if (isWorking && typeof attempt === 'number') interval.attempt = attempt;
  if (isWorking && typeof agent === 'string') interval.agent = agent;
  if (name === 'cancelling' && last?.attempt !== undefined) {
    interval.attempt = last.attempt;
    if (last.agent !== undefined) interval.agent = last.agent;
  }
  track.intervals.push(interval);
}

/** Position of the last item whose `seq` is at most `seq`; −1 when all come later. */
export function lastUpTo(items: readonly { seq: number }[], seq: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as { seq: number }).seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
