/** A place in a file, as answers name it. */
export interface Citation {
  path: string;
  /** 1-based, inclusive. */
  startLine: number;
  endLine: number;
}

const CITATION =
  /\(((?:run:)?(?:[^()\s:,;`]|\([^()\s:,;`]*\))+(?: (?:[^()\s:,;`]|\([^()\s:,;`]*\))+)*):(\d+)(?:-(\d+))?\)/g;

/** Writes `(path:12)` or `(path:12-14)`. */
export function cite({ path, startLine, endLine }: Citation): string {
  return startLine === endLine ? `(${path}:${startLine})` : `(${path}:${startLine}-${endLine})`;
}

/** Every `(path:12)` and `(path:12-14)` of a text, in order. */
export function citationsIn(text: string): Citation[] {
  return [...text.matchAll(CITATION)].map(([, path = '', start, end]) => ({
    path,
    startLine: Number(start),
    endLine: Number(end ?? start),
  }));
}
