import type { AnyStateMachine } from 'xstate';

/** The parts of XState's state nodes that say what a chart can do; those of its own types are not all public. */
export interface ChartNode {
  id: string;
  states: Record<string, ChartNode>;
  parent?: ChartNode;
  order: number;
  transitions: Map<string, ChartTransition[]>;
  always?: ChartTransition[];
  invoke: { id: string; src: unknown }[];
  config: { invoke?: InvokeConfig | InvokeConfig[] };
}

interface InvokeConfig {
  src: unknown;
}

export interface ChartTransition {
  source: ChartNode;
  eventType: string;
  guard?: unknown;
  target?: readonly ChartNode[];
}

export function nodesOf(machine: AnyStateMachine): ChartNode[] {
  const nodes: ChartNode[] = [];
  const visit = (node: ChartNode) => {
    nodes.push(node);
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root as unknown as ChartNode);
  return nodes;
}

/** The alternatives a transition is one of: same source, same event. */
export function alternativesOf({ source, eventType }: ChartTransition): readonly ChartTransition[] {
  return (eventType === '' ? source.always : source.transitions.get(eventType)) ?? [];
}

/** `task.running | attempt.ended | 3 | shouldCool`: source, event, place among its alternatives, guard. */
export function keyOf(transition: ChartTransition): string {
  let key = keys.get(transition);
  if (key === undefined) {
    key = newKey(transition);
    keys.set(transition, key);
  }
  return key;
}

const keys = new WeakMap<ChartTransition, string>();

function newKey(transition: ChartTransition): string {
  const place = alternativesOf(transition).indexOf(transition);
  const { source, eventType, guard } = transition;
  return [source.id, eventType || 'always', place, ...(guard === undefined ? [] : [guardName(guard)])].join(' | ');
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, name } = guard as { type?: string; name?: string };
  return type ?? (name || 'inline guard');
}

export function leavingFrom({ transitions, always = [] }: ChartNode): ChartTransition[] {
  return [...[...transitions.values()].flat(), ...always];
}

/** Every transition of a chart, `always` included, in document order. */
export function transitionsOf(machine: AnyStateMachine): ChartTransition[] {
  return nodesOf(machine).flatMap(leavingFrom);
}
