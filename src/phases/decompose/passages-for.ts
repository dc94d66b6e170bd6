import { passageSearch } from '../../text/passage-search.ts';
import { queryTerms } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';

/** Most passages of files one subgoal carries. */
export const MAX_PASSAGES = 6;

/** The passages that fit the words best, with their scores for those words; the retrieval's order breaks ties. */
export function passagesFor(about: string, passages: readonly Passage[]): Passage[] {
  const wanted = queryTerms(about);
  const search = passageSearch(new Set(wanted));
  for (const [id, { text, path }] of passages.entries()) search.add({ id, text, names: '', path });
  return search
    .search(wanted.join(' '))
    .flatMap(({ id, score }) => ({
      ...(passages[id] as Passage),
      score: Math.round(score * 1000) / 1000,
      at: Number(id),
    }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, MAX_PASSAGES)
    .map(({ at: _, ...passage }) => passage);
}
