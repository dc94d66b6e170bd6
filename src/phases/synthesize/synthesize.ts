import type { Synthesis } from '../../run/phase-outputs.ts';
import type { Source } from '../../run/result.ts';
import { withoutCitations } from '../../text/citations.ts';
import { likeness } from '../../text/select-statements.ts';
import { queryTerms, terms } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';
import type { SynthesizeInput } from '../types.ts';
import { type Answered, answersOf, citedText, failuresOf, type PlannedTask, sourcesOf } from './answers.ts';

/** Most lines repeated from one part below the combined answer. */
const MAX_LINES = 12;
/** How far an answer is trusted that cites nothing although there was something to cite, and one without passages. */
const UNCITED = 0.5;
const UNGROUNDED = 0.6;
/** Share of terms from which one line repeats another. */
const SAME = 0.85;

/**
 * Writes the answer from what the tasks produced, joined by task id: first what the last tasks of the plan made of the
 * others' findings, then what the parts add to it, then what failed. Sources are the citations that point into a
 * retrieved passage.
 *
 * confidence = share of tasks that found something × coverage × trust, at most 0.95. Coverage is the mean of two shares
 * of the query's terms: those in all the cited text (without citations: the answer), and those in its best single place.
 * Trust is 1 with citations, 0.5 when there were passages and none is cited, 0.6 when there were no passages. 0 when no
 * task succeeded or none found anything.
 */
export function synthesize({ query, plan, outcomes, passages }: SynthesizeInput): Synthesis {
  const { settled, answered } = answersOf(plan, outcomes);
  const needed = new Set(plan.tasks.flatMap((task) => task.dependsOn ?? []));
  const leads = answered.filter(({ task }) => !needed.has(task.id) && (task.dependsOn?.length ?? 0) > 0);
  const parts = answered.filter((one) => !leads.includes(one));
  const sources = sourcesOf(answered, passages);
  const answer = [
    answered.length === 0 ? nothingFound(settled, passages) : '',
    ...leads.map(({ output }) => output),
    ...partSections(parts, leads),
    failuresOf(plan, outcomes),
  ];
  return {
    answer: answer.filter((section) => section !== '').join('\n\n'),
    confidence: confidence(query, plan.tasks.length, answered, sources, passages),
    sources,
  };
}

function nothingFound(settled: readonly Answered[], passages: readonly Passage[]): string {
  if (settled.length > 0 && settled.every(({ outcome }) => outcome.status !== 'succeeded'))
    return 'No task succeeded, so there is no answer.';
  return passages.length === 0
    ? 'No answer was found: there was no text to look in that has to do with the question.'
    : 'No answer was found: the passages that share words with the question do not answer it.';
}

function partSections(parts: readonly Answered[], leads: readonly Answered[]): string[] {
  const isNew = newSayings();
  for (const { output } of leads) for (const line of output.split('\n')) isNew(sayingOf(line));
  return parts.flatMap(({ task, output }) => {
    const fresh = output.split('\n').filter((line) => {
      const saying = sayingOf(line);
      if (saying.words === '') return line.trim() === '';
      return isNew(saying);
    });
    const text = fresh
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
    if (!/[\p{L}\p{N}]/u.test(text)) return [];
    const heading = parts.length + leads.length > 1 ? `### ${titleOf(task)}\n` : '';
    return [`${heading}${leads.length > 0 ? capped(text, task.id) : text}`];
  });
}

function capped(text: string, taskId: string): string {
  const lines = text.split('\n');
  const left = lines.length - MAX_LINES;
  return left > 1
    ? `${lines.slice(0, MAX_LINES).join('\n')}\n… ${left} more lines in the output of task ${taskId}`
    : text;
}

function titleOf({ id, prompt }: PlannedTask): string {
  const line =
    prompt
      .split('\n')
      .find((text) => text.trim() !== '')
      ?.trim() ?? id;
  return line.length > 120 ? `${line.slice(0, 119).trimEnd()}…` : line;
}

function confidence(
  query: string,
  total: number,
  answered: readonly Answered[],
  sources: readonly Source[],
  passages: readonly Passage[],
): number {
  if (answered.length === 0 || total === 0) return 0;
  const wanted = queryTerms(query);
  const evidence =
    sources.length > 0
      ? sources.flatMap((source) => citedText(source, passages))
      : answered.map(({ output }) => output);
  const covered = (text: string) => {
    const said = new Set(terms(text));
    return wanted.length === 0 ? 1 : wanted.filter((term) => said.has(term)).length / wanted.length;
  };
  const coverage =
    (covered(evidence.join('\n')) + evidence.reduce((most, text) => Math.max(most, covered(text)), 0)) / 2;
  const trust = sources.length > 0 ? 1 : passages.length > 0 ? UNCITED : UNGROUNDED;
  return Math.round(Math.min(0.95, (answered.length / total) * coverage * trust) * 100) / 100;
}

/** Text of a line without citations and marks. */
interface Saying {
  words: string;
  terms: ReadonlySet<string>;
}

function sayingOf(line: string): Saying {
  const text = withoutCitations(line);
  const words = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return { words, terms: new Set(terms(text)) };
}

/** Bounds of what is compared word by word; beyond them only lines of the very same words are repetitions. */
const COMPARED = Object.freeze({ lines: 1000, sayings: 300, terms: 100 });

/** Separates statements from repetitions of earlier ones. */
function newSayings(): (saying: Saying) => boolean {
  const words = new Set<string>();
  const sayings: Saying[] = [];
  let lines = 0;
  return (saying) => {
    if (words.has(saying.words)) return false;
    words.add(saying.words);
    lines += 1;
    if (lines > COMPARED.lines || saying.terms.size > COMPARED.terms) return true;
    if (sayings.some((other) => isSame(saying, other))) return false;
    if (sayings.length < COMPARED.sayings) sayings.push(saying);
    return true;
  };
}

/** True for the same words, and for lines one of which holds nearly all terms of the other. */
function isSame(a: Saying, b: Saying): boolean {
  if (a.words === b.words) return true;
  return Math.min(a.terms.size, b.terms.size) >= 4 && likeness(a.terms, b.terms) > SAME;
}
