import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PASSAGE_SIZE, splitPassages } from '../../../src/phases/retrieve/passages.ts';

const line = fc.constantFrom(
  '',
  '',
  '# Gate',
  '## Lease',
  'Some words about it.',
  '- an item',
  '```',
  'export function pace() {',
  '  return 1;',
  '}',
  '/** Doc. */',
  '  ',
  '| a | b |',
);
const document = fc.array(line, { maxLength: 200 }).map((lines) => lines.join('\n'));
const path = fc.constantFrom('a.md', 'a.ts', 'a.json', 'a');

describe('splitPassages', () => {
  it('gives every line that is not blank to exactly one passage, with its number', () => {
    fc.assert(
      fc.property(document, path, (text, file) => {
        const lines = text.split('\n');
        const covered = new Set<number>();
        for (const passage of splitPassages(text, file)) {
          expect(passage.text).toBe(lines.slice(passage.startLine - 1, passage.endLine).join('\n'));
          for (let n = passage.startLine; n <= passage.endLine; n++) {
            expect(covered.has(n)).toBe(false);
            covered.add(n);
          }
        }
        lines.forEach((content, at) => {
          if (content.trim() !== '') expect(covered.has(at + 1)).toBe(true);
        });
      }),
    );
  });

  it('makes no passage longer than the limit', () => {
    fc.assert(
      fc.property(document, path, (text, file) => {
        for (const { startLine, endLine } of splitPassages(text, file)) {
          expect(endLine - startLine + 1).toBeLessThanOrEqual(PASSAGE_SIZE.maxLines);
        }
      }),
    );
  });

  it('starts a passage at a heading and names the headings above it', () => {
    const text = '# Gate\n\nIt paces.\n\n## Lease\n\nIt is a right.';
    expect(splitPassages(text, 'a.md').map(({ startLine, names }) => [startLine, names])).toEqual([
      [1, ['Gate']],
      [5, ['Gate', 'Lease']],
    ]);
  });

  it('does not take a comment in a fence for a heading', () => {
    expect(splitPassages('Run it:\n\n```sh\n# install\nnpm ci\n```', 'a.md')).toHaveLength(1);
  });

  it('keeps a doc comment with its declaration', () => {
    const body = Array.from({ length: 14 }, (_, n) => `  step(${n});`);
    const text = ['function first() {', ...body, '}', '/** Paces. */', 'function second() {', ...body, '}'].join('\n');
    expect(splitPassages(text, 'a.ts').map(({ startLine, names }) => [startLine, names])).toEqual([
      [1, ['first']],
      [17, ['second']],
    ]);
  });
});
