import { hasStarted, lastAt, type Move, moveAt, type TaskTrack, type Usage, usageOf } from './tracks.ts';

/** How a task looks at an instant: the states of its machine, and its outcome when it has one. */
export const TASK_KINDS = [
  'pending',
  'held',
  'staggered',
  'running',
  'stalled',
  'stopping',
  'retrying',
  'cooling',
  'circuitOpen',
  'fallbackWaiting',
  'fallback',
  'cancelling',
  'succeeded',
  'recovered',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export const KIND_TEXTS: Readonly<Record<TaskKind, string>> = {
  pending: 'not started',
  held: 'waiting for its twin',
  staggered: 'waiting for its start',
  running: 'running',
  stalled: 'stalled',
  stopping: 'being stopped',
  retrying: 'backing off',
  cooling: 'cooling',
  circuitOpen: 'circuit open',
  fallbackWaiting: 'waiting for the fallback',
  fallback: 'fallback running',
  cancelling: 'cancelling',
  succeeded: 'succeeded',
  recovered: 'succeeded by the fallback',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/** In a word or two, where there is little room. */
export function shortText(kind: TaskKind): string {
  return SHORT_TEXTS[kind] ?? KIND_TEXTS[kind];
}

const SHORT_TEXTS: Partial<Record<TaskKind, string>> = {
  pending: 'pending',
  held: 'held',
  staggered: 'waiting',
  stopping: 'stopping',
  fallbackWaiting: 'fallback next',
  fallback: 'fallback',
  recovered: 'by fallback',
};

/** Groups for counts, in the order in which they are shown. */
export const KIND_GROUPS: readonly { name: string; kind: TaskKind; kinds: readonly TaskKind[] }[] = [
  { name: 'succeeded', kind: 'succeeded', kinds: ['succeeded', 'recovered'] },
  { name: 'failed', kind: 'failed', kinds: ['failed'] },
  { name: 'running', kind: 'running', kinds: ['running', 'stalled', 'stopping', 'fallback', 'cancelling'] },
  {
    name: 'waiting',
    kind: 'staggered',
    kinds: ['held', 'staggered', 'retrying', 'cooling', 'circuitOpen', 'fallbackWaiting'],
  },
  { name: 'cancelled', kind: 'cancelled', kinds: ['cancelled'] },
  { name: 'skipped', kind: 'skipped', kinds: ['skipped'] },
  { name: 'pending', kind: 'pending', kinds: ['pending'] },
];

const PLAIN: ReadonlySet<string> = new Set(['staggered', 'retrying', 'cooling', 'circuitOpen', 'cancelling']);

/** The kind of a state of a task's machine; null when it is over. */
export function kindOfState(state: Move['state']): TaskKind | null {
  if (state === null) return 'running';
  const [top, inner] = typeof state === 'string' ? [state, undefined] : (Object.entries(state)[0] ?? ['']);
  if (top === 'running') return inner === 'stalled' || inner === 'stopping' ? inner : 'running';
  if (top === 'fallback') return inner === 'waiting' ? 'fallbackWaiting' : 'fallback';
  if (top === 'awaitingVerdict') return 'retrying';
  if (top === 'done') return null;
  return PLAIN.has(top) ? (top as TaskKind) : 'running';
}

/** What a task is at an instant. */
export function kindAt(task: TaskTrack, seq: number): TaskKind {
  const { actor } = task;
  const over = task.settled ?? task.called;
  if (over && over.seq <= seq) return outcomeKind(task);
  if (!actor || !hasStarted(actor, seq)) return task.held && task.held.seq <= seq ? 'held' : 'pending';
  const kind = kindOfState(moveAt(actor, seq)?.state ?? null);
  if (kind) return kind;
  // Its machine is done and its outcome is told a moment later.
  return over ? outcomeKind(task) : 'running';
}

function outcomeKind({ settled, called }: TaskTrack): TaskKind {
  if (!settled) return called?.status ?? 'pending';
  return settled.status === 'succeeded' && settled.via === 'fallback' ? 'recovered' : settled.status;
}

/** How many tasks there are of each kind. */
export function countKinds(kinds: readonly TaskKind[]): Record<TaskKind, number> {
  const counts = Object.fromEntries(TASK_KINDS.map((kind) => [kind, 0])) as Record<TaskKind, number>;
  for (const kind of kinds) counts[kind] += 1;
  return counts;
}

/** An attempt, as far as it has got at an instant. */
export interface AttemptView {
  n: number;
  agent: string;
  startedAt: number;
  endedAt: number | null;
  result: string;
  error: { kind: string; message: string } | null;
  usage: Usage | undefined;
  output: { ref: string; chars: number } | null;
}

/** The attempts that have started by an instant. */
export function attemptsAt({ actor, settled }: TaskTrack, seq: number): AttemptView[] {
  if (settled && settled.seq <= seq && settled.attempts.length > 0) {
    return settled.attempts.map((one) => ({ ...one, usage: one.usage, output: outputOf(actor?.moves, one.n) }));
  }
  const made: AttemptView[] = [];
  const moves = actor?.moves.slice(0, lastAt(actor.moves, seq) + 1) ?? [];
  for (const move of moves) {
    const { event, at, data } = move;
    if (event === 'start.granted') {
      const n = Number(data?.attempt ?? made.length + 1);
      const agent = String(data?.agent ?? actor?.agent ?? '');
      made.push({
        n,
        agent,
        startedAt: at,
        endedAt: null,
        result: 'running',
        error: null,
        usage: undefined,
        output: null,
      });
    } else if (event === 'attempt.ended' && data) {
      const last = made.at(-1);
      if (!last || last.endedAt !== null) continue;
      last.endedAt = at;
      last.result = String(data.result ?? 'ended');
      last.error = (data.error as AttemptView['error'] | undefined) ?? null;
      last.usage = usageOf(move);
      last.output = outputOf(moves, last.n);
    }
  }
  return made;
}

function outputOf(moves: readonly Move[] | undefined, n: number): AttemptView['output'] {
  const end = moves?.find(({ event, data }) => event === 'attempt.ended' && data?.attempt === n);
  return (end?.data?.output as AttemptView['output'] | undefined) ?? null;
}
