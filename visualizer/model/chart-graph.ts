import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import type { TraceState } from '../../src/trace/trace.schema.ts';

/** A state to draw. */
export interface ChartNode {
  id: string;
  label: string;
  kind: 'state' | 'final' | 'start' | 'any';
  children: ChartNode[];
  tags: readonly string[];
}

/** An arrow to draw; transitions between the same two states share one. */
export interface ChartEdge {
  id: string;
  from: string;
  to: string;
  labels: string[];
  /** Keys of the transitions it stands for. */
  keys: string[];
}

export interface ChartGraph {
  root: ChartNode;
  edges: ChartEdge[];
}

/** Drawing of a machine: nested states, a dot where each begins, and an arrow for each pair of states. */
export function chartGraph(chart: ChartDefinition): ChartGraph {
  const edges = new Map<string, ChartEdge>();
  const link = (from: string, to: string, label: string, key: string | null): void => {
    const id = `${from}→${to}`;
    const edge = edges.get(id) ?? { id, from, to, labels: [], keys: [] };
    edges.set(id, edge);
    if (label !== '' && !edge.labels.includes(label)) edge.labels.push(label);
    if (key !== null) edge.keys.push(key);
  };
  const visit = (state: ChartDefinition): ChartNode => {
    const children = (state.states ?? []).map(visit);
    if (state.initial !== undefined) {
      const start = `${state.id}#start`;
      children.unshift({ id: start, label: '', kind: 'start', children: [], tags: [] });
      link(start, state.initial, '', null);
    }
    for (const { key, event, guard, targets } of state.transitions ?? []) {
      for (const target of targets) {
        // What is in force anywhere inside a state and leads into it again starts from a place of its own.
        const isInward = children.length > 0 && target.startsWith(`${state.id}.`);
        const from = isInward ? `${state.id}#any` : state.id;
        if (isInward && !children.some(({ id }) => id === from)) {
          children.push({ id: from, label: 'any', kind: 'any', children: [], tags: [] });
        }
        link(from, target, transitionLabel(event, guard), key);
      }
    }
    const kind = state.type === 'final' ? 'final' : 'state';
    return { id: state.id, label: state.key, kind, children, tags: state.tags ?? [] };
  };
  return { root: visit(chart), edges: [...edges.values()] };
}

/** `event [guard]`, with XState's own events in words. */
export function transitionLabel(event: string, guard: string | undefined): string {
  return [eventName(event), ...(guard === undefined ? [] : [`[${guard}]`])].join(' ');
}

export function eventName(event: string): string {
  if (event === '') return 'always';
  const [, what, id = ''] = /^xstate\.(done\.actor|error\.actor|done\.state|after)\.(.*)$/.exec(event) ?? [];
  if (what === 'done.actor') return `${id} done`;
  if (what === 'error.actor') return `${id} failed`;
  if (what === 'done.state') return 'done';
  return what === 'after' ? `after ${id.split('.')[0]}` : event;
}

/** Ids of the states an actor is in, outermost first, the machine itself left out. */
export function activeIds(chart: ChartDefinition, state: TraceState | null): string[] {
  if (state === null) return [];
  if (typeof state === 'string') return [`${chart.id}.${state}`];
  const below = (prefix: string, value: unknown): string[] => {
    if (typeof value === 'string') return [`${prefix}.${value}`];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => [`${prefix}.${key}`, ...below(`${prefix}.${key}`, inner)]);
  };
  return below(chart.id, state);
}

/** Where the states an actor is in may lead: `event [guard] → target`, innermost first. */
export function possibleTransitions(
  chart: ChartDefinition,
  active: readonly string[],
): { label: string; to: string; key: string }[] {
  const isActive = new Set([chart.id, ...active]);
  const found: { label: string; to: string; key: string }[] = [];
  const visit = (state: ChartDefinition): void => {
    if (!isActive.has(state.id)) return;
    for (const child of state.states ?? []) visit(child);
    for (const { key, event, guard, targets } of state.transitions ?? []) {
      if (targets.length === 0) continue;
      const to = targets.map((id) => id.slice(chart.id.length + 1)).join(', ');
      found.push({ label: transitionLabel(event, guard), to, key });
    }
  };
  visit(chart);
  return found;
}

/** Where a transition leads, by the key the definition has it under. */
export function transitionOf(
  chart: ChartDefinition,
  key: string,
): { from: string; targets: readonly string[]; label: string } | null {
  const visit = (state: ChartDefinition): ReturnType<typeof transitionOf> => {
    const found = state.transitions?.find((transition) => transition.key === key);
    if (found) return { from: state.id, targets: found.targets, label: transitionLabel(found.event, found.guard) };
    for (const child of state.states ?? []) {
      const inner = visit(child);
      if (inner) return inner;
    }
    return null;
  };
  return visit(chart);
}
