import type { Plan } from '../plan/types.ts';
import { bm25 } from '../text/bm25.ts';
import { earlierPath, isEarlier } from '../text/earlier.ts';
import { isFiller, queryTerms, terms, words } from '../text/terms.ts';
import type { Complexity, Passage, RunResult } from '../types.ts';
import type { StoredRecord } from './records.ts';

/** From this confidence on an answer is kept for later questions, and from this one on it is a pattern to follow. */
export const KEPT_CONFIDENCE = 0.5;
export const PATTERN_CONFIDENCE = 0.8;

const LONGEST = Object.freeze({ query: 500, answer: 4000, outlined: 120, keywords: 10 });
/** Share of what a question is about that an earlier one must have been about. */
const SHARED = 0.5;
/** How much more a pattern counts than an answer that was merely kept. */
const PATTERN_WEIGHT = 1.25;

/**
 * What is worth keeping of a question that was answered; null when nothing is: it did not succeed, nobody trusts the answer much,
 * or it only repeats earlier ones.
 *
 * @param hashOf What a file that the answer cites is now.
 */
export function recordOf(result: RunResult, at: number, hashOf: (path: string) => string | null): StoredRecord | null {
  const { runId, status, query, answer = '', confidence = 0, complexity, plan, sources = [] } = result;
  if (status !== 'succeeded' || query === undefined || answer.trim() === '' || confidence < KEPT_CONFIDENCE)
    return null;
  const paths = [...new Set(sources.map(({ path }) => path))];
  const files = paths.filter((path) => !isEarlier(path));
  if (paths.length > 0 && files.length === 0) return null;
  return {
    runId,
    at,
    query: shortened(query.trim(), LONGEST.query),
    complexity: complexity ?? null,
    outline: outlineOf(plan as Plan | undefined),
    answer: shortened(answer.trim(), LONGEST.answer),
    confidence,
    sources: files.map((path) => ({ path, hash: hashOf(path) })),
    keywords: keywordsOf(query),
  };
}

function outlineOf(plan: Plan | undefined): string[] {
  return (plan?.tasks ?? []).map(({ id, prompt }) => {
    const [first = ''] = prompt.trim().split('\n');
    return `${id}: ${shortened(first, LONGEST.outlined)}`;
  });
}

function keywordsOf(query: string): string[] {
  const said = words(query).filter((word) => word.length > 2 && !isFiller(word));
  return [...new Set(said)].slice(0, LONGEST.keywords);
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)} [… ${text.length - limit} characters cut …]`;
}

/** An earlier answer that has to do with a question. */
export interface Recalled {
  record: StoredRecord;
  passage: Passage;
}

/** Earlier answers that have to do with a question, best first: by its words, patterns before what was merely kept. */
export function recall(query: string, complexity: Complexity, records: readonly StoredRecord[]): Recalled[] {
  const wanted = queryTerms(query);
  if (wanted.length === 0) return [];
  const texts = records.map(({ query: asked, answer, keywords }) =>
    terms(`${asked}\n${keywords.join(' ')}\n${answer}`),
  );
  const scores = bm25(wanted, texts);
  return records
    .flatMap((record, at) => {
      const about = new Set(texts[at]);
      const shared = wanted.filter((term) => about.has(term)).length / wanted.length;
      if (shared < SHARED) return [];
      const weight = record.confidence >= PATTERN_CONFIDENCE ? PATTERN_WEIGHT : 1;
      const alike = record.complexity === complexity ? 1 : 0.95;
      return [{ record, passage: passageOf(record, (scores[at] ?? 0) * weight * alike) }];
    })
    .sort((a, b) => b.passage.score - a.passage.score || b.record.at - a.record.at);
}

function passageOf(record: StoredRecord, score: number): Passage {
  const { runId, query, answer, confidence } = record;
  const path = earlierPath(runId);
  const outline = record.outline.length > 1 ? ['By way of:', ...record.outline.map((one) => `- ${one}`), ''] : [];
  const head = `Asked before: ${query} (confidence of the answer: ${confidence})`;
  const text = [head, '', ...outline, answer].join('\n');
  const endLine = text.split('\n').length;
  return { id: `${path}:1-${endLine}`, path, startLine: 1, endLine, text, score: Math.round(score * 1000) / 1000 };
}
