import { cite } from '../text/citations.ts';
import { declaredName, headingOf, linesOf } from '../text/passage-lines.ts';
import { statementsOf } from '../text/statements.ts';
import { queryTerms, terms } from '../text/terms.ts';
import type { Agent } from '../types/agent.ts';
import type { Passage } from '../types/passage.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';
import { NO_ANSWER, shortened } from './extractive.ts';

const MAX_FILES = 6;
const MAX_ROLE_CHARS = 140;

/**
 * Says where things are, without a model: the files of its request's passages, most relevant first, each with a line
 * about its role taken from a doc comment or a heading.
 */
export function outlineAgent(): Agent {
  return {
    ...BUILTIN_PROFILES.outline,
    run: ({ question, passages = [] }, { signal, heartbeat, progress }) => {
      signal.throwIfAborted();
      heartbeat();
      const files = [...new Set(passages.map(({ path }) => path))];
      const lines = files
        .map((path) => ({ path, own: passages.filter((passage) => passage.path === path) }))
        .map(({ path, own }) => ({ path, own, score: own.reduce((sum, passage) => sum + passage.score, 0) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, MAX_FILES)
        .map(({ path, own }) => fileLine(path, own, question));
      progress({ done: files.length, total: files.length, message: 'files looked at' });
      return lines.length === 0 ? NO_ANSWER : lines.join('\n');
    },
  };
}

function fileLine(path: string, passages: readonly Passage[], question: string): string {
  const { text, startLine, endLine } = roleOf(passages, queryTerms(question));
  return `- \`${path}\`: ${text} ${cite({ path, startLine, endLine })}`;
}

/** The doc comment or heading that shares most with the question, else the first thing the file says. */
function roleOf(passages: readonly Passage[], wanted: readonly string[]) {
  const said = passages.flatMap((passage) => [
    ...headingsOf(passage),
    ...statementsOf(passage)
      .filter(({ kind }) => kind === 'doc')
      .map(({ text, label, ...place }) => ({ ...place, text: `${label ? `\`${label}\`, ` : ''}${text}`, of: text })),
  ]);
  const ranked = said
    .map((one) => ({ ...one, shared: wanted.filter((term) => terms(one.text).includes(term)).length }))
    .sort((a, b) => b.shared - a.shared);
  const first = passages[0];
  const best = ranked[0] ?? (first && opening(first)) ?? { text: '', startLine: 1, endLine: 1 };
  return { ...best, text: shortened(best.text, MAX_ROLE_CHARS) };
}

function headingsOf(passage: Passage) {
  return linesOf(passage.text).flatMap((line, at) => {
    const text = /\.(?:mdx?|markdown|txt|rst)$/i.test(passage.path) ? headingOf(line)?.title : undefined;
    return text
      ? [{ text: `section "${text}"`, startLine: passage.startLine + at, endLine: passage.startLine + at }]
      : [];
  });
}

function opening(passage: Passage) {
  const names = linesOf(passage.text).flatMap((line, at) => {
    const name = declaredName(line);
    return name === null ? [] : [{ name, line: passage.startLine + at }];
  });
  const [declared] = names;
  if (declared) {
    const text = `declares ${[...new Set(names.map(({ name }) => `\`${name}\``))].slice(0, 4).join(', ')}`;
    return { text, startLine: declared.line, endLine: declared.line };
  }
  const statement = statementsOf(passage)[0];
  if (!statement)
    return { text: linesOf(passage.text)[0] ?? '', startLine: passage.startLine, endLine: passage.startLine };
  const text = statement.kind === 'code' ? `\`${statement.text.replaceAll('`', "'")}\`` : statement.text;
  return { text, startLine: statement.startLine, endLine: statement.endLine };
}
