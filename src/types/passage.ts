/** A piece of text found by the retrieve phase, with the place it stands in. */
export interface Passage {
  /** Stable within a run: `path:startLine-endLine`. */
  id: string;
  /** Relative to the directory that was searched, with forward slashes. */
  path: string;
  /** 1-based, inclusive. */
  startLine: number;
  endLine: number;
  text: string;
  /** Relevance, higher is better; comparable within one retrieval only. */
  score: number;
}
