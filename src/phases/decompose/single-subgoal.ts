import type { Decomposition } from '../../run/phase-outputs.ts';
import { uniqueSlug } from '../../text/slug.ts';
import type { Passage } from '../../types/passage.ts';

/** Default skills of the agent. */
export const ANSWERING: readonly string[] = ['answer', 'extract'];

/** A simple query is one subgoal, with everything that was found for it: taking it apart would cost more than it gives. */
export function singleSubgoal(query: string, passages: readonly Passage[]): Decomposition {
  const goal = query.trim();
  const subgoal = {
    id: uniqueSlug(goal, new Set()),
    title: goal,
    prompt: goal,
    dependsOn: [],
    capabilities: [...ANSWERING],
  };
  return { goal, subgoals: [{ ...subgoal, passages: [...passages] }], notes: [] };
}
