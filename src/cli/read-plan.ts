import { parsePlanText } from '../plan/parse.ts';
import type { Plan } from '../plan/types.ts';
import { readInput } from './files.ts';

/** Reads a plan from a file, or from stdin for `-`: YAML, JSON or a Markdown task list. */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readInput(path, 'the plan');
  return parsePlanText(text, { name: path === '-' ? 'from stdin' : path });
}
