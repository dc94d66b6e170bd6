import { queryTerms } from './terms.ts';
import { isSpaceOr, withoutEnd } from './without-end.ts';

/** Part of a query. */
export interface QuestionPart {
  text: string;
  /** The text without the words added so that it stands alone. */
  title: string;
  /** Index of the part it follows ("then", "based on that"), or null. */
  after: number | null;
}

/** Parts of a query. */
export interface Questions {
  parts: QuestionPart[];
  /** The things a comparison is about. */
  compared: [string, string] | null;
}

const QUESTION_WORD = 'how|what|why|who|when|where|which|whose';
const AUXILIARY = 'is|are|was|were|do|does|did|can|could|will|would|should|must|has|have|happens?';
const IMPERATIVE =
  'explain|list|describe|compare|show|find|summari[sz]e|implement|add|write|create|update|fix|test|document|check|suggest|propose|recommend|name|tell|design|review|refactor|remove|replace|measure|plan|build|analy[sz]e';
const SEQUENCE =
  'then|after that|afterwards|next|finally|based on (?:that|this|it)|with that|using (?:that|this)|from there';

const NUMBERED = /(?:^|\s)(\d{1,2})[.)]\s+/g;
const ITEM = /^\s*(?:[-*•]|\d{1,2}[.)])\s+(\S.*)$/s;
const CONJUNCTION = new RegExp(
  `[,;]?\\s+(?:and|but|as well as)\\s+(?:also\\s+)?(?=(?:how|what|why|(?:when|where|who|which)(?:\\s+[\\w-]+)?\\s+(?:${AUXILIARY})|(?:${AUXILIARY.replace('|happens?', '')})\\s+\\w|${IMPERATIVE})\\b)`,
  'i',
);
const SEQUEL = new RegExp(
  `[,;.]?\\s+(?:and\\s+)?(?=(?:${SEQUENCE}),?\\s+(?:${IMPERATIVE}|${QUESTION_WORD}|${AUXILIARY})\\b)`,
  'i',
);
const SEQUEL_START = new RegExp(`^(?:and\\s+)?(${SEQUENCE})\\b,?\\s*`, 'i');
const COMPARISONS = [
  /\b(?:differences?|distinction|relation(?:ship)?)\s+between\s+(?:the\s+)?(.+?)\s+and\s+(?:the\s+)?(.+?)\s*[?.!]*$/i,
  /\bcompare\s+(?:the\s+)?(.+?)\s+(?:and|with|to|against)\s+(?:the\s+)?(.+?)\s*[?.!]*$/i,
  /\bhow\s+(?:does|do|is|are)\s+(?:the\s+|an?\s+)?(.+?)\s+(?:differ|different)\s+from\s+(?:the\s+|an?\s+)?(.+?)\s*[?.!]*$/i,
  /^(?:what is better,?\s+|which is better,?\s+)?(?:the\s+|an?\s+)?(.{2,60}?)\s+(?:vs\.?|versus)\s+(?:the\s+|an?\s+)?(.{2,60}?)\s*[?.!]*$/i,
];
/** A longer query is a text that was pasted, and no list of questions: it stays whole. */
const MAX_SPLIT = 4000;
/** A longer query says more than what to compare. */
const MAX_COMPARISON = 400;
const PRONOUN = /\b(?:it|its|they|them|their|this|that|these|those)\b/i;

/**
 * Takes a query apart into the things it asks: numbered or listed parts, several sentences, clauses joined by "and how"
 * or "; then". Parts that only make sense with the first one repeat what it is about.
 */
export function splitQuestions(query: string): Questions {
  if (query.length > MAX_SPLIT)
    return { parts: [{ text: tidy(query), title: tidy(query), after: null }], compared: null };
  const compared = comparison(query);
  if (compared) return { parts: [{ text: tidy(query), title: tidy(query), after: null }], compared };
  const raw = listed(query) ?? clauses(query.replace(/\s+/g, ' ').trim());
  return { parts: withSubject(raw.map(marked)), compared: null };
}

/** Whether a query asks one thing; a comparison does. */
export function asksOneThing(query: string): boolean {
  return splitQuestions(query).parts.length < 2;
}

function comparison(query: string): [string, string] | null {
  const text = query.replace(/\s+/g, ' ').trim();
  if (text.length > MAX_COMPARISON) return null;
  for (const pattern of COMPARISONS) {
    const [, a, b] = pattern.exec(text) ?? [];
    if (a && b && queryTerms(a).length > 0 && queryTerms(b).length > 0 && !CONJUNCTION.test(` ${a}`)) return [a, b];
  }
  return null;
}

/** The items of a numbered or bulleted query, each with the words before the list. */
function listed(query: string): string[] | null {
  const lines = query.split(/\r?\n/);
  const items = lines.map((line) => ITEM.exec(line)?.[1]?.trim());
  const count = items.filter((item) => item !== undefined).length;
  if (count >= 2) {
    const first = items.findIndex((item) => item !== undefined);
    return withLead(
      lines.slice(0, first).join(' '),
      items.filter((item) => item !== undefined),
    );
  }
  const marks = [...query.matchAll(NUMBERED)];
  if (marks.length < 2 || marks.some((mark, index) => Number(mark[1]) !== index + 1)) return null;
  const bodies = marks.map((mark, index) =>
    query.slice((mark.index ?? 0) + mark[0].length, marks[index + 1]?.index ?? query.length).trim(),
  );
  return withLead(query.slice(0, marks[0]?.index ?? 0), bodies);
}

function withLead(lead: string, items: readonly string[]): string[] {
  const words = withoutEnd(lead.replace(/\s+/g, ' '), isSpaceOr(':')).trim();
  return items.map((item) => (queryTerms(words).length > 0 ? `${words}: ${item}` : item));
}

function clauses(query: string): string[] {
  const sentences = query.split(/(?<=[?!])\s+|(?<=[.;])\s+(?=[A-Za-z])/);
  return sentences.flatMap((sentence) => splitAt(sentence, SEQUEL).flatMap((clause) => splitAt(clause, CONJUNCTION)));
}

function splitAt(text: string, pattern: RegExp): string[] {
  const found = pattern.exec(text);
  if (!found || found.index === 0) return [text];
  return [text.slice(0, found.index), ...splitAt(text.slice(found.index + found[0].length), pattern)];
}

function marked(text: string): { text: string; sequel: boolean } {
  const trimmed = text.trim().replace(/^(?:and|but|also)\s+/i, '');
  const marker = SEQUEL_START.exec(trimmed);
  if (!marker) return { text: trimmed, sequel: false };
  const rest = trimmed.slice(marker[0].length);
  const about = /^(?:based|using|with)/i.test(marker[1] ?? '');
  return { text: about || rest === '' ? trimmed : rest, sequel: true };
}

function withSubject(raw: readonly { text: string; sequel: boolean }[]): QuestionPart[] {
  const parts: QuestionPart[] = [];
  for (const { text, sequel } of raw) {
    const previous = parts.length - 1;
    const subject = parts[0] ? subjectOf(parts[0].text) : '';
    const own = queryTerms(text);
    if (own.length === 0 && previous < 0) continue;
    const leans = parts.length > 0 && subject !== '' && (own.length === 0 || PRONOUN.test(text));
    const full = leans ? `${tidy(text)} (about: ${subject})` : tidy(text);
    if (parts.some((part) => part.text === full)) continue;
    parts.push({ text: full, title: tidy(text), after: sequel && previous >= 0 ? previous : null });
  }
  return parts;
}

/** The words of a question that carry its meaning, as they stand there. */
function subjectOf(text: string): string {
  const wanted = new Set(queryTerms(text));
  const kept = text.split(/[^\p{L}\p{N}_-]+/u).filter((word) => queryTerms(word).some((term) => wanted.has(term)));
  return [...new Set(kept)].slice(0, 4).join(' ');
}

/** A clause as a sentence of its own. */
function tidy(text: string): string {
  const bare = withoutEnd(text.replace(/\s+/g, ' ').trim(), isSpaceOr(',;:.'));
  if (bare === '') return bare;
  const sentence = bare.charAt(0).toUpperCase() + bare.slice(1);
  if (/[?!]$/.test(sentence)) return sentence;
  return new RegExp(`^(?:${QUESTION_WORD}|${AUXILIARY})\\b`, 'i').test(sentence) ? `${sentence}?` : sentence;
}
