import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { type Edges, levelsOf, reversed } from '../../src/plan/graph.ts';
import type { Plan } from '../../src/plan/types.ts';
import { planFailure } from '../support/plan-failure.ts';

/** Any graph: for each task, whom it depends on, by number. */
const anyGraph = fc
  .integer({ min: 1, max: 25 })
  .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }));

/** Tasks in random order that depend on "smaller" ones only. */
const acyclicPlan = anyGraph.chain((graph) =>
  fc
    .shuffledSubarray(
      graph.map((_, i) => i),
      { minLength: graph.length },
    )
    .map((order) =>
      toPlan(
        graph.map((list, i) => list.filter((j) => j < i)),
        order,
      ),
    ),
);

function toPlan(graph: readonly (readonly number[])[], order: readonly number[] = graph.map((_, i) => i)): Plan {
  return { tasks: order.map((i) => ({ id: `t${i}`, prompt: '', dependsOn: graph[i]?.map((j) => `t${j}`) })) };
}

describe('a compiled plan', () => {
  it('has every task in exactly one wave, after the waves of all it depends on and right after the last', () => {
    fc.assert(
      fc.property(acyclicPlan, (plan) => {
        const { waves, tasks, byId } = compilePlan(plan);
        const placed = waves.flatMap((wave, i) => wave.map(({ id }) => [id, i + 1] as const));
        expect(placed.map(([id]) => id).sort()).toEqual(plan.tasks.map(({ id }) => id).sort());
        const waveOf = new Map(placed);
        for (const task of tasks) {
          expect(task.wave).toBe(waveOf.get(task.id));
          expect(task.wave).toBe(1 + Math.max(0, ...task.dependsOn.map((id) => waveOf.get(id) ?? Number.NaN)));
          for (const id of task.dependsOn) expect(byId.get(id)?.dependents).toContain(task.id);
        }
        for (const wave of waves) expect([...wave].sort((a, b) => a.index - b.index)).toEqual(wave);
      }),
    );
  });

  it('is refused exactly when there is a cycle, with true cycles that share no task', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const plan = toPlan(graph.map((list, i) => list.filter((j) => j !== i)));
        const dependsOn = new Map(plan.tasks.map((task) => [task.id, task.dependsOn ?? []]));
        if (!isCyclic(dependsOn)) {
          compilePlan(plan);
          return;
        }
        const { issues } = planFailure(() => compilePlan(plan));
        const named = new Set<string>();
        for (const { code, message } of issues) {
          expect(code).toBe('circular-dependency');
          const path = message.replace(/^.*: |\.$/g, '').split(' → ');
          expect(path[0]).toBe(path.at(-1));
          for (const [i, id] of path.slice(0, -1).entries()) {
            expect(dependsOn.get(id)).toContain(path[i + 1]);
            expect(named.has(id)).toBe(false);
            named.add(id);
          }
        }
        // Without the tasks named nothing is left that goes in circles.
        const rest = [...dependsOn].filter(([id]) => !named.has(id));
        expect(isCyclic(new Map(rest.map(([id, list]) => [id, list.filter((one) => !named.has(one))])))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('looks at every dependency once', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const dependencies = toEdges(graph.map((list, i) => list.filter((j) => j < i)));
        expect(levelsOf(dependencies, reversed(dependencies)).steps).toBe(dependencies.to.length);
      }),
    );
  });
});

function toEdges(graph: readonly (readonly number[])[]): Edges {
  const from = Int32Array.from([0, ...graph.map((_, i) => graph.slice(0, i + 1).flat().length)]);
  return { size: graph.length, from, to: Int32Array.from(graph.flat()) };
}

/** By taking away what depends on nothing, again and again. */
function isCyclic(dependsOn: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Map(dependsOn);
  for (;;) {
    const free = [...left].filter(([, list]) => list.every((id) => !left.has(id)));
    if (free.length === 0) return left.size > 0;
    for (const [id] of free) left.delete(id);
  }
}
