import type { AnyStateMachine, EventFromLogic, EventObject, SnapshotFrom } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import { bounded } from './bounded.ts';
import type { ChartNode } from './chart-transitions.ts';
import { distinguishingParts } from './distinguishing-parts.ts';
import { labelOf, standInError } from './event-label.ts';
import { broken, explored, keyOfVertex, replayed, type Vertex } from './exploration.ts';
import { AFTER, DONE, ERROR, type Harness } from './harness.ts';
import { stable } from './project.ts';
import { areNext } from './timers.ts';

/** Sequence of events, with the state of the machine before the first and after each. */
export interface TestPath {
  /** The events with what they carry, joined by arrows. */
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

/**
 * Paths through a machine, for {@link runPath}: the events of `samples`, and done, error and deadline events of what is
 * invoked, tried in every state that can take them. States with the same projection are one.
 *
 * A deadline is tried only where it can be the next one to come. Cancelled and past deadlines are not tried.
 *
 * @throws When there are more edges than `limit`, with what distinguishes the states; and when the machine breaks: an action or a
 *   guard threw, with the events that led there.
 * @example
 * const harness = { input: { query: '?' }, project: ({ value }) => value };
 * const paths = testPaths(flow, { ...harness, outputs: { fetch: [{ items: [] }] } });
 * for (const path of paths) test(path.description, () => runPath(path, flow, harness));
 */
export function testPaths<M extends AnyStateMachine>(machine: M, options: TestPathsOptions<M> = {}): TestPath[] {
  const { kind = 'transitions', limit = 20_000, stopWhen } = options;
  const own = bounded(machine);
  const logic = options.replay ? replayed(machine, options) : explored(own, options);
  const seen = new Map<string, Vertex>();
  const traversal = {
    events: (vertex: Vertex) => eventsIn(own, vertex, options),
    serializeState: (vertex: Vertex) => {
      const key = keyOfVertex(vertex);
      if (!seen.has(key)) seen.set(key, vertex);
      return key;
    },
    serializeEvent: stable,
    stopWhen: ({ snapshot }: Vertex) => snapshot.status !== 'active' || (stopWhen?.(snapshot as never) ?? false),
    limit,
  };
  try {
    const found = (kind === 'simple' ? getSimplePaths : getShortestPaths)(logic as never, traversal as never);
    const paths = (found as unknown as { steps: Step[] }[]).map(({ steps }) =>
      steps.filter(({ event }) => event.type !== 'xstate.init'),
    );
    const initial = logic.getInitialSnapshot(null as never, undefined);
    if (kind === 'transitions') {
      const to = new Map(paths.map((steps) => [keyOfVertex(steps.at(-1)?.state ?? initial), steps]));
      const edges = adjacencyMapToArray(getAdjacencyMap(logic as never, traversal as never));
      for (const { state, event, nextState } of edges as unknown as {
        state: Vertex;
        event: EventObject;
        nextState: Vertex;
      }[]) {
        paths.push([...(to.get(keyOfVertex(state)) ?? []), { event, state: nextState }]);
      }
    }
    return longest(paths).map((steps) => ({
      description: steps.map(({ event }) => labelOf(event)).join(' → ') || 'nothing happens',
      initial: initial.projected,
      steps: steps.map(({ event, state }) => ({ event, state: state.projected })),
    }));
  } catch (error) {
    if (!(error instanceof Error && error.message === 'Traversal limit exceeded')) throw error;
    const apart = distinguishingParts([...seen.values()].map(({ projected }) => projected));
    throw new Error(
      `${machine.id} has more than the limit of ${limit} edges; ${seen.size} states so far. What distinguishes them: ${apart}. \`project\` less, stop earlier with \`stopWhen\`, or raise \`limit\`.`,
    );
  }
}

interface Step {
  event: EventObject;
  state: Vertex;
}

/** Without those that another one begins with, and without doubles. */
function longest(paths: Step[][]): Step[][] {
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

function eventsIn<M extends AnyStateMachine>(
  machine: M,
  { snapshot, history, timers }: Vertex,
  options: TestPathsOptions<M>,
): EventObject[] {
  if (snapshot.status !== 'active') return [];
  const { samples, outputs = {}, errors = {}, denied = false } = options;
  const active = snapshot._nodes as unknown as ChartNode[];
  const isTaken = (event: EventObject) => {
    try {
      if (machine.getTransitionData(snapshot, event).length > 0) return true;
    } catch (error) {
      throw broken([...history, event], error, options);
    }
    return denied && active.some(({ transitions }) => transitions.has(event.type));
  };
  const own: readonly EventObject[] =
    typeof samples === 'function' ? samples(snapshot as SnapshotFrom<M>, history) : (samples ?? bareEvents(machine));
  const events = own.filter(isTaken);
  for (const { invoke, transitions } of active) {
    for (const { id } of invoke) {
      for (const output of outputs[id] ?? [undefined]) {
        const done = { type: `${DONE}${id}`, actorId: id, output };
        if (isTaken(done)) events.push(done);
      }
      // Not asked whether it can be taken: an unhandled one breaks the machine, which is a transition too.
      for (const error of errors[id] ?? [standInError(id)]) {
        events.push({ type: `${ERROR}${id}`, actorId: id, error } as EventObject);
      }
    }
    for (const type of transitions.keys()) if (type.startsWith(AFTER) && areNext(type, timers)) events.push({ type });
  }
  return events;
}

function bareEvents(machine: AnyStateMachine): EventObject[] {
  return machine.events
    .filter((type) => !type.startsWith('xstate.') && !type.includes('*'))
    .map((type) => ({ type }) as EventObject);
}
