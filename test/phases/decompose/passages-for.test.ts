import { expect, it } from 'vitest';
import { MAX_PASSAGES, passagesFor } from '../../../src/phases/decompose/passages-for.ts';
import type { Passage } from '../../../src/types/passage.ts';

const passage = (path: string, text: string): Passage => ({
  id: `${path}:1-1`,
  path,
  startLine: 1,
  endLine: 1,
  text,
  score: 1,
});

const files = Array.from({ length: 8 }, (_, n) => passage(`file-${n}.md`, 'The gate paces starts.'));

it('gives the best that fit, and no more than six', () => {
  const best = passage('best.md', 'The gate paces the gate, and paces starts of the gate.');
  const other = passage('other.md', 'Nothing of it.');
  const paths = passagesFor('How does the gate pace starts?', [other, ...files, best]).map(({ path }) => path);
  expect(paths).toHaveLength(MAX_PASSAGES);
  expect(paths[0]).toBe('best.md');
  expect(paths).not.toContain('other.md');
});
