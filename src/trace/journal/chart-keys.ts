import type { ChartDefinition } from '../chart/chart.schema.ts';
import { CHARTS } from '../chart/chart-list.ts';
import { defineChart } from '../chart/definition.ts';

const known = new Map<string, ChartDefinition>();

/** Built-in chart as traces define it. */
export function chartNamed(name: keyof typeof CHARTS & string): ChartDefinition {
  let chart = known.get(name);
  const machine = CHARTS[name]?.machine;
  if (!chart && machine) {
    chart = defineChart(machine);
    known.set(name, chart);
  }
  if (!chart) throw new RangeError(`There is no chart \`${name}\`.`);
  return chart;
}

/**
 * The key of the transition that leads from a state to another by an event. Of several that end alike the first, or with
 * `last` the last: guards are in the order from the best end to whatever is left.
 */
export function transitionKeys(
  name: string,
  { from, event, to, last = false }: { from: string; event: string; to: string; last?: boolean },
): string[] {
  const found: string[] = [];
  const visit = (state: ChartDefinition): void => {
    if (state.id !== name && !`${name}.${from}.`.startsWith(`${state.id}.`)) return;
    for (const { event: own, targets, key } of state.transitions ?? []) {
      if (own === event && targets.some((target) => `${name}.${to}.`.startsWith(`${target}.`))) found.push(key);
    }
    for (const child of state.states ?? []) visit(child);
  };
  visit(chartNamed(name));
  const key = last ? found.at(-1) : found[0];
  return key === undefined ? [] : [key];
}
