import type { Plan, TaskSpec } from './types.ts';

/** A task that depends on tasks of these ids alone. */
interface TaskAmong<Id extends string> extends TaskSpec {
  id: Id;
  dependsOn?: readonly NoInfer<Id>[];
}

interface PlanOf<Id extends string> extends Plan {
  tasks: readonly TaskAmong<Id>[];
}

/**
 * The plan as it is, with its types checked where it is written: also that its tasks depend on tasks there are, whose ids editors
 * complete. Everything else that tasks say of each other is checked when the plan is compiled or run.
 *
 * @example
 * const plan = definePlan({
 *   tasks: [
 *     { id: 'draft', prompt: 'Write it' },
 *     { id: 'review', prompt: 'Read it', dependsOn: ['draft'] }, // 'daft' would not compile
 *   ],
 * });
 */
export function definePlan<const Id extends string>(plan: PlanOf<Id>): PlanOf<Id> {
  return plan;
}
