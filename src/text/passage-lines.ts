import { withoutEnd } from './without-end.ts';

/** Kind of text in a file, by its name. */
export type TextKind = 'prose' | 'code' | 'data' | 'plain';

const PROSE =
  /\.(?:md|mdx|markdown|rst|adoc|txt|org|tex)$|(?:^|\/)(?:readme|changelog|contributing|notes|license)[^/.]*$/i;
const DATA = /\.(?:json|jsonl|jsonc|csv|tsv|xml|svg|ya?ml|toml|ini|lock|snap|map|html?|css|scss|less)$/i;
const CODE =
  /\.(?:[cm]?[jt]sx?|py|pyi|go|rs|java|kt|kts|swift|rb|php|c|cc|cpp|cxx|h|hpp|cs|scala|clj|ex|exs|erl|hs|ml|lua|sh|bash|zsh|ps1|sql|r|jl|dart|vue|svelte|zig|nim|pl|proto|graphql)$|(?:^|\/)(?:makefile|dockerfile)$/i;

export function textKind(path: string): TextKind {
  if (PROSE.test(path)) return 'prose';
  if (CODE.test(path)) return 'code';
  return DATA.test(path) ? 'data' : 'plain';
}

/** The lines of a text without their line ends; a last line end starts no line. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines;
}

/** Longest text of a heading, characters; a longer line is not a heading. */
const MAX_HEADING = 300;

/** The level (1 to 6) and text of a heading, or null for any other line. */
export function headingOf(line: string): { level: number; title: string } | null {
  const level = /^#{1,6}(?=\s)/.exec(line)?.[0].length;
  if (level === undefined) return null;
  const text = line.slice(level).trim();
  const title = withoutEnd(text, (character) => character === '#').trimEnd() || text.slice(0, 1);
  return title === '' || title.length > MAX_HEADING ? null : { level, title };
}

export const FENCE = /^\s*(?:```|~~~)/;

const DECLARATION =
  /^(?:export\s+|default\s+|declare\s+|public\s+|private\s+|protected\s+|static\s+|abstract\s+|async\s+|pub(?:\([^)]*\))?\s+|unsafe\s+|final\s+|readonly\s+|local\s+|override\s+)*(?:function\*?|class|interface|type|enum|const|let|var|def|fn|func|struct|trait|impl|module|mod|namespace|object|record|test|describe|it)\b\s*(?:\([^)]*\)\s*)?['"]?([\p{L}_$][\p{L}\p{N}_$]*)/u;
/** The name a line of code declares at the top level, or null. */
export function declaredName(line: string): string | null {
  return DECLARATION.exec(line)?.[1] ?? null;
}

const COMMENT = /^\s*(?:\/\/|\/\*|\*(?!\w)|#(?!\w)|--\s|@\w)/;

/** True for a line that holds nothing but a comment, or a decorator. */
export function isCommentLine(line: string): boolean {
  return COMMENT.test(line);
}
