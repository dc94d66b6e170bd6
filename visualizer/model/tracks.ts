import type { ChartDefinition } from '../../src/trace/chart.schema.ts';
import type { RecordOf, TextRef, TraceRecord, TraceState } from '../../src/trace/trace.schema.ts';

/** A state an actor came into. The first of an actor is the one it began in. */
export interface Move {
  readonly seq: number;
  readonly at: number;
  readonly state: TraceState | null;
  /** Empty for the first. */
  readonly event: string;
  readonly keys: readonly string[];
  readonly until: number | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

/** An actor over all its time. */
export interface ActorTrack {
  readonly id: string;
  readonly name: string;
  readonly parent: ActorTrack | null;
  readonly machine: string | null;
  readonly src: string | undefined;
  readonly run: string | undefined;
  readonly task: string | undefined;
  readonly agent: string | undefined;
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

export interface TaskTrack {
  readonly id: string;
  /** Place in the plan. */
  readonly index: number;
  readonly agent: string;
  readonly dependsOn: readonly string[];
  readonly dependents: string[];
  /** 1-based; 0 when unknown. */
  wave: number;
  readonly critical: boolean;
  readonly prompt: TextRef | null;
  /** Of a call: the phase that asks. It is no task of the plan then. */
  readonly phase: string | null;
  /** Null until it was admitted. */
  actor: ActorTrack | null;
  settled: RecordOf<'task.settled'> | null;
  /** Since when it waits for its twin's answer, and whose that is. */
  held: RecordOf<'task.held'> | null;
  /** What `settled` is to a task. */
  called: RecordOf<'call.settled'> | null;
}

export interface RunTrack {
  readonly id: string;
  title: string;
  query: TextRef | null;
  readonly startedAt: number;
  plan: RecordOf<'plan.compiled'> | null;
  readonly tasks: TaskTrack[];
  readonly byId: Map<string, TaskTrack>;
  /** What phases asked, in order. */
  readonly calls: Map<string, TaskTrack>;
  readonly phases: (RecordOf<'phase.started'> | RecordOf<'phase.completed'>)[];
  stopping: RecordOf<'run.stopping'> | null;
  settled: RecordOf<'run.settled'> | null;
}

export type Usage = NonNullable<RecordOf<'task.settled'>['attempts'][number]['usage']>;

/** What an attempt used that ended with a move. */
export function usageOf({ event, data }: Move): Usage | undefined {
  return event === 'attempt.ended' ? (data?.usage as Usage | undefined) : undefined;
}

export type { ChartDefinition, RecordOf, TextRef, TraceRecord, TraceState };

/** The last place in a sorted list whose `seq` is not above the given one; -1 when there is none. */
export function lastAt(list: readonly { readonly seq: number }[], seq: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as { seq: number }).seq <= seq) low = middle + 1;
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

/** `running.active`, from a state as XState writes it; regions that are active together are joined by `+`. */
export function stateText(state: TraceState | null): string {
  if (state === null) return '';
  if (typeof state === 'string') return state;
  return Object.entries(state)
    .map(([key, inner]) => {
      const below = stateText(inner as TraceState);
      return below === '' ? key : `${key}.${below}`;
    })
    .join(' + ');
}
