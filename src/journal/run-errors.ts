import { SoarError } from '../errors/soar-error.ts';

export function unknownRun(runId: string): SoarError {
  return new SoarError(
    'unknown-run',
    `There is no run \`${runId}\` in the journal. \`soar runs\` lists those there are, \`journal.list()\` in a program.`,
  );
}

/** What an owner is told whose run another one has gone on with. */
export function takenOver(runId: string): SoarError {
  return new SoarError('run-owned', `Run \`${runId}\` was taken over by another process.`);
}
