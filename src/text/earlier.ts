/** How the path of a passage begins that is the answer of an earlier run. */
const EARLIER = 'run:';

/** The path that stands for the answer of a run. */
export function earlierPath(runId: string): string {
  return `${EARLIER}${runId}`;
}

/** Whether a path stands for an earlier answer, and for no file. */
export function isEarlier(path: string): boolean {
  return path.startsWith(EARLIER);
}

/** Passages of files; earlier answers only where nothing else was found: what was said once is no proof of itself. */
export function firstHand<P extends { path: string }>(passages: readonly P[]): readonly P[] {
  const own = passages.filter(({ path }) => !isEarlier(path));
  return own.length > 0 ? own : passages;
}
