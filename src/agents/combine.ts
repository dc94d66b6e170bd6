import { citationsIn, withoutCitations } from '../text/citations.ts';
import { splitQuestions } from '../text/questions.ts';
import { likeness, selectStatements } from '../text/select-statements.ts';
import { uniqueSlug } from '../text/slug.ts';
import { queryTerms, terms } from '../text/terms.ts';
import type { Agent } from '../types/agent.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';
import { bullet, NO_ANSWER } from './extractive.ts';

const MAX_LINES = 8;
/** Most lines under one of several questions. */
const MAX_GROUP_LINES = 4;
/** Lines that share more of their words than this say the same. */
const SAME = 0.8;
/** Bounds of what is compared: every finding is, with every other. Lines of one output, findings in all, characters of a line. */
const READ = Object.freeze({ lines: 200, findings: 600, chars: 1000 });
/** How a line begins that is about a file. */
const FILE_LABEL = /^- `[^`\s]+\.\w+`:/;

interface Finding {
  line: string;
  terms: Set<string>;
  /** Tasks that found it, with its place in their answers; the one that puts it first comes first. */
  by: { id: string; rank: number }[];
  score: number;
}

/**
 * Brings the outputs of the tasks it depends on together, without a model: each finding once, with the places cited,
 * by question when several were asked, else most relevant first; then where they stand, what no finding mentions, and
 * which tasks found nothing or failed. Without dependencies it answers from its passages.
 */
export function combiningAgent(): Agent {
  return {
    ...BUILTIN_PROFILES.combine,
    run: ({ question, prompt, query, dependencies, passages = [] }, { signal, heartbeat, progress }) => {
      signal.throwIfAborted();
      heartbeat();
      const asked = (query ?? question.split(/\n\s*\n/)[0] ?? question).trim();
      const outputs = Object.entries(dependencies);
      const failed = failedIn(prompt.startsWith(question) ? prompt.slice(question.length) : '');
      if (outputs.length === 0 && failed.length === 0) {
        const statements = selectStatements(asked, passages, MAX_LINES);
        return statements.length === 0 ? NO_ANSWER : statements.map(bullet).join('\n');
      }
      const findings = findingsOf(outputs, asked);
      const titles = titlesIn(asked);
      const name = (id: string) => titles.get(id) ?? id.replaceAll('-', ' ');
      progress({ done: outputs.length, total: outputs.length, message: 'outputs combined' });
      const empty = outputs.filter(([, output]) => saidIn(output).length === 0).map(([id]) => id);
      const ids = outputs.map(([id]) => id);
      const answer = titles.size > 1 ? grouped(asked, findings, ids, name) : ranked(findings, ids);
      return [
        findings.length > 0 ? answer : NO_ANSWER,
        findings.length > 0
          ? [whereabouts(findings), gaps(findings, asked)].filter((line) => line !== '').join(' ')
          : '',
        findings.length > 0 && empty.length > 0 ? `Nothing was found about: ${empty.map(name).join('; ')}.` : '',
        failed.length > 0 ? `Missing, because it failed: ${failed.map(name).join('; ')}.` : '',
      ]
        .filter((part) => part !== '')
        .join('\n\n');
    },
  };
}

function findingsOf(outputs: readonly (readonly [id: string, output: string])[], asked: string): Finding[] {
  const wanted = queryTerms(asked);
  const wantsPlaces = /\bwhere\b|\bwhich files?\b/i.test(asked);
  const findings: Finding[] = [];
  for (const [id, output] of outputs) {
    for (const [rank, line] of saidIn(output).slice(0, READ.lines).entries()) {
      if (findings.length >= READ.findings) break;
      const own = new Set(terms(withoutCitations(line.slice(0, READ.chars)).replace(FILE_LABEL, '')));
      const score =
        wanted.filter((term) => own.has(term)).length / Math.max(1, wanted.length) +
        1 / (rank + 2) +
        (wantsPlaces && FILE_LABEL.test(line) ? 1 : 0);
      const same = findings.find((other) => other.line === line || likeness(own, other.terms) > SAME);
      if (!same) findings.push({ line, terms: own, by: [{ id, rank }], score });
      else {
        same.by = [...same.by, { id, rank }].sort((a, b) => a.rank - b.rank);
        if (score > same.score) Object.assign(same, { line, terms: own, score });
      }
    }
  }
  return findings.sort((a, b) => b.score - a.score);
}

/** The best lines, with at least the best one of every task that has any. */
function ranked(findings: readonly Finding[], ids: readonly string[]): string {
  const firsts = ids.flatMap((id) => findings.find(({ by }) => by.some((task) => task.id === id)) ?? []);
  const kept = new Set([...new Set([...firsts, ...findings])].slice(0, Math.max(MAX_LINES, firsts.length)));
  return findings
    .filter((finding) => kept.has(finding))
    .map(({ line }) => line)
    .join('\n');
}

/** The findings under the question they answer; of a comparison, first what concerns both sides. */
function grouped(
  asked: string,
  findings: readonly Finding[],
  ids: readonly string[],
  name: (id: string) => string,
): string {
  const sides = splitQuestions(asked).compared?.map(queryTerms) ?? [];
  const shared =
    sides.length > 1 ? findings.filter((one) => sides.every((side) => side.some((term) => one.terms.has(term)))) : [];
  const both = shared.slice(0, MAX_GROUP_LINES).map(({ line }) => line);
  const groups = ids.flatMap((id) => {
    const own = findings.filter((one) => one.by[0]?.id === id && !shared.includes(one)).slice(0, MAX_GROUP_LINES);
    const also = own.length === 0 && both.length === 0 ? firstOf(id, findings) : [];
    const lines = [...own, ...also].map(({ line }) => line);
    return lines.length === 0 ? [] : [`${capitalised(name(id))}\n${lines.join('\n')}`];
  });
  return [...(both.length > 0 ? [`Both\n${both.join('\n')}`] : []), ...groups].join('\n\n');
}

/** First finding of a task that is also the first of another. */
function firstOf(id: string, findings: readonly Finding[]): Finding[] {
  const rankOf = ({ by }: Finding) => by.find((task) => task.id === id)?.rank ?? Number.POSITIVE_INFINITY;
  return findings
    .filter((finding) => Number.isFinite(rankOf(finding)))
    .sort((a, b) => rankOf(a) - rankOf(b))
    .slice(0, 1);
}

/** In how many files the findings stand, and in which most of them. */
function whereabouts(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const { line } of findings) {
    const path = citationsIn(line).at(-1)?.path;
    if (path !== undefined) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!most || counts.size < 2) return '';
  const main = most[1] > 1 ? `, most of them in \`${most[0]}\`` : '';
  return `The findings stand in ${counts.size} files${main}.`;
}

/** The words of the question that no finding mentions. */
function gaps(findings: readonly Finding[], asked: string): string {
  const said = new Set(findings.flatMap(({ line }) => terms(line)));
  const unsaid = queryTerms(asked).filter((term) => !said.has(term));
  const words = asked.split(/[^\p{L}\p{N}_-]+/u).filter((word) => terms(word).some((term) => unsaid.includes(term)));
  return words.length === 0 ? '' : `None of the lines quoted mentions: ${[...new Set(words)].join(', ')}.`;
}

/** The questions of a query by the ids that decomposing gives them. */
function titlesIn(asked: string): Map<string, string> {
  const { parts, compared } = splitQuestions(asked);
  const taken = new Set<string>();
  return new Map((compared ?? parts.map(({ title }) => title)).map((title) => [uniqueSlug(title, taken), title]));
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The lines of an output that say something. */
function saidIn(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => /[\p{L}\p{N}]/u.test(line) && line.trim() !== NO_ANSWER);
}

/** Ids of the dependencies that the context marks as failed. */
function failedIn(context: string): string[] {
  return [...context.matchAll(/^✗ \[?([\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}_])?)/gmu)].map(([, id = '']) => id);
}
