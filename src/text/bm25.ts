/** The usual constants: how fast repetition saturates, how much length counts, and the floor of BM25+. */
const K1 = 1.2;
const B = 0.6;
const DELTA = 0.4;

/** Weight of a term by the number of texts it occurs in. Always positive. */
export function inverseFrequency(texts: number, withTerm: number): number {
  return Math.log(1 + (texts - withTerm + 0.5) / (withTerm + 0.5));
}

/** How much `count` occurrences in a text weigh, given the text's length relative to the mean: 0 for none. */
export function saturation(count: number, relativeLength: number): number {
  if (count <= 0) return 0;
  return (count * (K1 + 1)) / (count + K1 * (1 - B + B * relativeLength)) + DELTA;
}

/**
 * BM25+ of every text for the wanted terms, in the order of the texts; 0 where none of the terms occurs.
 *
 * @param texts Terms of each text, repeated as often as they occur.
 */
export function bm25(wanted: readonly string[], texts: readonly (readonly string[])[]): number[] {
  const counts = texts.map((text) => countOf(wanted, text));
  const mean = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, texts.length) || 1;
  const weights = wanted.map((_, at) =>
    inverseFrequency(
      texts.length,
      counts.reduce((sum, count) => sum + (count[at] ? 1 : 0), 0),
    ),
  );
  return counts.map((count, index) =>
    count.reduce((sum, n, at) => sum + (weights[at] ?? 0) * saturation(n, (texts[index]?.length ?? 0) / mean), 0),
  );
}

function countOf(wanted: readonly string[], text: readonly string[]): number[] {
  const places = new Map(wanted.map((term, at) => [term, at]));
  const counts = wanted.map(() => 0);
  for (const term of text) {
    const at = places.get(term);
    if (at !== undefined) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
