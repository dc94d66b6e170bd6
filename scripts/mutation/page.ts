import { percentOf, type Score } from './report.ts';

const SCORES = ['<!-- The scores, written by `npm run docs`. -->', '<!-- The end of the scores. -->'] as const;

/** `docs/mutation.md` with the recorded scores. */
export function withMutationTable(page: string, scores: Readonly<Record<string, Score>>): string {
  return between(page, SCORES, scoreTable(scores));
}

function between(page: string, [from, to]: readonly [string, string], text: string): string {
  const begin = page.indexOf(from);
  const end = page.indexOf(to);
  if (begin === -1 || end < begin) throw new Error(`Expected docs/mutation.md to contain ${from} and ${to}.`);
  return `${page.slice(0, begin + from.length)}\n\n${text}\n\n${page.slice(end)}`;
}

function scoreTable(scores: Readonly<Record<string, Score>>): string {
  const folders = Map.groupBy(Object.entries(scores), ([file]) => file.slice(0, file.lastIndexOf('/')));
  const rows = [...folders].flatMap(([folder, files]) => [
    row(`**${folder}**`, ...figures(files.map(([, score]) => score))),
    ...files.map(([file, score]) => row(file.slice(folder.length + 1), ...figures([score]))),
  ]);
  return [
    row('file', 'changes tried', 'noticed', 'not noticed', 'score', 'not tried'),
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
    row('**all**', ...figures(Object.values(scores))),
  ].join('\n');
}

function figures(scores: readonly Score[]): string[] {
  const sum = (of: keyof Score) => scores.reduce((total, score) => total + score[of], 0);
  const counts = [sum('noticed') + sum('unnoticed'), sum('noticed'), sum('unnoticed')].map(String);
  return [...counts, `${percentOf(scores).toFixed(1)} %`, String(sum('skipped'))];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
