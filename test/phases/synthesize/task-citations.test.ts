import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskCitations, withoutMarks } from '../../../src/phases/synthesize/task-citations.ts';

const ids = new Set(['gate', 'find-leak', '3']);
const found = (text: string) => taskCitations(text, ids);

describe('taskCitations', () => {
  it.each<[string, string, string[], string[]]>([
    ['one id', 'It paces [gate].', ['gate'], []],
    ['several, once each', 'So [gate, find-leak] and [gate; 3].', ['gate', 'find-leak', '3'], []],
    ['what looks like an id and is not one', 'So [find-leaks] and [7].', [], ['find-leaks', '7']],
    ['what stands beside an id', 'So [gate, lease].', ['gate'], ['lease']],
    ['plain words', 'It is [sic] said [in the docs].', [], []],
    ['one beside the other', 'So [gate][find-leak] (a.md:1): [3]', ['gate', 'find-leak', '3'], []],
    ['links and check boxes', '[gate](x.md) [read-me](z) - [ ] a - [x] b', [], []],
    ['code', '`a[3]` and ```\nb[7] [gate]\n``` end', [], []],
  ])('reads %s', (_, text, cited, unknown) => {
    expect(found(text)).toEqual({ cited, unknown });
  });

  it('takes brackets off what is not a task, and leaves the words', () => {
    const text = 'It is [read-only] [gate, lease] [gate] `x[7]` [7].';
    expect(withoutMarks(text, ['read-only', 'lease', '7'])).toBe('It is read-only [gate] [gate] `x[7]` 7.');
  });

  it('takes text of any kind in a time that grows with its length alone', () => {
    for (const piece of ['[', '[a', '[a]', ']', '`', '```', '[a](']) {
      expect(found(piece.repeat(100_000 / piece.length)).unknown).toEqual([]);
    }
  });

  it('leaves nothing unknown behind', () => {
    const piece = fc.constantFrom('[gate]', '[7]', '[a-b]', '[gate, a-b]', '`', '```', '(', ' ', 'x', '[[7]]', '\n');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const { unknown, cited } = found(text);
        const clean = withoutMarks(text, unknown);
        expect(found(clean)).toEqual({ cited, unknown: [] });
      }),
    );
  });
});
