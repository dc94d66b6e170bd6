import { type CheckOptions, checkedPlan } from './check-plan.ts';
import type { Edges } from './graph.ts';
import { planError } from './plan-error.ts';
import type { CompiledPlan, Plan, Task, TaskSpec } from './types.ts';

export { definePlan } from './define-plan.ts';

export type CompileOptions = CheckOptions;

/**
 * Checks a plan and puts its tasks in order: topological waves, each in plan order. Linear in tasks and dependencies.
 *
 * Takes what `parsePlan` takes. A dependency named twice counts once. An empty plan has no waves. The result is frozen, and a
 * copy: changing the plan later changes nothing.
 *
 * Throws {@link SoarError} `invalid-plan` with **every** fault found: wrong form, `empty-id`, `duplicate-id`,
 * `unknown-dependency`, `self-dependency`, `circular-dependency` (with its path "a → b → a", read as "depends on"; every
 * cycle that shares no task with another once), `unknown-agent`, `code-agent`, `no-agent`.
 *
 * @example
 * compilePlan({ tasks: [{ id: 'a', prompt: '' }, { id: 'b', prompt: '', dependsOn: ['a'] }] }).waves.length; // 2
 */
export function compilePlan(input: Plan, options: CompileOptions = {}): CompiledPlan {
  const { plan, issues, dependencies, dependents, levels, agentOf } = checkedPlan(input, options);
  if (issues.length > 0) throw planError(issues);
  const specs = plan.tasks;
  const waves: Task[][] = [];
  const byId = new Map<string, Task>();
  const tasks = specs.map((spec, index) => {
    const wave = levels[index] ?? 0;
    const task: Task = Object.freeze({
      id: spec.id,
      index,
      prompt: spec.prompt,
      agent: agentOf(spec),
      dependsOn: namesOf(dependencies, index, specs),
      dependents: namesOf(dependents, index, specs),
      wave,
      critical: spec.critical ?? false,
      spec,
    });
    byId.set(task.id, task);
    const level = waves[wave - 1];
    if (level) level.push(task);
    else waves[wave - 1] = [task];
    return task;
  });
  for (const wave of waves) Object.freeze(wave);
  return Object.freeze({ goal: plan.goal, plan, tasks: Object.freeze(tasks), byId, waves: Object.freeze(waves) });
}

const NO_NAMES: readonly string[] = Object.freeze([]);

function namesOf({ from, to }: Edges, position: number, specs: readonly TaskSpec[]): readonly string[] {
  const first = from[position] ?? 0;
  const end = from[position + 1] ?? 0;
  if (first === end) return NO_NAMES;
  const names: string[] = [];
  for (let edge = first; edge < end; edge += 1) names.push((specs[to[edge] as number] as TaskSpec).id);
  return Object.freeze(names);
}
