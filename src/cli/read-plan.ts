import { type Issue, SoarError } from '../errors/soar-error.ts';
import { compilePlan } from '../plan/compile.ts';
import { parsePlanText } from '../plan/parse.ts';
import { planError } from '../plan/plan-error.ts';
import type { Plan } from '../plan/types.ts';
import { readInput } from './files.ts';

/**
 * Reads a plan from a file, or from stdin for `-`: YAML, JSON or a Markdown task list.
 *
 * @throws SoarError `usage` when it cannot be read, `invalid-plan` with every fault: those of its form, with their lines, and
 * what its tasks say of each other.
 */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readInput(path, 'the plan');
  const name = path === '-' ? 'from stdin' : path;
  try {
    return parsePlanText(text, { name });
  } catch (error) {
    if (!SoarError.isInstance(error) || error.issues.some(({ code }) => code === 'syntax')) throw error;
    const more = await relationFaults(text);
    const added = more.filter(({ message }) => !error.issues.some((known) => known.message.endsWith(message)));
    if (added.length === 0) throw error;
    throw planError([...error.issues, ...added], { name, cause: error });
  }
}

/** What is wrong between the tasks of a plan whose form is wrong too, as far as it can be read. */
async function relationFaults(text: string): Promise<readonly Issue[]> {
  const { parse } = await import('yaml');
  try {
    const value: unknown = parse(text, { merge: true });
    // A Markdown list is text to YAML, and has been checked for this already.
    if (typeof value === 'object' && value !== null) compilePlan(value as Plan);
  } catch (error) {
    if (SoarError.isInstance(error)) return error.issues;
  }
  return [];
}
