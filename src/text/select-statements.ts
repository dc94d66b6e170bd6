import type { Passage } from '../types/passage.ts';
import { inverseFrequency, saturation } from './bm25.ts';
import type { Statement } from './statement.ts';
import { statementsOf } from './statements.ts';
import { queryTerms, terms } from './terms.ts';
import { withoutEnd } from './without-end.ts';

export interface ScoredStatement extends Statement {
  score: number;
  /** Share of the question's weight that the statement and its surroundings cover, 0..1. */
  coverage: number;
}

/** Worth of each kind of statement to a reader of the answer. */
const KIND_WEIGHT: Readonly<Record<Statement['kind'], number>> = Object.freeze({
  sentence: 1,
  item: 1,
  doc: 1.1,
  row: 0.9,
  code: 0.4,
});
/** A term in the heading or the name around a statement, beside one in the statement. */
const CONTEXT_WEIGHT = 0.45;
/** Statements below this share of the question, or of the best one's score, are no answer. */
const MIN_COVERAGE = 0.34;
const MIN_SCORE_SHARE = 0.3;
/** With this many statements in words, code is left out. */
const ENOUGH_PROSE = 4;
/** Penalty for being like statements already chosen. */
const REDUNDANCY = 0.75;
/** Share of its terms from which a statement only repeats another. */
const REPEATED = 0.9;

/**
 * The statements of some passages that answer a question best, best first: scored by the question's terms in them and
 * around them, preferring prose to code, and chosen so that they do not repeat each other. Empty when none is relevant.
 */
export function selectStatements(question: string, passages: readonly Passage[], limit: number): ScoredStatement[] {
  const wanted = queryTerms(question);
  const strongest = passages.reduce((most, { score }) => Math.max(most, score), 1e-9);
  const all = unique(
    passages.flatMap((passage) =>
      statementsOf(passage).map((statement) => ({ statement, trust: 0.75 + (0.25 * passage.score) / strongest })),
    ),
  ).map(({ statement, trust }) => ({
    statement,
    trust,
    own: terms(`${statement.label ?? ''} ${statement.text}`),
    around: new Set(terms(`${statement.context} ${statement.path}`)),
  }));
  const weights = new Map(
    wanted.map((term) => {
      const having = all.filter(({ own }) => own.includes(term)).length;
      return [term, 0.5 + inverseFrequency(all.length, having)];
    }),
  );
  const possible = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const mean = all.reduce((sum, { own }) => sum + own.length, 0) / Math.max(1, all.length) || 1;
  const cue = cueFor(question);

  const scored = all.flatMap(({ statement, trust, own, around }) => {
    let sum = 0;
    let covered = 0;
    let said = 0;
    for (const [term, weight] of weights) {
      const count = own.filter((word) => word === term).length;
      if (count > 0) {
        sum += weight * saturation(count, Math.max(0.6, own.length / mean));
        covered += weight;
        said++;
      } else if (around.has(term)) {
        sum += weight * CONTEXT_WEIGHT;
        covered += weight * CONTEXT_WEIGHT;
      }
    }
    const coverage = possible > 0 ? covered / possible : 0;
    if (said === 0 || (coverage < MIN_COVERAGE && said < 2)) return [];
    const score =
      sum *
      (0.3 + 0.7 * coverage) *
      trust *
      KIND_WEIGHT[statement.kind] *
      cue(statement) *
      shape(statement) *
      closeness(wanted, own);
    return [{ ...statement, score, coverage, own: new Set(own) }];
  });
  return diverse(scored, limit);
}

/** Maximal marginal relevance: each next one is the best that is unlike the chosen. */
function diverse(scored: readonly (ScoredStatement & { own: Set<string> })[], limit: number): ScoredStatement[] {
  const best = scored.reduce((most, { score }) => Math.max(most, score), 0);
  const good = scored.filter(({ score }) => score >= best * MIN_SCORE_SHARE);
  const spoken = good.filter(({ kind }) => kind !== 'code');
  const left = (spoken.length >= ENOUGH_PROSE ? spoken : good).sort(
    (a, b) => b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.startLine - b.startLine),
  );
  const chosen: (ScoredStatement & { own: Set<string> })[] = [];
  while (left.length > 0 && chosen.length < limit) {
    const values = left.map((one) => {
      const alike = Math.max(0, ...chosen.map((other) => likeness(one.own, other.own)));
      return alike > REPEATED ? 0 : one.score * (1 - REDUNDANCY * alike);
    });
    const at = values.indexOf(values.reduce((most, value) => Math.max(most, value), 0));
    if ((values[at] ?? 0) < best * MIN_SCORE_SHARE * 0.8) break;
    chosen.push(...left.splice(at, 1));
  }
  return chosen.map(({ own: _, ...statement }) => statement);
}

/** Share of the smaller set that both have. */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((term) => b.has(term)).length;
  return shared / Math.max(1, Math.min(a.size, b.size));
}

/** Kind of answer that the question's first word asks for. */
function cueFor(question: string): (statement: Statement) => number {
  const cues: [RegExp, RegExp][] = [
    [/\bwhy\b/i, /\b(?:because|since|so that|otherwise|therefore|reason|would)\b/i],
    [/\b(?:when|what happens)\b/i, /\b(?:when|if|once|until|after|then|→|->)(?:\b|\s)/i],
    [/\b(?:how (?:many|much|long|often)|default|limit)\b/i, /\d/],
    [/\bwhere\b/i, /\b(?:src|lib|in|file|folder|directory)\b|\//i],
    [/\bhow\b/i, /\b(?:by|when|then|after|until|first|next|each|→)(?:\b|\s)/i],
  ];
  const apt = cues.filter(([asked]) => asked.test(question)).map(([, answered]) => answered);
  const subject = /^(?:what|who)\s+(?:is|are)\s+(?:an?\s+|the\s+)?([\w-]+)\s*\??$/i.exec(question.trim())?.[1];
  const is = subject ? new RegExp(`\\b${subject}s?[\`*"']*\\s*(?:\\||is\\b|are\\b|means\\b|:|–|—)`, 'i') : null;
  const opens = subject ? new RegExp(`^[\`*"'_]*(?:an?\\s+|the\\s+)?${subject}[\`*"'_]*(?:\\s|:)`, 'i') : null;
  return ({ text }) =>
    (apt.some((pattern) => pattern.test(text)) ? 1.12 : 1) *
    (is?.test(text) ? 1.25 : 1) *
    (opens?.test(text) ? 1.5 : 1);
}

/** Whole sentences before fragments, and neither stubs nor walls of text. */
function shape({ text, kind }: Statement): number {
  const stub = text.length < 30 ? 0.7 : 1;
  const wall = text.length > 420 ? 0.8 : 1;
  const tag = text.startsWith('@') ? 0.6 : 1;
  const whole = kind === 'code' || kind === 'row' || endsSentence(text) ? 1 : 0.85;
  return stub * wall * tag * whole;
}

/** A mark that ends a sentence, and quotes and brackets after it. */
function endsSentence(text: string): boolean {
  const bare = withoutEnd(text, (character) => `"')*`.includes(character));
  return '.!?:`'.includes(bare.at(-1) ?? '_') || text.indexOf(')', bare.length) >= 0;
}

/** Words of the question that stand side by side in the statement as well. */
function closeness(wanted: readonly string[], own: readonly string[]): number {
  const pairs = wanted
    .slice(1)
    .filter((term, at) => own.some((word, place) => word === wanted[at] && own[place + 1] === term));
  return 1 + 0.15 * Math.min(3, pairs.length);
}

function unique<T extends { statement: Statement }>(statements: readonly T[]): T[] {
  const seen = new Set<string>();
  return statements.filter(({ statement: { path, startLine, text } }) => {
    const key = `${path}:${startLine}:${text}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
