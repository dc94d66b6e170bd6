import { criticalPath } from '../../plan/critical-path.ts';
import type { RecordOf, TextRef, TraceState } from '../trace.schema.ts';

/** A state an actor came into. The first of an actor is the one it began in. */
export interface Move {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Null when the actor is not a machine. */
  readonly state: TraceState | null;
  /** Empty for the first. */
  readonly event: string;
  /** The transitions taken, as their machine defines them. */
  readonly keys: readonly string[];
  /** When the state ends by itself. */
  readonly until: number | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

/** An actor over all its time. */
export interface ActorTrack {
  /** Unique over all traces. */
  readonly id: string;
  /** Its id among its siblings; repeats. */
  readonly name: string;
  readonly parent: ActorTrack | null;
  readonly machine: string | null;
  readonly src: string | undefined;
  readonly runId: string | undefined;
  readonly taskId: string | undefined;
  readonly agentId: string | undefined;
  readonly wave: number | undefined;
  readonly startedSeq: number;
  readonly startedAt: number;
  readonly moves: Move[];
  readonly children: ActorTrack[];
  /** `Infinity` while it lives. */
  endedSeq: number;
  endedAt: number;
  endStatus: 'done' | 'error' | 'stopped' | null;
  error: string | undefined;
}

/** All a trace records about a task of a plan, or about a call of a phase. */
export interface TaskTrack {
  readonly id: string;
  /** Place in the plan; -1 for a call. */
  readonly index: number;
  readonly agentId: string;
  dependsOn: readonly string[];
  readonly dependents: string[];
  /** 1-based; 0 when unknown. */
  wave: number;
  critical: boolean;
  prompt: TextRef | null;
  /** Of a call: the phase that asks. Null for a task of the plan. */
  readonly phase: string | null;
  /** Null until it was admitted. */
  actor: ActorTrack | null;
  settled: RecordOf<'task.settled'> | null;
  /** Since when it waits for the answer of a duplicate task, and whose that is. */
  held: RecordOf<'task.held'> | null;
  /** The outcome of a call. */
  called: RecordOf<'call.settled'> | null;
}

export interface RunTrack {
  readonly id: string;
  title: string;
  query: TextRef | null;
  readonly startedSeq: number;
  readonly startedAt: number;
  plan: RecordOf<'plan.compiled'> | null;
  /** In the plan's order. */
  readonly tasks: TaskTrack[];
  readonly byId: Map<string, TaskTrack>;
  /** Calls of phases by id, in order. */
  readonly calls: Map<string, TaskTrack>;
  readonly phases: (RecordOf<'phase.started'> | RecordOf<'phase.completed'>)[];
  stopping: RecordOf<'run.stopping'> | null;
  settled: RecordOf<'run.settled'> | null;
}

/** The last place in a sorted list whose `seq`, or `at`, is not above a value; -1 without one. */
export function lastAt(list: readonly { readonly seq: number }[], value: number): number;
export function lastAt(list: readonly { readonly at: number }[], value: number, key: 'at'): number;
export function lastAt(
  list: readonly { seq?: number; at?: number }[],
  value: number,
  key: 'seq' | 'at' = 'seq',
): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (((list[middle] as (typeof list)[number])[key] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The move that made the state an actor is in; undefined before it began. */
export function moveAt(actor: ActorTrack, seq: number): Move | undefined {
  return actor.moves[lastAt(actor.moves, seq)];
}

export const hasStarted = (actor: ActorTrack, seq: number): boolean => actor.startedSeq <= seq;
export const hasEnded = (actor: ActorTrack, seq: number): boolean => actor.endedSeq <= seq;

/** Whether an actor runs a machine of that name, the engine's own or a provided variant of it. */
export function isMachine({ machine }: Pick<ActorTrack, 'machine'>, name: string): boolean {
  return machine !== null && (machine === name || machine.startsWith(`${name}~`));
}

/** `running.active`, from a state as XState writes it; regions that are active together are joined by `+`. */
export function stateText(state: TraceState | null | undefined): string {
  if (state == null) return '';
  if (typeof state === 'string') return state;
  return Object.entries(state)
    .map(([key, inner]) => {
      const below = stateText(inner as TraceState);
      return below === '' ? key : `${key}.${below}`;
    })
    .join(' + ');
}

/** Ids of the tasks that decided how long a run took, from the first to the last. */
export function criticalTasks({ tasks }: RunTrack): string[] {
  // Tasks of a plan may be written in any order; their waves are in the order of their dependencies.
  const inOrder = [...tasks].sort((a, b) => a.wave - b.wave);
  return criticalPath(inOrder, ({ settled }) =>
    settled?.startedAt == null ? 0 : Math.max(0, settled.settledAt - settled.startedAt),
  ).ids;
}
