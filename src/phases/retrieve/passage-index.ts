import { inverseFrequency, saturation } from '../../text/bm25.ts';
import { queryTerms, termsOfToken, tokens } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';
import { splitPassages } from './passages.ts';
import { isAsked, prior, topicOf } from './path-prior.ts';

/** How much a term in a heading, a declared name or the path counts beside one in the text. */
const BOOSTS = Object.freeze({ name: 2, path: 1.5 });
/** Most passages of one file among the best. */
const MAX_PER_FILE = 3;
/** A longer passage is one endless line: unreadable, and useless for a citation. */
const MAX_CHARS = 16_000;
/** Terms beyond this one are not looked for side by side. */
const BITS = 30;

interface Candidate {
  path: string;
  startLine: number;
  endLine: number;
  text: string;
  /** Boosted occurrences by query term. */
  counts: number[];
  length: number;
  /** Which terms stand together on two neighbouring lines, as bits. */
  together: ReadonlySet<number>;
}

/** Ranks the passages of many texts for some questions, in one pass and without keeping the texts. */
export interface PassageIndex {
  /** Splits and scores one text; passages in which no term occurs are forgotten. */
  add(path: string, text: string): void;
  /**
   * The best passages: every question gets its turn, no file more than three places. Ties: by path and line.
   *
   * @param weightOf What a file's scores are multiplied with, for what its text does not report. Default 1.
   */
  best(budget: number, weightOf?: (path: string) => number): Passage[];
}

/**
 * @param questions What is asked; one question's passages cannot push out another's.
 * @param first Paths whose best passages come before all others; their beginning, when nothing in them fits.
 */
export function createPassageIndex(questions: readonly string[], first: readonly string[] = []): PassageIndex {
  const wanted = questions.map(queryTerms);
  const vocabulary = [...new Set(wanted.flat())];
  const places = new Map(vocabulary.map((term, at) => [term, at]));
  // A token's query terms, remembered: texts repeat their words, so most of the work is one look-up a token.
  const known = new Map<string, readonly number[]>();
  const candidates: Candidate[] = [];
  const openings = new Map<string, Candidate>();
  const occursIn = vocabulary.map(() => 0);
  const topic = topicOf(questions);
  let passages = 0;
  let totalLength = 0;

  const hits = (token: string): readonly number[] => {
    let found = known.get(token);
    if (!found) {
      found = termsOfToken(token).flatMap((term) => places.get(term) ?? []);
      known.set(token, found);
    }
    return found;
  };
  /** Adds the occurrences in a text to the counts; gives its length and, as bits, the terms in it. */
  const count = (counts: number[], text: string, weight: number): { length: number; bits: number } => {
    const all = tokens(text);
    let bits = 0;
    for (const token of all) {
      for (const at of hits(token)) {
        counts[at] = (counts[at] ?? 0) + weight;
        if (at < BITS) bits |= 1 << at;
      }
    }
    return { length: all.length, bits };
  };

  return {
    add(path, text) {
      const isAskedFor = isAsked(path, topic);
      const inPath = vocabulary.map(() => 0);
      count(inPath, path, BOOSTS.path);
      for (const { startLine, endLine, text: own, names } of splitPassages(text, path)) {
        if (own.length > MAX_CHARS) continue;
        const counts = vocabulary.map(() => 0);
        const lines = own.split('\n').map((line) => count(counts, line, 1));
        const length = lines.reduce((sum, line) => sum + line.length, 0);
        passages++;
        totalLength += length;
        const together = new Set(lines.map(({ bits }, at) => bits | (lines[at + 1]?.bits ?? 0)));
        const candidate = { path, startLine, endLine, text: own, counts, length, together };
        if (!counts.some((n) => n > 0)) {
          if (first.includes(path) && !openings.has(path)) openings.set(path, candidate);
          if (!isAskedFor) continue;
        }
        counts.forEach((n, at) => {
          if (n > 0) occursIn[at] = (occursIn[at] ?? 0) + 1;
        });
        count(counts, names.join(' '), BOOSTS.name);
        inPath.forEach((n, at) => {
          counts[at] = (counts[at] ?? 0) + n;
        });
        candidates.push(candidate);
      }
    },
    best(budget, weightOf = () => 1) {
      const mean = totalLength / Math.max(1, passages) || 1;
      const rankings = wanted.map((terms) => {
        const weights = terms.map((term): [number, number] => {
          const at = places.get(term) ?? 0;
          return [at, inverseFrequency(passages, occursIn[at] ?? 0)];
        });
        return ranked(candidates, (one) => scoreOf(one, weights, mean) * prior(one.path, topic) * weightOf(one.path));
      });
      const all = interleaved(rankings);
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
        for (const passage of own.length === 0 && opening ? [asPassage(opening, 0)] : own) take(passage);
      }
      for (const passage of all) take(passage);
      return [...chosen.values()];
    },
  };
}

/** BM25+ times how much of the question the passage covers, and how much of it on two neighbouring lines. */
function scoreOf(
  candidate: Candidate,
  weights: readonly (readonly [at: number, weight: number])[],
  mean: number,
): number {
  let sum = 0;
  let matched = 0;
  let possible = 0;
  for (const [at, weight] of weights) {
    const gain = saturation(candidate.counts[at] ?? 0, candidate.length / mean);
    sum += weight * gain;
    possible += weight;
    if (gain > 0) matched += weight;
  }
  if (sum === 0) return 0;
  let closest = 0;
  for (const bits of candidate.together) {
    const held = weights.reduce((total, [at, weight]) => (at < BITS && bits & (1 << at) ? total + weight : total), 0);
    closest = Math.max(closest, held);
  }
  return sum * (0.3 + (0.4 * matched + 0.5 * closest) / possible);
}

function ranked(candidates: readonly Candidate[], score: (candidate: Candidate) => number): Passage[] {
  return candidates
    .map((candidate) => asPassage(candidate, score(candidate)))
    .filter((passage) => passage.score > 0)
    .sort((a, b) => b.score - a.score || compare(a.path, b.path) || a.startLine - b.startLine);
}

function asPassage({ path, startLine, endLine, text }: Candidate, score: number): Passage {
  return {
    id: `${path}:${startLine}-${endLine}`,
    path,
    startLine,
    endLine,
    text,
    score: Math.round(score * 1000) / 1000,
  };
}

/** The best of each, then the second best of each, and so on. */
function interleaved(rankings: readonly (readonly Passage[])[]): Passage[] {
  const longest = Math.max(0, ...rankings.map((ranking) => ranking.length));
  return Array.from({ length: longest }, (_, at) => rankings.flatMap((ranking) => ranking[at] ?? [])).flat();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
