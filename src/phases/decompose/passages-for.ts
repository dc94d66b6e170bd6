import { bm25 } from '../../text/bm25.ts';
import { queryTerms, terms } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';

/** Most passages of files one subgoal carries. */
export const MAX_PASSAGES = 6;

/**
 * The passages that fit the words best, with their scores for those words; the retrieval's order breaks ties. A word
 * said twice is what the subgoal is about, and counts for more than the rest of the question.
 */
export function passagesFor(about: string, passages: readonly Passage[]): Passage[] {
  const said = terms(about);
  const wanted = queryTerms(about);
  const stressed = wanted.filter((term) => said.indexOf(term) !== said.lastIndexOf(term));
  const texts = passages.map(({ text, path }) => [...terms(path), ...terms(text)]);
  const scores = bm25(wanted, texts);
  const stress = bm25(stressed, texts);
  return passages
    .map((passage, at) => ({ ...passage, score: rounded((scores[at] ?? 0) + 2 * (stress[at] ?? 0)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_PASSAGES);
}

const rounded = (score: number) => Math.round(score * 1000) / 1000;
