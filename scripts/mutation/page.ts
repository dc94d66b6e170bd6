import { type Explanation, percentOf, type Score } from './report.ts';

const SCORES = ['<!-- The scores, written by `npm run docs`. -->', '<!-- The end of the scores. -->'] as const;
const SURVIVORS = ['<!-- The survivors, written by `npm run docs`. -->', '<!-- The end of the survivors. -->'] as const;

/** `docs/mutation.md` with the scores and survivors as they are recorded. */
export function withMutationTables(
  page: string,
  scores: Readonly<Record<string, Score>>,
  survivors: readonly Explanation[],
): string {
  return between(between(page, SCORES, scoreTable(scores)), SURVIVORS, survivorTables(survivors));
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

function survivorTables(survivors: readonly Explanation[]): string {
  const files = Map.groupBy(survivors, ({ file }) => file);
  return [...files]
    .map(([file, all]) =>
      [`### ${file}`, '', row('in', 'change', 'why no test notices'), '|---|---|---|', ...all.map(survivorRow)].join(
        '\n',
      ),
    )
    .join('\n\n');
}

function survivorRow({ line, changes, reason }: Explanation): string {
  const list = changes.map(({ code, becomes }) => `${quoted(code)} → ${becomes === '' ? 'nothing' : quoted(becomes)}`);
  return row(quoted(line), list.join('<br>'), reason);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** As code in a cell of a table. */
function quoted(code: string): string {
  const fence = code.includes('`') ? '``' : '`';
  const space = fence === '``' ? ' ' : '';
  return `${fence}${space}${code.replaceAll('|', '\\|')}${space}${fence}`;
}
