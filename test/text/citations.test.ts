import { expect, it } from 'vitest';
import { citationsIn, cite } from '../../src/text/citations.ts';

it('reads back what it writes', () => {
  const places = [
    { path: 'src/a.ts', startLine: 3, endLine: 3 },
    { path: 'app/(shop)/page.tsx', startLine: 3, endLine: 3 },
    { path: 'my notes/b.md', startLine: 3, endLine: 9 },
    { path: 'run:mwv-1', startLine: 3, endLine: 9 },
  ];
  expect(citationsIn(places.map(cite).join(' and '))).toEqual(places);
});

it('does not take other brackets for citations', () => {
  expect(citationsIn('f(x) (see: 12) (http://host:80/x) (12:30 pm)')).toEqual([]);
});
