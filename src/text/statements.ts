import { codeStatements } from './code-statements.ts';
import { FENCE, headingOf, linesOf, textKind } from './passage-lines.ts';
import { type NumberedLine, sentencesOf } from './sentences.ts';
import type { Statement } from './statement.ts';

const ITEM = /^(\s*)(?:[-*+•]|\d{1,3}[.)])\s+/;
const ROW = /^\s*\|/;
const RULE_ROW = /^[\s|:-]+$/;

/** Takes a passage apart into sentences, list items, table rows, doc comments and lines of code. */
export function statementsOf(passage: { path: string; startLine: number; text: string }): Statement[] {
  const lines = linesOf(passage.text).map((text, at) => ({ text, line: passage.startLine + at }));
  const kind = textKind(passage.path);
  if (kind === 'prose' || kind === 'plain') return proseStatements(passage.path, lines);
  return codeStatements(passage.path, lines);
}

function proseStatements(path: string, lines: readonly NumberedLine[]): Statement[] {
  const statements: Statement[] = [];
  let block: NumberedLine[] = [];
  let kind: 'sentence' | 'item' = 'sentence';
  let heading = '';
  let fenced = false;
  const say = (said: Omit<Statement, 'path' | 'label' | 'context'>) =>
    statements.push({ path, label: null, context: heading, ...said });
  const flush = () => {
    for (const sentence of sentencesOf(block)) say({ ...sentence, kind });
    block = [];
    kind = 'sentence';
  };
  lines.forEach(({ text, line }, at) => {
    if (FENCE.test(text)) {
      flush();
      fenced = !fenced;
    } else if (fenced) {
      const code = text.trim();
      if (code.length > 7) say({ startLine: line, endLine: line, text: code, kind: 'code' });
    } else if (text.trim() === '') {
      flush();
    } else if (headingOf(text)) {
      flush();
      heading = headingOf(text)?.title ?? '';
    } else if (ROW.test(text)) {
      flush();
      const headsTable = RULE_ROW.test(lines[at + 1]?.text ?? 'no') || RULE_ROW.test(text);
      const row = text
        .trim()
        .replace(/^\||\|$/g, '')
        .trim();
      if (!headsTable && row !== '') say({ startLine: line, endLine: line, text: row, kind: 'row' });
    } else if (ITEM.test(text)) {
      flush();
      kind = 'item';
      block = [{ text: text.replace(ITEM, ''), line }];
    } else {
      block.push({ text: text.replace(/^\s*>\s?/, ''), line });
    }
  });
  flush();
  return statements;
}
