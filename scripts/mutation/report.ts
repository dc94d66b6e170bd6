/** The parts of Stryker's report (mutation-testing-report-schema 2) that are read here. */
export interface StrykerReport {
  files: Record<string, { source: string; mutants: readonly StrykerMutant[] }>;
}

interface StrykerMutant {
  replacement?: string;
  status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'Ignored' | 'CompileError' | 'RuntimeError' | 'Pending';
  location: { start: Place; end: Place };
}

/** Line and column begin at 1. */
interface Place {
  line: number;
  column: number;
}

/** How many changes of a file the tests noticed. */
export interface Score {
  noticed: number;
  unnoticed: number;
  /** Changes of what is computed once when the file is loaded; they are not tried. */
  skipped: number;
}

/** A change that no test noticed. */
export interface Survivor {
  file: string;
  /** The line it begins in, 1-based, and its text. */
  at: number;
  line: string;
  code: string;
  becomes: string;
}

/** Scores by file, of the files that can be changed at all. */
export function scoresOf({ files }: StrykerReport): Record<string, Score> {
  const scores = Object.entries(files).map(([file, { mutants }]) => {
    const count = (...statuses: StrykerMutant['status'][]) =>
      mutants.filter(({ status }) => statuses.includes(status)).length;
    const score: Score = {
      noticed: count('Killed', 'Timeout'),
      unnoticed: count('Survived', 'NoCoverage'),
      skipped: count('Ignored'),
    };
    return [file, score] as const;
  });
  return Object.fromEntries(scores.filter(([, { noticed, unnoticed }]) => noticed + unnoticed > 0));
}

export function survivorsOf({ files }: StrykerReport): Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start, end }, replacement = '' }) => ({
        file,
        at: start.line,
        line: brief(linesOf(source)[start.line - 1] ?? ''),
        code: brief(between(source, start, end)),
        becomes: brief(replacement),
      })),
  );
}

/** Noticed changes of all that were tried, in percent. */
export function percentOf(scores: Iterable<Score>): number {
  let noticed = 0;
  let tried = 0;
  for (const score of scores) {
    noticed += score.noticed;
    tried += score.noticed + score.unnoticed;
  }
  return tried === 0 ? 100 : (100 * noticed) / tried;
}

function linesOf(source: string): string[] {
  return source.split(/\r?\n/);
}

function between(source: string, start: Place, end: Place): string {
  const lines = linesOf(source).slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? '').slice(0, end.column - 1);
  lines[0] = (lines[0] ?? '').slice(start.column - 1);
  return lines.join('\n');
}

/** On one line, and no longer than one. */
function brief(code: string): string {
  const text = code.replace(/\s+/g, ' ').trim();
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
