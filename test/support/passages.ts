import type { Passage } from '../../src/types/passage.ts';

/** A passage that is a whole text. */
export function plainPassage(path: string, text: string): Passage {
  const endLine = text.split('\n').length;
  return { id: `${path}:1-${endLine}`, path, startLine: 1, endLine, text, score: 1 };
}
