import type { Retrieval } from '../../run/phase-outputs.ts';
import type { Complexity } from '../../run/result.ts';
import { splitQuestions } from '../../text/questions.ts';
import type { Passage } from '../../types/passage.ts';
import type { Retriever } from '../types.ts';
import { createPassageIndex } from './passage-index.ts';

/** Most passages retrieved, by complexity. */
export const PASSAGE_BUDGET: Readonly<Record<Complexity, number>> = Object.freeze({
  simple: 5,
  medium: 10,
  complex: 15,
  critical: 20,
});

export interface SourceDocument {
  /** With forward slashes; what citations will say. */
  path: string;
  text: string;
}

/**
 * Retrieval over documents that are already in memory; runs in browsers. `contextFiles` name documents by path.
 *
 * @example
 * const retrieve = createDocumentRetriever([{ path: 'notes.md', text: '# Gate\nThe gate paces starts.' }]);
 * const { passages } = await retrieve({ query: 'What does the gate do?', complexity: 'simple' }, { signal });
 */
export function createDocumentRetriever(documents: readonly SourceDocument[]): Retriever {
  return ({ query, complexity, contextFiles = [] }, { signal }) => {
    const questions = questionsOf(query);
    const index = createPassageIndex(questions, contextFiles);
    for (const { path, text } of documents) {
      signal.throwIfAborted();
      index.add(path, text);
    }
    const known = new Set(documents.map(({ path }) => path));
    const missing = contextFiles.filter((path) => !known.has(path));
    const notes = missing.map((path) => `There is no document \`${path}\`; it was left out.`);
    return retrievalOf(index.best(PASSAGE_BUDGET[complexity]), complexity, documents.length, notes);
  };
}

/** The questions a query is searched for, one by one. */
export function questionsOf(query: string): string[] {
  const { parts, compared } = splitQuestions(query);
  return compared ? [query, ...compared] : parts.length > 0 ? parts.map((part) => part.text) : [query];
}

export function retrievalOf(passages: Passage[], complexity: Complexity, searched: number, notes: string[]): Retrieval {
  const nothing = passages.length === 0 ? [`Files searched: ${searched}; none has to do with the question.`] : [];
  return { passages, budget: PASSAGE_BUDGET[complexity], searched, notes: [...notes, ...nothing] };
}
