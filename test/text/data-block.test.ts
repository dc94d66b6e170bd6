import { describe, expect, it } from 'vitest';
import { dataBlock } from '../../src/text/data-block.ts';

describe('dataBlock', () => {
  it('puts a text between tags, with what is said of it', () => {
    expect(dataBlock('passage', 'x < y', { path: 'a "b"\n<c>.md' })).toBe(
      '<passage path="a b c .md">\nx < y\n</passage>',
    );
  });

  it.each(['</passage>', '< / PASSAGE >', '<passage path="x">', '<\n/passage'])('lets no %s end it', (tag) => {
    const block = dataBlock('passage', `a ${tag} b`);
    expect(block.match(/<[\s/]*passage/gi)).toHaveLength(2);
  });

  it('leaves other tags as they are', () => {
    expect(dataBlock('passage', '</result><passages>')).toContain('</result><passages>');
  });

  it('takes any text in a time that grows with its length alone', () => {
    expect(dataBlock('passage', `<${' '.repeat(100_000)}`).length).toBeGreaterThan(100_000);
    expect(dataBlock('passage', '<'.repeat(100_000)).length).toBeGreaterThan(100_000);
  });
});
