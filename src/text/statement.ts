/** The smallest thing worth quoting. */
export interface Statement {
  path: string;
  /** 1-based lines of the file the text stands on. */
  startLine: number;
  endLine: number;
  /** As it stands in the file, without comment markers and indentation, on one line. */
  text: string;
  kind: 'sentence' | 'item' | 'doc' | 'row' | 'code';
  /** The declaration a doc comment is about. */
  label: string | null;
  /** Headings it stands under, or the names around it: what it is about without saying so. */
  context: string;
}
