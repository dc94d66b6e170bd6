import { taskMachine } from '../src/machines/task/machine.ts';
import type { ChartDefinition, ChartTransitionDefinition } from '../src/trace/chart/chart.schema.ts';
import { defineChart } from '../src/trace/chart/definition.ts';

/** Transitions from nearly every state of a task: drawn, these would hide the rest. */
const ANYWHERE = new Set(['run.cancel', 'task.skip']);

/** The outer states of a task and what leads from one to another. */
export function taskOverview(): ChartDefinition {
  const { states = [], ...root } = defineChart(taskMachine);
  return { ...root, states: states.map((state) => ({ ...outer(state), transitions: movesOf(state, state.id) })) };
}

function outer({ id, key, type }: ChartDefinition): ChartDefinition {
  return { id, key, type: type === 'compound' ? 'atomic' : type };
}

/** Transitions out of a state or of one inside it. */
function movesOf(state: ChartDefinition, from: string): ChartTransitionDefinition[] {
  const own = (state.transitions ?? []).flatMap(({ targets, ...transition }) => {
    const to = targets.map((target) => target.split('.').slice(0, 2).join('.')).find((target) => target !== from);
    const { event } = transition;
    const isAnywhere = to?.endsWith('.done') === true && ANYWHERE.has(event);
    if (to === undefined || isAnywhere || event.startsWith('xstate.error.')) return [];
    return [{ ...transition, targets: [to] }];
  });
  return [...own, ...(state.states ?? []).flatMap((inner) => movesOf(inner, from))];
}
