import type { ActorLogic, AnyMachineSnapshot, AnyStateMachine, EventObject, InputFrom, SnapshotFrom } from 'xstate';
import { bareScope } from '../xstate/bare-scope.ts';
import { labelOf } from './event-label.ts';
import { DONE, drive, ERROR, type Harness, inputOf, perform, projectAll } from './harness.ts';
import { frozenCopy, stable } from './project.ts';
import { type BuiltInAction, keyOfTimers, type Timer, timersAfter } from './timers.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A state of the exploration. */
export interface Vertex {
  status: 'active' | 'done' | 'error' | 'stopped';
  output: undefined;
  error: undefined;
  snapshot: AnyMachineSnapshot;
  projected: unknown;
  history: readonly EventObject[];
  /** Null when a real actor keeps them. */
  timers: readonly Timer[] | null;
}

export type VertexLogic = ActorLogic<Vertex & { output: undefined }, EventObject>;

/** Options of `testPaths` in use. */
type Explored<M extends AnyStateMachine> = Harness<M> & { samples?: unknown };

export function keyOfVertex({ projected, timers }: Vertex): string {
  return `${stable(projected)}\n${keyOfTimers(timers)}`;
}

/** The chart alone: its actions are not carried out, its actors never start. */
export function explored<M extends AnyStateMachine>(machine: M, options: Explored<M>): VertexLogic {
  let actions: BuiltInAction[] = [];
  const scope = bareScope(new VirtualClock(), (action: BuiltInAction) => actions.push(action));
  const step = (history: readonly EventObject[], timers: readonly Timer[], take: () => unknown) => {
    actions = [];
    const snapshot = unbroken(history, options, () => take() as AnyMachineSnapshot);
    const left = timersAfter(timers, history.at(-1) ?? null, actions, history.length);
    return vertexOf(snapshot, history, snapshot.status === 'active' ? left : [], options);
  };
  return {
    getInitialSnapshot: () =>
      step([], [], () => machine.getInitialSnapshot(scope as never, inputOf(options.input) as InputFrom<M> as never)),
    transition: ({ snapshot, history, timers }, event) =>
      step([...history, event], timers ?? [], () =>
        machine.transition(snapshot as never, event as never, scope as never),
      ),
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

/** A real actor a sequence. */
export function replayed<M extends AnyStateMachine>(machine: M, options: Explored<M>): VertexLogic {
  const after = (history: readonly EventObject[]): Vertex => {
    const driven = drive(machine, options);
    for (const event of history) {
      const pending = perform(driven, event, options);
      if (pending) throw new Error(`Replay needs a synchronous driver of \`${event.type}\`; this one gave a promise.`);
      options.invariant?.(driven, event);
    }
    const snapshot = unbroken(history, options, () => driven.actor.getSnapshot() as AnyMachineSnapshot);
    return vertexOf(snapshot, history, null, options);
  };
  return {
    getInitialSnapshot: () => after([]),
    transition: ({ history }, event) => after([...history, event]),
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

function vertexOf<M extends AnyStateMachine>(
  snapshot: AnyMachineSnapshot,
  history: readonly EventObject[],
  timers: readonly Timer[] | null,
  { project = projectAll as never }: Harness<M>,
): Vertex {
  const projected = frozenCopy(project(snapshot as SnapshotFrom<M>));
  return { status: 'active', output: undefined, error: undefined, snapshot, projected, history, timers };
}

/** The snapshot, unless something threw on the way to it: an unhandled error ends a path, a fault does not count. */
function unbroken<M extends AnyStateMachine>(
  history: readonly EventObject[],
  options: Explored<M>,
  take: () => AnyMachineSnapshot,
): AnyMachineSnapshot {
  try {
    const snapshot = take();
    if (snapshot.status !== 'error' || history.at(-1)?.type.startsWith(ERROR)) return snapshot;
    throw snapshot.error;
  } catch (cause) {
    throw broken(history, cause, options);
  }
}

/** Message of a broken machine: the way there, and what may have been missing. */
export function broken<M extends AnyStateMachine>(
  history: readonly EventObject[],
  cause: unknown,
  options: Explored<M>,
): Error {
  const where = history.map(labelOf).join(' → ') || 'at the start';
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint = why.includes('undefined') ? hintAbout(history.at(-1), options) : '';
  return new Error(`The machine broke: ${where}. ${why}${hint}`, { cause });
}

function hintAbout<M extends AnyStateMachine>(last: EventObject | undefined, { input, samples }: Explored<M>): string {
  if (!last) return input === undefined ? '\nIt was given no `input`.' : '';
  const { type, actorId, output } = last as EventObject & { actorId?: string; output?: unknown };
  if (type.startsWith(DONE) && output === undefined) {
    return `\nThe output was undefined; \`outputs: { ${JSON.stringify(actorId)}: […] }\` gives others.`;
  }
  if (samples !== undefined || type.startsWith('xstate.')) return '';
  return `\nThe event carried nothing; \`samples: [{ type: ${JSON.stringify(type)}, … }]\` gives it what it needs.`;
}
