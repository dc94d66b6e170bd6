import { taskMachine } from '../src/machines/task/machine.ts';
import { type ChartState, chartOf } from '../src/trace/chart-model.ts';

const BEGIN = '<!-- The chart of a task, written by `npm run docs`. -->';
const END = '<!-- The end of the chart. -->';

/** What can happen to a task in nearly every state: drawn, these would hide the rest. */
const ANYWHERE = new Set(['run.cancel', 'task.skip']);

/** The README with the chart of a task as it is now. Throws when it has no place for it. */
export function withTaskChart(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`Expected README.md to contain ${BEGIN} and ${END}.`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\`\`\`mermaid\n${overview()}\`\`\`\n${readme.slice(end)}`;
}

/** The outer states of a task and what leads from one to another. */
function overview(): string {
  const chart = chartOf(taskMachine);
  const labels = new Map<string, Set<string>>();
  for (const state of chart.children) {
    for (const { edge, label } of edgesOf(state)) labels.set(edge, (labels.get(edge) ?? new Set()).add(label));
  }
  const first = chart.children.find(({ isInitial }) => isInitial);
  const last = chart.children.filter(({ type }) => type === 'final');
  const lines = [
    'stateDiagram-v2',
    `  [*] --> ${first?.name}`,
    ...[...labels].map(([edge, names]) => `  ${edge} : ${[...names].join('<br/>')}`),
    ...last.map(({ name }) => `  ${name} --> [*]`),
  ];
  return `${lines.join('\n')}\n`;
}

function edgesOf(state: ChartState): { edge: string; label: string }[] {
  const from = state.path[0] ?? '';
  const own = state.transitions.flatMap(({ event, guard, targets }) =>
    targets
      .map(([to = '']) => ({ to, label: [event, ...(guard === null ? [] : [`[${guard}]`])].join(' ').trim() }))
      .filter(({ to }) => to !== from && !(to === 'done' && ANYWHERE.has(event)) && !event.endsWith(' failed'))
      .map(({ to, label }) => ({ edge: `${from} --> ${to}`, label })),
  );
  return [...own, ...state.children.flatMap(edgesOf)];
}
