import { passageSearch } from '../../text/passage-search.ts';
import { queryTerms } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';
import { splitPassages } from './passages.ts';
import { prior, topicOf } from './path-prior.ts';

/** Most passages of one file among the best. */
const MAX_PER_FILE = 3;
/** A longer passage is one endless line: unreadable, and useless for a citation. */
const MAX_CHARS = 16_000;

/** Ranks the passages of many texts for some questions, in one pass. Keeps only passages that contain a term of a question. */
export interface PassageIndex {
  /** Splits and indexes one text. */
  add(path: string, text: string): void;
  /** The best passages: every question gets its turn, no file more than three places. Ties: by path and line. */
  best(budget: number): Passage[];
}

/**
 * @param questions What is asked; one question's passages cannot push out another's.
 * @param first Paths whose best passages come before all others; their beginning, when nothing in them fits.
 */
export function createPassageIndex(questions: readonly string[], first: readonly string[] = []): PassageIndex {
  const wanted = questions.map(queryTerms);
  let isHit = false;
  const search = passageSearch(new Set(wanted.flat()), () => {
    isHit = true;
  });
  const passages = new Map<number, Omit<Passage, 'score'>>();
  const openings = new Map<string, Passage>();
  const topic = topicOf(questions);
  let count = 0;

  const rankingOf = (terms: readonly string[]): Passage[] => {
    const found = search.search(terms.join(' ')).flatMap(({ id, score }) => {
      const passage = passages.get(id);
      return passage ? [{ ...passage, score: rounded(score * prior(passage.path, topic)) }] : [];
    });
    return found.sort((a, b) => b.score - a.score || compare(a.path, b.path) || a.startLine - b.startLine);
  };

  return {
    add(path, text) {
      for (const { startLine, endLine, text: own, names } of splitPassages(text, path)) {
        if (own.length > MAX_CHARS) continue;
        const passage = { id: `${path}:${startLine}-${endLine}`, path, startLine, endLine, text: own };
        isHit = false;
        search.add({ id: count, text: own, names: names.join(' '), path });
        if (isHit) passages.set(count, passage);
        else if (first.includes(path) && !openings.has(path)) openings.set(path, { ...passage, score: 0 });
        count += 1;
      }
    },
    best(budget) {
      const all = interleaved(wanted.map(rankingOf));
      const chosen = new Map<string, Passage>();
      const perFile = new Map<string, number>();
      const take = (passage: Passage) => {
        const taken = perFile.get(passage.path) ?? 0;
        if (chosen.size >= budget || chosen.has(passage.id) || taken >= MAX_PER_FILE) return;
        chosen.set(passage.id, passage);
        perFile.set(passage.path, taken + 1);
      };
      for (const path of first) {
        const opening = openings.get(path);
        const own = all.filter((passage) => passage.path === path);
        for (const passage of own.length === 0 && opening ? [opening] : own) take(passage);
      }
      for (const passage of all) take(passage);
      return [...chosen.values()];
    },
  };
}

/** The best of each, then the second best of each, and so on. */
function interleaved(rankings: readonly (readonly Passage[])[]): Passage[] {
  const longest = Math.max(0, ...rankings.map((ranking) => ranking.length));
  return Array.from({ length: longest }, (_, at) => rankings.flatMap((ranking) => ranking[at] ?? [])).flat();
}

const rounded = (score: number) => Math.round(score * 1000) / 1000;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
