import { declaredName, memberName } from './passage-lines.ts';
import { type NumberedLine, sentencesOf } from './sentences.ts';
import type { Statement } from './statement.ts';
import { isSpaceOr, withoutEnd } from './without-end.ts';

type Comment = { lines: NumberedLine[]; end: number };

const BLOCK_OPEN = /^\s*\/\*+/;
const SLASH_COMMENT = /^\s*\/\/+[!/]?\s?/;
/** A hash is a comment only in languages that have no other use for it at the start of a line. */
const HASH_COMMENT = /^\s*#(?![!{[(])\s?/;
const HASH_LANGUAGE =
  /\.(?:pyi?|rb|sh|bash|zsh|ps1|r|jl|ex|exs|nim|pl|ya?ml|toml|ini|graphql)$|(?:^|\/)(?:makefile|dockerfile)$/i;
const DASH_COMMENT = /^\s*--\s?/;
const DASH_LANGUAGE = /\.(?:sql|lua|hs)$/i;
const DOCSTRING = /^\s*[rub]*("""|''')/i;
/** Tags whose text is about the code; what the others hold is not prose. */
const TAG = /^@(\w+)/;
const SPOKEN_TAGS = /^(?:param|returns?|throws|remarks|deprecated|default|defaultvalue)$/i;
const NOISE = /^(?:import\b|export \{|export \*|from\b|package\b|use\b|#include|require\(|\/\/|[\s{}()[\];,.<>/*+-]*$)/;

/** Doc comments, with the name they are about, and lines of code. */
export function codeStatements(path: string, lines: readonly NumberedLine[]): Statement[] {
  const statements: Statement[] = [];
  const around = [...new Set(lines.map(({ text }) => declaredName(text)).filter((name) => name !== null))].join(' ');
  const lineComment = HASH_LANGUAGE.test(path) ? HASH_COMMENT : DASH_LANGUAGE.test(path) ? DASH_COMMENT : SLASH_COMMENT;
  let owner = '';
  let at = 0;
  while (at < lines.length) {
    const comment = commentAt(lines, at, lineComment);
    if (comment) {
      const next = lines[comment.end]?.text ?? '';
      const label = DOCSTRING.test(lines[at]?.text ?? '') ? owner : (declaredName(next) ?? memberName(next));
      for (const paragraph of paragraphs(comment.lines)) {
        for (const sentence of sentencesOf(paragraph)) {
          statements.push({ path, ...sentence, kind: 'doc', label: label || null, context: label ? owner : around });
        }
      }
      at = comment.end;
      continue;
    }
    const { text, line } = lines[at] ?? { text: '', line: 0 };
    owner = declaredName(text) ?? owner;
    const code = text.trim();
    if (code.length > 7 && !NOISE.test(code)) {
      statements.push({ path, startLine: line, endLine: line, text: code, kind: 'code', label: null, context: owner });
    }
    at++;
  }
  return statements;
}

function commentAt(lines: readonly NumberedLine[], at: number, lineComment: RegExp): Comment | null {
  const first = lines[at]?.text ?? '';
  if (BLOCK_OPEN.test(first)) return until(lines, at, /\*\//, withoutStars);
  const quote = DOCSTRING.exec(first)?.[1];
  if (quote) {
    const closed = first.indexOf(quote, first.indexOf(quote) + 3) > 0;
    const strip = (text: string) => text.replace(/^\s*[rub]*(?:"""|''')|(?:"""|''')\s*$/gi, '');
    return closed
      ? { lines: [{ line: lines[at]?.line ?? 0, text: strip(first) }], end: at + 1 }
      : until(lines, at, /"""|'''/, strip);
  }
  if (!lineComment.test(first)) return null;
  let end = at;
  while (end < lines.length && lineComment.test(lines[end]?.text ?? '')) end++;
  return { lines: lines.slice(at, end).map(({ text, line }) => ({ line, text: text.replace(lineComment, '') })), end };
}

/** A line of a block comment without what makes it one. */
function withoutStars(line: string): string {
  const text = line.replace(/^\s*(?:\/\*+!?|\*(?!\/))\s?/, '');
  const close = text.indexOf('*/');
  return close < 0 ? text : withoutEnd(text.slice(0, close), isSpaceOr('*'));
}

/** The comment from `at` to the line that closes it; on its first line an opening quote is not a closing one. */
function until(lines: readonly NumberedLine[], at: number, close: RegExp, strip: (text: string) => string): Comment {
  const opens = lines[at]?.text ?? '';
  let end = at;
  if (!(BLOCK_OPEN.test(opens) && close.test(opens))) {
    end++;
    while (end < lines.length && !close.test(lines[end]?.text ?? '')) end++;
  }
  const comment = lines.slice(at, end + 1);
  return {
    lines: comment.map(({ text, line }) => ({ line, text: strip(text) })),
    end: Math.min(lines.length, end + 1),
  };
}

/** Parts that stand apart: divided by blank lines and tags, without examples and code. */
function paragraphs(lines: readonly NumberedLine[]): NumberedLine[][] {
  const found: NumberedLine[][] = [[]];
  let silent = false;
  for (const { text, line } of lines) {
    const tag = TAG.exec(text.trim())?.[1];
    if (tag) silent = !SPOKEN_TAGS.test(tag);
    const starts = text.trim() === '' || tag !== undefined || /^\s*(?:[-*]|\d+[.)])\s/.test(text);
    if (starts) found.push([]);
    if (!silent && /\p{L}{2}/u.test(text)) found.at(-1)?.push({ text, line });
  }
  return found.filter((paragraph) => paragraph.length > 0);
}
