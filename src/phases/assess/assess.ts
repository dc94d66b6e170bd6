import type { Assessment } from '../../run/phase-outputs.ts';
import type { Complexity } from '../../run/result.ts';
import type { AssessInput } from '../types.ts';
import * as data from './assess-words.ts';

/** Scores up to `simple` are simple, up to `medium` are medium, above that complex. */
export const COMPLEXITY_THRESHOLDS = Object.freeze({ simple: 11, medium: 28 });

/** A longer query is hard by its length already; the rest of it is not looked at, characters. */
const READ_CHARS = 4000;

interface Signal {
  points: number;
  reason: string;
  /** Whether it speaks for a hard or an easy question. */
  leans: 'complex' | 'simple' | 'neutral';
}

/**
 * Judges a query by its words alone: a few always make it critical; otherwise the points of seven dimensions (length,
 * verbs and nouns, scope, constraints, structure, domain, form of the question) are added up and stretched when many
 * signals agree. Words match whole: "latest" is not a "test".
 *
 * @returns score 0 and confidence 1 for an empty query.
 *
 * @example
 * assess({ query: 'what is python' }).complexity; // 'simple'
 */
export function assess({ query }: AssessInput): Assessment {
  const read = query.trim().slice(0, READ_CHARS);
  const text = read.toLowerCase().replace(/\s+/g, ' ');
  if (text === '') return { complexity: 'simple', score: 0, confidence: 1, reasons: ['The query is empty.'] };
  const critical = criticalReason(text);
  if (critical) return { complexity: 'critical', score: 100, confidence: 0.95, reasons: [critical] };

  const signals = [
    ...lexical(text),
    ...keywords(text),
    ...scope(text),
    ...constraints(text),
    ...structure(read),
    ...domain(text),
    ...questionForm(text),
  ].filter((signal) => signal.points !== 0);
  const score = round(signals.reduce((sum, signal) => sum + signal.points, 0) * multiplier(signals));
  return {
    complexity: complexityOf(score),
    score,
    confidence: confidence(score, signals),
    reasons: signals.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points)).map(sentence),
  };
}

function complexityOf(score: number): Complexity {
  if (score <= COMPLEXITY_THRESHOLDS.simple) return 'simple';
  return score <= COMPLEXITY_THRESHOLDS.medium ? 'medium' : 'complex';
}

function criticalReason(text: string): string | null {
  const { alarm, sensitive, sensitiveActions, compliance, money, moneyActions } = data.CRITICAL;
  const both = (things: readonly string[], actions: readonly string[]) => {
    const thing = found(text, things)[0];
    const action = found(text, actions)[0];
    return thing && action ? `Critical: "${action}" about "${thing}".` : null;
  };
  const alone = found(text, alarm)[0] ?? found(text, compliance)[0];
  if (alone) return `Critical: "${alone}".`;
  return both(sensitive, sensitiveActions) ?? both(money, moneyActions);
}

function lexical(text: string): Signal[] {
  const count = wordCount(text);
  const length = [5, 10, 20, 40, 60].filter((limit) => count > limit).length * 5;
  const sentences = text.split(/[.!?](?:\s|$)/).filter((part) => part.trim() !== '').length;
  const questions = occurrences(text, /\?/g);
  const commas = occurrences(text, /,/g);
  return [
    neutral(length, `${count} words`),
    complex(Math.max(0, sentences - 2) * 5, `${sentences} sentences`),
    complex(Math.max(0, questions - 1) * 8, `${questions} questions`),
    neutral(Math.min(15, Math.max(0, commas - 3) * 3), `${commas} commas`),
    neutral(occurrences(text, /[;:](?=\s|$)/g) * 4, 'clauses set apart'),
  ];
}

function keywords(text: string): Signal[] {
  const short = wordCount(text) <= 8;
  const { VERBS } = data;
  const complexVerbs = found(text, VERBS.complex);
  const mediumVerbs = found(text, VERBS.medium);
  const analysis = found(text, VERBS.analysis);
  const simpleVerbs = found(text, VERBS.simple);
  const vague = found(text, data.VAGUE);
  const nouns = found(text, data.COMPLEX_NOUNS);
  const trivial = short && found(text, data.TRIVIAL).length > 0;
  const acts = complexVerbs.length + mediumVerbs.length > 0;
  const bounded =
    short &&
    complexVerbs.length > 0 &&
    /\b(?:this|the|an?)\s+(?:\w+\s+)?(?:function|method|class|component|file)\b/.test(text);
  return [
    simple(-Math.min(10, simpleVerbs.length * 3), quoted(simpleVerbs)),
    simple(-Math.min(15, vague.length * 5), quoted(vague)),
    neutral(trivial ? 0 : mediumVerbs.length * 12, quoted(mediumVerbs)),
    complex(Math.min(20, analysis.length * 15), quoted(analysis)),
    complex(complexVerbs.length * 25, quoted(complexVerbs)),
    complex(/\bintegrate\b.*\bwith\b/.test(text) ? 15 : 0, 'an integration of two things'),
    complex(nouns.length * (acts ? 10 : 5), quoted(nouns)),
    complex(
      /^how (?:do|does|did) (?!i\b|you\b|we\b)|\bhow (?:do|does|did)\b.*\bwork/.test(text) ? 10 : 0,
      'a question how something works',
    ),
    complex(found(text, data.FEATURES).length > 0 ? 12 : 0, quoted(found(text, data.FEATURES))),
    complex(found(text, data.OPTIMISE).length > 0 ? 15 : 0, 'an open-ended optimisation'),
    complex(found(text, data.STANDARDS).length > 0 ? 10 : 0, 'compliance with a standard'),
    simple(bounded ? -10 : 0, 'one bounded thing to work on'),
  ];
}

function scope(text: string): Signal[] {
  const wide = found(text, data.SCOPE);
  const files = new Set(
    text.match(/\b[\w-]+\.(?:[jt]sx?|py|go|rs|java|rb|c|cpp|h|md|json|ya?ml|toml|sql|sh|css|html)\b/g),
  );
  const folders = new Set(text.match(/(?:^|\s)(?:\.{0,2}\/)?[\w-]+\/(?:[\w-]+\/)*(?=\s|$|[,;?])/g));
  const verbose = /\b(?:can|could|would) you\b|\bplease\b/.test(text) && found(text, data.VERBS.complex).length === 0;
  return [
    complex(wide.length * (verbose ? 16 : 12), quoted(wide)),
    complex(Math.max(0, files.size - 1) * 8, `${files.size} files`),
    neutral(folders.size * 5, 'a directory'),
  ];
}

function constraints(text: string): Signal[] {
  const named = (points: number, phrases: readonly string[]) => {
    const hits = found(text, phrases);
    return complex(hits.length * points, quoted(hits));
  };
  return [named(12, data.CONSTRAINTS), named(10, data.COMPOUND), named(8, data.SEQUENCE), named(6, data.NEGATIVES)];
}

function structure(query: string): Signal[] {
  return [
    complex(occurrences(query, /(?:^|\s)\d+[.)]\s/g) * 10, 'numbered parts'),
    complex(occurrences(query, /^[ \t]*[-*•]\s/gm) * 8, 'listed parts'),
    neutral(Math.floor(occurrences(query, /```/g) / 2) * 5, 'code'),
    complex(found(query.toLowerCase(), data.SUCCESS_CRITERIA).length * 8, 'criteria of success'),
    complex(found(query.toLowerCase(), data.CONDITIONAL).length > 0 ? 10 : 0, 'a condition'),
  ];
}

function domain(text: string): Signal[] {
  const touched = Object.keys(data.DOMAINS).filter((name) => found(text, data.DOMAINS[name] ?? []).length > 0);
  const frameworks = found(text, data.FRAMEWORKS);
  return [
    neutral(touched.length > 1 ? touched.length * 8 : touched.length * 5, `the domain of ${touched.join(' and ')}`),
    neutral(frameworks.length * 5, quoted(frameworks)),
  ];
}

function questionForm(text: string): Signal[] {
  const starts = (phrases: readonly string[]) => phrases.some((phrase) => `${text} `.startsWith(`${phrase} `));
  const difficult = starts(data.COMPLEX_STARTS);
  const howTo = /^how (?:to|do i|can i)\b/.test(text) && found(text, data.VERBS.complex).length === 0;
  return [
    simple(starts(data.SIMPLE_STARTS) && !difficult ? -8 : 0, 'the form of a simple question'),
    complex(difficult ? 15 : 0, 'the form of a difficult question'),
    neutral(howTo ? 8 : 0, 'a how-to'),
  ];
}

/** Three complex signals stretch the score, five stretch it more; only simple ones shrink it. */
function multiplier(signals: readonly Signal[]): number {
  const hard = signals.filter((signal) => signal.leans === 'complex').length;
  const easy = signals.filter((signal) => signal.leans === 'simple').length;
  const factor = 1 + (hard >= 3 ? 0.2 : 0) + (hard >= 5 ? 0.2 : 0) - (hard === 0 && easy > 0 ? 0.1 : 0);
  return Math.min(1.5, Math.max(0.7, factor));
}

/** The further from the nearest threshold, the surer; 0.05 more when all signals lean the same way. */
function confidence(score: number, signals: readonly Signal[]): number {
  const { simple: low, medium: high } = COMPLEXITY_THRESHOLDS;
  const distance = Math.min(Math.abs(score - (low + 0.5)), Math.abs(score - (high + 0.5)));
  const sides = new Set(signals.map((signal) => signal.leans).filter((leans) => leans !== 'neutral'));
  const base = Math.min(0.9, 0.5 + (0.4 * distance) / (low + 0.5));
  return round(Math.min(0.95, Math.max(0.5, base + (sides.size === 1 ? 0.05 : 0))));
}

const patterns = new Map<readonly string[], readonly (readonly [string, RegExp])[]>();

function found(text: string, phrases: readonly string[]): string[] {
  let compiled = patterns.get(phrases);
  if (!compiled) {
    compiled = phrases.map((phrase) => [phrase, new RegExp(`(?<![\\w-])${phrase.replace(/[.]/g, '\\.')}(?![\\w-])`)]);
    patterns.set(phrases, compiled);
  }
  return compiled.filter(([, pattern]) => pattern.test(text)).map(([phrase]) => phrase);
}

const wordCount = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;
const occurrences = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
const quoted = (phrases: readonly string[]) => phrases.map((phrase) => `"${phrase}"`).join(', ');
const round = (value: number) => Math.round(value * 100) / 100;
const neutral = (points: number, reason: string): Signal => ({ points, reason, leans: 'neutral' });
const complex = (points: number, reason: string): Signal => ({ points, reason, leans: 'complex' });
const simple = (points: number, reason: string): Signal => ({ points, reason, leans: 'simple' });
const sentence = ({ points, reason }: Signal) => `${points > 0 ? '+' : ''}${round(points)}: ${reason}`;
