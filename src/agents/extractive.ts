import { cite } from '../text/citations.ts';
import { type ScoredStatement, selectStatements } from '../text/select-statements.ts';
import { isSpaceOr, withoutEnd } from '../text/without-end.ts';
import type { Agent } from '../types/agent.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';

/** Answer of an offline agent when the passages do not answer. */
export const NO_ANSWER = 'No passage answers this.';

/** Most lines of an answer. */
const MAX_LINES = 6;
/** Longer statements are cut, at a word, and marked. */
const MAX_CHARS = 320;

/**
 * Answers from the passages of its request, without a model: quotes the statements that fit the question best, at most
 * six, each with the place it stands in, as `- text (path:12)`. Says so when nothing fits.
 */
export function extractiveAgent(): Agent {
  return {
    ...BUILTIN_PROFILES.extract,
    run: ({ question, passages = [] }, { signal, heartbeat, progress }) => {
      signal.throwIfAborted();
      heartbeat();
      const statements = selectStatements(question, passages, MAX_LINES);
      progress({ done: passages.length, total: passages.length, message: 'passages read' });
      return statements.length === 0 ? NO_ANSWER : statements.map(bullet).join('\n');
    },
  };
}

/** A statement as one line of an answer: code in backticks, docs after the name they are about, the place at the end. */
export function bullet(statement: ScoredStatement): string {
  const text = shortened(statement.text);
  const quoted = statement.kind === 'code' ? `\`${text.replaceAll('`', "'")}\`` : text;
  const label = statement.label ? `\`${statement.label}\`: ` : '';
  return `- ${label}${quoted} ${cite(statement)}`;
}

export function shortened(text: string, limit = MAX_CHARS): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit);
  return `${withoutEnd(cut.slice(0, Math.max(cut.lastIndexOf(' '), limit / 2)), isSpaceOr(',;:'))} …`;
}
