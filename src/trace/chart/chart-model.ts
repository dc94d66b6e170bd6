import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A state of a chart, as plain data. */
export interface ChartState {
  /** Keys from the root, e.g. `['fallback', 'running']`; empty for the machine itself. */
  path: readonly string[];
  /** The last key; the machine's id for the machine itself. */
  name: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Its own tags, not those above it. */
  tags: readonly string[];
  /** The child it begins in. */
  initial: readonly string[] | null;
  isInitial: boolean;
  invokes: readonly { id: string; src: string }[];
  transitions: readonly ChartTransition[];
  children: readonly ChartState[];
}

export interface ChartTransition {
  /** `start.granted`, `backoff done`, `backoff failed`, `after 100`, or empty for `always`. */
  event: string;
  guard: string | null;
  actions: readonly string[];
  /** Paths; empty when the state stays. */
  targets: readonly (readonly string[])[];
}

/** Walks a machine's states: what it says, in the order it says it. */
export function chartOf(machine: AnyStateMachine): ChartState {
  return stateOf(machine.root);
}

function stateOf(node: AnyStateNode): ChartState {
  const initial = node.type === 'compound' ? (node.initial?.target?.[0]?.path ?? null) : null;
  const children = Object.values(node.states);
  const ordered = [...children].sort((a, b) => a.order - b.order);
  const parentInitial = node.parent?.type === 'compound' ? node.parent.initial?.target?.[0] : undefined;
  return {
    path: node.path,
    name: node.path.length === 0 ? node.machine.id : node.key,
    type: node.type,
    tags: node.tags,
    initial,
    isInitial: parentInitial === node || parentInitial?.path[node.path.length - 1] === node.key,
    invokes: node.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : 'inline' })),
    transitions: [...(node.always ?? []), ...[...node.transitions.values()].flat()].map(transitionOf),
    children: ordered.map(stateOf),
  };
}

function transitionOf(transition: AnyTransitionDefinition): ChartTransition {
  return {
    event: eventText(String(transition.eventType ?? '')),
    guard: transition.guard === undefined ? null : nameOf(transition.guard),
    actions: transition.actions.map(nameOf),
    targets: transition.target?.map(({ path }) => path) ?? [],
  };
}

/** XState's own events in words. */
function eventText(type: string): string {
  const [, what, id = ''] = /^xstate\.(done\.actor|error\.actor|done\.state|snapshot|after)\.(.*)$/.exec(type) ?? [];
  switch (what) {
    case 'done.actor':
      return `${id} done`;
    case 'error.actor':
      return `${id} failed`;
    case 'done.state':
      return 'done';
    case 'snapshot':
      return `${id} changed`;
    case 'after':
      return `after ${id.split('.')[0]}`;
    default:
      return type;
  }
}

/** The name of an action or guard; one written in place has none but its function's. */
function nameOf(implementation: unknown): string {
  if (typeof implementation === 'string') return implementation;
  const { type, name } = (implementation ?? {}) as { type?: unknown; name?: unknown };
  if (typeof type === 'string') return type.replace(/^xstate\./, '');
  return typeof name === 'string' && name !== '' ? name : 'inline';
}
