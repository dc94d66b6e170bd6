import type { Decomposition, Subgoal } from '../../run/phase-outputs.ts';
import { type QuestionPart, splitQuestions } from '../../text/questions.ts';
import { uniqueSlug } from '../../text/slug.ts';
import type { DecomposeInput } from '../types.ts';
import { passagesFor } from './passages-for.ts';
import { ANSWERING, singleSubgoal } from './single-subgoal.ts';
import { SUBGOAL_LIMITS } from './subgoal-limits.ts';

const MAX_TITLE = 80;

/** Takes a query apart without a model: a subgoal for each question that the user wrote, and no others. */
export function decompose({ query, complexity, passages }: DecomposeInput): Decomposition {
  const goal = query.trim();
  const { parts } = splitQuestions(goal);
  if (parts.length < 2) return singleSubgoal(query, passages);
  const { kept, notes } = fitted(parts, SUBGOAL_LIMITS[complexity].max);
  const taken = new Set<string>();
  const ids = kept.map(({ title }) => uniqueSlug(title, taken));
  const subgoals = kept.map(
    ({ text, title, after }, at): Subgoal => ({
      id: ids[at] ?? '',
      title: title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1).trimEnd()}…` : title,
      prompt: text,
      dependsOn: after === null ? [] : ids.slice(after, after + 1),
      capabilities: [...ANSWERING],
      passages: passagesFor(text, passages),
    }),
  );
  return { goal, subgoals, notes };
}

/** The first questions; the last of them takes in those for which there is no room. */
function fitted(parts: readonly QuestionPart[], room: number): { kept: QuestionPart[]; notes: string[] } {
  const kept = parts.slice(0, room);
  const rest = parts.slice(room).map(({ text }) => text);
  const last = kept.at(-1);
  if (!last || rest.length === 0) return { kept, notes: [] };
  kept[kept.length - 1] = { ...last, text: [last.text, ...rest].join(' ') };
  return { kept, notes: [`Asked together with the last part: ${rest.join(' ')}`] };
}
