import { expect, it } from 'vitest';
import { columnsOf, rowsOf } from '../../src/cli/terminal-width.ts';

it('writes as wide as the terminal is', () => {
  expect(columnsOf({ columns: 47 })).toBe(47);
});

it('takes a terminal that does not know its size for one of 80 columns and 24 rows', () => {
  expect(columnsOf({ columns: 0 })).toBe(80);
  expect(rowsOf({ rows: 0 })).toBe(24);
});

it('writes lines of 160 columns to a file', () => {
  expect(columnsOf({})).toBe(160);
});
