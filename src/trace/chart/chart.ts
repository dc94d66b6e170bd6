import type { AnyStateMachine } from 'xstate';
import { type ChartState, type ChartTransition, chartOf } from './chart-model.ts';

/**
 * A machine as an indented outline: states with their tags, then their events with targets and guards.
 *
 * @example
 * chartOutline(breakerMachine); // breaker\n  closed (initial)\n    permit.request / grant …
 */
export function chartOutline(machine: AnyStateMachine): string {
  return `${outlineLines(chartOf(machine), 0).join('\n')}\n`;
}

function outlineLines(state: ChartState, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const marks = [
    ...(state.isInitial ? ['(initial)'] : []),
    ...(state.type === 'final' || state.type === 'parallel' || state.type === 'history' ? [`(${state.type})`] : []),
    ...state.tags.map((tag) => `#${tag}`),
  ];
  return [
    [`${indent}${state.name}`, ...marks].join(' '),
    ...state.invokes.map(({ id, src }) => `${indent}  invokes ${id === src ? id : `${id} (${src})`}`),
    ...state.transitions.map((transition) => `${indent}  ${transitionText(transition)}`),
    ...state.children.flatMap((child) => outlineLines(child, depth + 1)),
  ];
}

function transitionText({ event, guard, actions, targets }: ChartTransition): string {
  const arrow = targets.length > 0 ? ` → ${targets.map((path) => path.join('.')).join(', ')}` : '';
  const ignored = targets.length === 0 && actions.length === 0 ? ' (ignored)' : '';
  return `${labelOf(event === '' ? 'always' : event, guard, [])}${arrow}${actionText(actions)}${ignored}`;
}

function labelOf(event: string, guard: string | null, actions: readonly string[]): string {
  return (
    [event, ...(guard === null ? [] : [`[${guard}]`])].filter((part) => part !== '').join(' ') + actionText(actions)
  );
}

function actionText(actions: readonly string[]): string {
  return actions.length === 0 ? '' : ` / ${[...new Set(actions)].join(', ')}`;
}

/**
 * A machine as a Mermaid state diagram: nested states, `always`, the ends of invoked actors. Transitions without a target are
 * drawn in the state they stay in; those of a state to one of its own children are drawn from every child they are in force
 * in, since Mermaid cannot draw them from the state itself.
 *
 * @example
 * chartMermaid(taskMachine); // stateDiagram-v2\n  [*] --> staggered …
 */
export function chartMermaid(machine: AnyStateMachine): string {
  const root = chartOf(machine);
  const lines = ['stateDiagram-v2', ...bodyLines(root, 1), ...edgeLines(root)];
  return `${lines.join('\n')}\n`;
}

function idOf(path: readonly string[]): string {
  return path.join('_').replace(/\W/g, '_');
}

/** The children of a state, where it begins, and what happens inside without leaving. */
function bodyLines(state: ChartState, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const lines: string[] = [];
  for (const child of state.children) {
    const id = idOf(child.path);
    const declared = `${indent}state "${child.name}" as ${id}`;
    if (child.children.length > 0) lines.push(`${declared} {`, ...bodyLines(child, depth + 1), `${indent}}`);
    else lines.push(declared, ...innerTexts(child).map((text) => `${indent}${id} : ${text}`));
  }
  if (state.initial) lines.push(`${indent}[*] --> ${idOf(state.initial)}`);
  for (const child of state.children) if (child.type === 'final') lines.push(`${indent}${idOf(child.path)} --> [*]`);
  return lines;
}

/** Transitions of a state that do not leave it. */
function innerTexts(state: ChartState): string[] {
  return state.transitions
    .filter(({ targets, actions }) => targets.length === 0 && actions.length > 0)
    .map(({ event, guard, actions }) => escaped(labelOf(event, guard, actions)));
}

interface Edge {
  from: readonly string[];
  to: readonly string[];
  label: string;
}

function edgeLines(root: ChartState): string[] {
  const merged = new Map<string, string[]>();
  for (const { from, to, label } of edgesOf(root, root)) {
    const key = `  ${idOf(from)} --> ${idOf(to)}`;
    const labels = merged.get(key) ?? [];
    if (label !== '' && !labels.includes(label)) labels.push(label);
    merged.set(key, labels);
  }
  return [...merged].map(([key, labels]) => (labels.length === 0 ? key : `${key} : ${labels.join('<br/>')}`));
}

function edgesOf(state: ChartState, root: ChartState): Edge[] {
  const own = state.transitions.flatMap(({ event, guard, targets }) =>
    targets.flatMap((target) => {
      const label = escaped(labelOf(event, guard, []));
      const to = isInside(state.path, target) ? firstInside(root, target) : target;
      if (state.path.length === 0 || (isInside(target, state.path) && target.length > state.path.length)) {
        return sourcesOf(state, event).map((from) => ({ from, to, label }));
      }
      return [{ from: state.path, to, label }];
    }),
  );
  return [...own, ...state.children.flatMap((child) => edgesOf(child, root))];
}

/** Children in which an event of their parent is in force: those one can be in that do not answer it themselves. */
function sourcesOf(state: ChartState, event: string): (readonly string[])[] {
  return state.children
    .filter((child) => child.type !== 'final' && !isPassedThrough(child))
    .filter((child) => !child.transitions.some((own) => own.event === event && own.guard === null))
    .map(({ path }) => path);
}

function isPassedThrough({ transitions }: ChartState): boolean {
  return transitions.some(({ event, guard }) => event === '' && guard === null);
}

/** Whether `inner` is `outer` or stands in it. */
function isInside(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((key, i) => inner[i] === key);
}

/** A state that holds the source cannot be the end of an edge: where it begins is. */
function firstInside(root: ChartState, path: readonly string[]): readonly string[] {
  const found = path.reduce<ChartState | undefined>(
    (state, key) => state?.children.find(({ name }) => name === key),
    root,
  );
  return found?.initial && found.children.length > 0 ? firstInside(root, found.initial) : path;
}

function escaped(label: string): string {
  return label.replaceAll(':', '꞉').replaceAll(';', ',').replace(/[#{}]/g, '');
}
