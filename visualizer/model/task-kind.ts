import { TASK_STATES } from '../../src/run/task-states.ts';
import { taskStateOf } from '../../src/trace/replay/task-state.ts';
import { hasStarted, lastAt, type Move, moveAt, type TaskTrack } from '../../src/trace/replay/tracks.ts';
import { type Usage, usageOf } from './usage.ts';

/** How a task looks at an instant: its state, and its outcome when it has one. */
export const TASK_KINDS = [
  'pending',
  'held',
  ...TASK_STATES,
  'succeeded',
  'recovered',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export const KIND_TEXTS: Readonly<Record<TaskKind, string>> = {
  pending: 'not started',
  held: 'waiting for an identical task',
  staggered: 'waiting for its start',
  running: 'running',
  stalled: 'stalled',
  stopping: 'being stopped',
  retrying: 'backing off',
  cooling: 'cooling',
  circuitOpen: 'circuit open',
  'fallback.waiting': 'waiting for the fallback',
  'fallback.running': 'fallback running',
  cancelling: 'cancelling',
  succeeded: 'succeeded',
  recovered: 'succeeded by the fallback',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/** A kind as part of the name of a class or a colour. */
export const cssName = (kind: string): string => kind.replace('.', '-');

/** In a word or two, where there is little room. */
export function shortText(kind: TaskKind): string {
  return SHORT_TEXTS[kind] ?? KIND_TEXTS[kind];
}

const SHORT_TEXTS: Partial<Record<TaskKind, string>> = {
  pending: 'pending',
  held: 'held',
  staggered: 'waiting',
  stopping: 'stopping',
  'fallback.waiting': 'fallback next',
  'fallback.running': 'fallback',
  recovered: 'by fallback',
};

/** Kinds with an attempt in flight. */
export const WORKING: ReadonlySet<TaskKind> = new Set([
  'running',
  'stalled',
  'stopping',
  'fallback.running',
  'cancelling',
]);

/** Groups for counts, in the order in which they are shown. */
export const KIND_GROUPS: readonly { name: string; kind: TaskKind; kinds: Iterable<TaskKind> }[] = [
  { name: 'succeeded', kind: 'succeeded', kinds: ['succeeded', 'recovered'] },
  { name: 'failed', kind: 'failed', kinds: ['failed'] },
  { name: 'running', kind: 'running', kinds: WORKING },
  {
    name: 'waiting',
    kind: 'staggered',
    kinds: ['held', 'staggered', 'retrying', 'cooling', 'circuitOpen', 'fallback.waiting'],
  },
  { name: 'cancelled', kind: 'cancelled', kinds: ['cancelled'] },
  { name: 'skipped', kind: 'skipped', kinds: ['skipped'] },
  { name: 'pending', kind: 'pending', kinds: ['pending'] },
];

/** State of a task at an instant. */
export function kindAt(task: TaskTrack, seq: number): TaskKind {
  const { actor } = task;
  const over = task.settled ?? task.called;
  if (over && over.seq <= seq) return outcomeKind(task);
  if (!actor || !hasStarted(actor, seq)) return task.held && task.held.seq <= seq ? 'held' : 'pending';
  const kind = taskStateOf(moveAt(actor, seq)?.state ?? null);
  if (kind) return kind;
  // Its machine is done and its outcome follows a moment later.
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
  agentId: string;
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
      const agentId = String(data?.agentId ?? actor?.agentId ?? '');
      made.push({
        n,
        agentId,
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
