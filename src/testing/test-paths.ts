import {
  type ActorLogic,
  type ActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type EventObject,
  fromCallback,
  type InputFrom,
  type SnapshotFrom,
} from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import type { ChartNode } from './chart-transitions.ts';
import { AFTER, DONE, drive, ERROR, type Harness, inputOf, perform, projectAll } from './harness.ts';
import { frozenCopy, stable } from './project.ts';
import { VirtualClock } from './virtual-clock.ts';

/** One sequence of events, with what the machine looks like before the first and after each. */
export interface TestPath {
  /** The events' types, joined by arrows. */
  readonly description: string;
  /** The projected first state. */
  readonly initial: unknown;
  /** Each event with the projected state it leads to. */
  readonly steps: readonly { readonly event: EventObject; readonly state: unknown }[];
}

export interface TestPathsOptions<M extends AnyStateMachine> extends Harness<M> {
  /**
   * Events to try, in every state, or by state and the events that led to it; those the state cannot take are left out. Default: every type the chart
   * names, without a payload.
   */
  samples?:
    | readonly EventFromLogic<M>[]
    | ((snapshot: SnapshotFrom<M>, history: readonly EventObject[]) => readonly EventFromLogic<M>[]);
  /** Outputs of invoked actors to try, by id. Default: `undefined`. */
  outputs?: Readonly<Record<string, readonly unknown[]>>;
  /** Errors of invoked actors to try, by id. Default: one error each; `[]`: none. */
  errors?: Readonly<Record<string, readonly unknown[]>>;
  /** Also tries events that a state names and its guards deny: nothing may happen then. Default false. */
  denied?: boolean;
  /**
   * `transitions` (default): together they take every edge. `shortest`: one to each state. `simple`: every path that
   * visits no state twice; there may be very many.
   */
  kind?: 'transitions' | 'shortest' | 'simple';
  /**
   * For machines that change what their context refers to: drives a fresh real actor through each sequence, instead of
   * asking the chart what it would do. Event drivers must then be synchronous.
   */
  replay?: boolean;
  /** Goes no further from these states. */
  stopWhen?: (snapshot: SnapshotFrom<M>) => boolean;
  /** Most edges looked at; beyond it this throws. Default 20000. */
  limit?: number;
}

/** A state of the exploration. */
interface Vertex {
  status: 'active' | 'done' | 'error' | 'stopped';
  output: undefined;
  error: undefined;
  snapshot: AnyMachineSnapshot;
  projected: unknown;
  history: readonly EventObject[];
}

/**
 * Paths through a machine, for {@link runPath}: the events of `samples`, and done, error and deadline events of what is
 * invoked, tried in every state that can take them. States with the same projection are one.
 *
 * @throws When there are more edges than `limit`: project less.
 * @example
 * const harness = { input: { query: '?' }, project: ({ value }) => value };
 * const paths = testPaths(flow, { ...harness, outputs: { fetch: [{ items: [] }] } });
 * test.each(paths)('$description', (path) => runPath(path, flow, harness));
 */
export function testPaths<M extends AnyStateMachine>(machine: M, options: TestPathsOptions<M> = {}): TestPath[] {
  const { kind = 'transitions', limit = 20_000, stopWhen } = options;
  const logic = options.replay ? replayed(machine, options) : explored(machine, options);
  const traversal = {
    events: (vertex: Vertex) => eventsIn(machine, vertex, options),
    serializeState: ({ projected }: Vertex) => stable(projected),
    serializeEvent: stable,
    stopWhen: ({ snapshot }: Vertex) => snapshot.status !== 'active' || (stopWhen?.(snapshot as never) ?? false),
    limit,
  };
  const found = (kind === 'simple' ? getSimplePaths : getShortestPaths)(logic as never, traversal as never);
  const paths = (found as unknown as { steps: { event: EventObject; state: Vertex }[] }[]).map(({ steps }) =>
    steps
      .filter(({ event }) => event.type !== 'xstate.init')
      .map(({ event, state }) => ({ event, state: state.projected })),
  );
  const initial = logic.getInitialSnapshot(null as never, undefined).projected;
  if (kind === 'transitions') {
    const to = new Map(paths.map((steps) => [stable(steps.at(-1)?.state ?? initial), steps]));
    for (const { state, event, nextState } of adjacencyMapToArray(
      getAdjacencyMap(logic as never, traversal as never),
    )) {
      const { projected } = nextState as unknown as Vertex;
      const before = to.get(stable((state as unknown as Vertex).projected)) ?? [];
      paths.push([...before, { event: event as EventObject, state: projected }]);
    }
  }
  return longest(paths).map((steps) => ({
    description: steps.map(({ event }) => event.type).join(' → ') || 'nothing happens',
    initial,
    steps,
  }));
}

/** Without those that another one begins with, and without doubles. */
function longest(paths: TestPath['steps'][]): TestPath['steps'][] {
  const beginnings = new Set<string>();
  const keys = paths.map((steps) => {
    let key = '';
    return steps.map(({ event }) => {
      key += `${stable(event)}\n`;
      return key;
    });
  });
  for (const key of keys) for (const beginning of key.slice(0, -1)) beginnings.add(beginning);
  const seen = new Set<string>();
  return paths.filter((_, i) => {
    const key = keys[i]?.at(-1) ?? '';
    if (seen.has(key) || beginnings.has(key) || (key === '' && paths.length > 1)) return false;
    seen.add(key);
    return true;
  });
}

function vertexOf<M extends AnyStateMachine>(
  snapshot: AnyMachineSnapshot,
  history: readonly EventObject[],
  { project = projectAll as never }: Harness<M>,
): Vertex {
  const projected = frozenCopy(project(snapshot as SnapshotFrom<M>));
  return { status: 'active', output: undefined, error: undefined, snapshot, projected, history };
}

/** The chart alone: its actions are not carried out, its actors never start. */
function explored<M extends AnyStateMachine>(machine: M, options: TestPathsOptions<M>): VertexLogic {
  const clock = new VirtualClock();
  const self = createActor(
    fromCallback(() => {}),
    { clock },
  );
  const scope = {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: () => {},
  } as unknown as ActorScope<never, never>;
  const vertex = (snapshot: unknown, history: readonly EventObject[]) =>
    vertexOf(snapshot as AnyMachineSnapshot, history, options);
  return {
    getInitialSnapshot: () =>
      vertex(machine.getInitialSnapshot(scope as never, inputOf(options.input) as InputFrom<M> as never), []),
    transition: ({ snapshot, history }, event) =>
      vertex(machine.transition(snapshot as never, event as never, scope as never), [...history, event]),
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

/** A real actor a sequence. */
function replayed<M extends AnyStateMachine>(machine: M, options: TestPathsOptions<M>): VertexLogic {
  const after = (history: readonly EventObject[]): Vertex => {
    const driven = drive(machine, options);
    for (const event of history) {
      const pending = perform(driven, event, options);
      if (pending) throw new Error(`Replay needs a synchronous driver of \`${event.type}\`; this one gave a promise.`);
      options.invariant?.(driven, event);
    }
    const snapshot = driven.actor.getSnapshot() as AnyMachineSnapshot;
    if (snapshot.status === 'error' && !history.at(-1)?.type.startsWith(ERROR)) {
      const types = history.map(({ type }) => type).join(' → ') || 'at the start';
      throw new Error(`The machine broke: ${types}.`, { cause: snapshot.error });
    }
    return vertexOf(snapshot, history, options);
  };
  return {
    getInitialSnapshot: () => after([]),
    transition: ({ history }, event) => after([...history, event]),
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}

type VertexLogic = ActorLogic<Vertex & { output: undefined }, EventObject>;

function eventsIn<M extends AnyStateMachine>(
  machine: M,
  { snapshot, history }: Vertex,
  { samples, outputs = {}, errors = {}, denied = false }: TestPathsOptions<M>,
): EventObject[] {
  if (snapshot.status !== 'active') return [];
  const active = snapshot._nodes as unknown as ChartNode[];
  const isTaken = (event: EventObject) =>
    machine.getTransitionData(snapshot, event).length > 0 ||
    (denied && active.some(({ transitions }) => transitions.has(event.type)));
  const own: readonly EventObject[] =
    typeof samples === 'function' ? samples(snapshot as SnapshotFrom<M>, history) : (samples ?? bareEvents(machine));
  const events = own.filter(isTaken);
  for (const { invoke, transitions } of active) {
    for (const { id } of invoke) {
      for (const output of outputs[id] ?? [undefined]) {
        const done = { type: `${DONE}${id}`, actorId: id, output };
        if (isTaken(done)) events.push(done);
      }
      // Not asked whether it can be taken: one that nobody handles breaks the machine, which is a transition too.
      for (const error of errors[id] ?? [new Error(`${id} broke`)]) {
        events.push({ type: `${ERROR}${id}`, actorId: id, error } as EventObject);
      }
    }
    for (const type of transitions.keys()) if (type.startsWith(AFTER)) events.push({ type });
  }
  return events;
}

function bareEvents(machine: AnyStateMachine): EventObject[] {
  return machine.events
    .filter((type) => !type.startsWith('xstate.') && !type.includes('*'))
    .map((type) => ({ type }) as EventObject);
}
