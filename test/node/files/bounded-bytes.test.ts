import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedBytes } from '../../../src/node/files/bounded-bytes.ts';

const marker = (bytes: number) => `[${bytes}]`;

function collect(maxBytes: number, head: 'half' | 'none', ...chunks: string[]): BoundedBytes {
  const bytes = new BoundedBytes({ maxBytes, head });
  for (const chunk of chunks) bytes.push(Buffer.from(chunk));
  return bytes;
}

describe('BoundedBytes', () => {
  it('keeps everything that fits', () => {
    const bytes = collect(6, 'half', 'abc', 'def');
    expect(bytes.text(marker)).toBe('abcdef');
    expect(bytes.truncated).toBe(false);
  });

  it('keeps the beginning and the end of more', () => {
    const bytes = collect(6, 'half', 'abcd', 'efgh', 'ij');
    expect(bytes.text(marker)).toBe('abc[4]hij');
    expect(bytes.truncated).toBe(true);
    expect(bytes.total).toBe(10);
  });

  it('keeps only the end on request', () => {
    expect(collect(3, 'none', 'abcd', 'efgh').text()).toBe('fgh');
  });

  it('does not show characters that a cut split', () => {
    expect(collect(8, 'half', 'ab€-€-€-€-€cd').text(marker)).toBe('ab[19]cd');
    expect(collect(8, 'half', 'a€------😀z').text(marker)).toBe('a€[10]z');
  });

  it('keeps the same bytes however they are split into chunks', () => {
    const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 9 }), { maxLength: 30 });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 40 }), (pieces, max) => {
        const whole = pieces.join('');
        const half = Math.floor(max / 2);
        const cut = whole.length - max;
        const expected =
          cut <= 0 ? whole : whole.slice(0, half) + marker(cut) + whole.slice(whole.length - (max - half));
        expect(collect(max, 'half', ...pieces).text(marker)).toBe(expected);
      }),
    );
  });
});
