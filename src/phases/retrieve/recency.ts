/** Age at which half of the gain is left, milliseconds: two weeks before the newest change. */
const HALF_LIFE_MS = 14 * 24 * 60 * 60 * 1000;
/** Most that a recent change adds to a score, and most when the question is about changes. */
const GAIN = 0.1;
const GAIN_ASKED = 1;

const ASKS_FOR_CHANGES =
  /\b(?:recent(?:ly)?|latest|newest|yesterday|today|last (?:commit|change|week|month)s?|(?:was|were|been|what|has) (?:recently )?changed|commit(?:s|ted)?|since (?:yesterday|last))\b/i;

/**
 * How much more a file counts because it changed not long ago, as a factor of 1 or more. Ages are counted from the newest
 * change there is, so the same files give the same order at any time.
 *
 * @param changes When files changed, epoch milliseconds, by path; a file that is missing counts as old.
 */
export function recencyWeights(
  changes: ReadonlyMap<string, number>,
  questions: readonly string[],
): (path: string) => number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const at of changes.values()) newest = Math.max(newest, at);
  const gain = questions.some((question) => ASKS_FOR_CHANGES.test(question)) ? GAIN_ASKED : GAIN;
  return (path) => {
    const changedAt = changes.get(path);
    return changedAt === undefined ? 1 : 1 + gain * 2 ** ((changedAt - newest) / HALF_LIFE_MS);
  };
}
