import { describe, expect, it } from 'vitest';
import { tableLines } from '../../src/cli/table.ts';
import { clip, pad, textWidth } from '../../src/cli/text-width.ts';
import { cleanText, oneLine } from '../../src/text/foreign-text.ts';

describe('the width of a text', () => {
  it.each([
    ['plain', 5],
    ['naïve', 5],
    ['cafe\u0301', 4],
    ['日本語', 6],
    ['한국', 4],
    ['🚀', 2],
    ['👩‍👩‍👧', 2],
    ['✓ ✗ – …', 7],
    ['a\u200bb', 2],
  ])('of %s is %i', (text, expected) => {
    expect(textWidth(text)).toBe(expected);
  });

  it('is cut to what fits, never through a wide character', () => {
    expect(clip('日本語の文', 6)).toBe('日本…');
    expect(clip('日本語', 6)).toBe('日本語');
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('abc', 0)).toBe('');
  });

  it('is padded by columns', () => {
    expect(pad('日本', 6)).toBe('日本  ');
  });
});

describe('a table', () => {
  const columns = [{ title: 'id' }, { title: 'said', shrinks: true }];

  it('aligns wide and narrow characters', () => {
    expect(
      tableLines(
        columns,
        [
          ['日本', 'x'],
          ['ab', 'y'],
        ],
        80,
      ),
    ).toEqual(['id    said', '日本  x', 'ab    y']);
  });

  it('shrinks what may shrink', () => {
    const [, line = ''] = tableLines(columns, [['id', 'a long text that does not fit']], 20);
    expect(textWidth(line)).toBe(20);
    expect(line).toMatch(/…$/);
  });
});

describe('what others wrote', () => {
  it('loses control sequences and characters, and keeps lines and tabs', () => {
    expect(cleanText('\x1b[31mred\x1b[0m\x07\r\n\tnext\x1b]0;title\x07')).toBe('red\n\tnext');
  });

  it('fits on a line', () => {
    expect(oneLine('  a\n\n b\tc ')).toBe('a b c');
  });
});
