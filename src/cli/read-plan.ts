import type { CheckOptions } from '../plan/check-plan.ts';
import { readPlanText } from '../plan/parse.ts';
import { planOf } from '../plan/plan-source.ts';
import type { Plan } from '../plan/types.ts';
import { readInput } from './files.ts';

/**
 * Reads a plan from a file, or from stdin for `-`: YAML, JSON or a Markdown task list.
 *
 * @param options The agents there are, beside those the plan brings.
 * @throws SoarError `usage` when it cannot be read, `invalid-plan` with every fault of its form, of what its tasks say of
 * each other and of the agents it names, in the order of lines.
 */
export async function readPlan(
  path: string,
  options: (plan: Plan) => CheckOptions,
): Promise<{ plan: Plan; notes: readonly string[] }> {
  const name = path === '-' ? 'from stdin' : path;
  const source = readPlanText(await readInput(path, 'the plan'), { name });
  return { plan: planOf(source, name, options), notes: source.notes };
}
