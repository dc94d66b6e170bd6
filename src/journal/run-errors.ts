import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { quoted } from '../text/foreign-text.ts';

/** @param known Ids of the runs there are. */
export function unknownRun(runId: string, known: readonly string[] = []): SoarError {
  const others = '`soar runs` lists those there are, `journal.list()` in a program';
  return new SoarError(
    'unknown-run',
    `There is no run ${quoted(runId)} in the journal. ${others}.${didYouMeanRun(runId, known)}`,
  );
}

/** ` Did you mean …?`: the one run whose id has this part, else one whose id is much like it; or nothing. */
export function didYouMeanRun(word: string, runIds: readonly string[]): string {
  const having = word.length < 3 ? [] : runIds.filter((id) => id.includes(word));
  return having.length === 1 ? ` Did you mean ${quoted(having[0] ?? '')}?` : didYouMean(word, runIds);
}

/** What an owner is told whose run another one has gone on with. */
export function takenOver(runId: string): SoarError {
  return new SoarError('run-owned', `Run ${quoted(runId)} was taken over by another process.`);
}
