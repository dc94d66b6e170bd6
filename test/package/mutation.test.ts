import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GROUPS, type Group } from '../../scripts/mutation/groups.ts';
import { withMutationTable } from '../../scripts/mutation/page.ts';
import { percentOf, type Score, type StrykerReport, scoresOf, survivorsOf } from '../../scripts/mutation/report.ts';

const root = path.join(import.meta.dirname, '../..');
const recorded = <T>(name: string): T =>
  JSON.parse(readFileSync(path.join(root, `scripts/mutation/${name}.json`), 'utf8')) as T;
const filesOf = (patterns: readonly string[]) => patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));

/** `a < b` on the second line was changed in four ways. */
const source = 'first\n  return a < b;\nlast(\n  1,\n);';
const place = { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } };
const report: StrykerReport = {
  files: {
    'x.ts': {
      source,
      mutants: [
        { status: 'Survived', location: place, replacement: 'a <= b' },
        { status: 'NoCoverage', location: place, replacement: 'false' },
        { status: 'Killed', location: place, replacement: 'true' },
        { status: 'Timeout', location: place, replacement: 'a > b' },
        { status: 'Ignored', location: place, replacement: 'b' },
        {
          status: 'Survived',
          location: { start: { line: 3, column: 1 }, end: { line: 5, column: 2 } },
          replacement: '',
        },
      ],
    },
    'static.ts': { source: '', mutants: [{ status: 'Ignored', location: place, replacement: 'b' }] },
  },
};
const one = { file: 'x.ts', at: 2, line: 'return a < b;', code: 'a < b' };

describe('a report of mutation tests', () => {
  it('counts what was noticed and what was not, by file', () => {
    expect(scoresOf(report)).toEqual({ 'x.ts': { noticed: 2, unnoticed: 3, skipped: 1 } });
    expect(percentOf(Object.values(scoresOf(report)))).toBe(40);
  });

  it('names what was not noticed by what stands there', () => {
    expect(survivorsOf(report)).toEqual([
      { ...one, becomes: 'a <= b' },
      { ...one, becomes: 'false' },
      { file: 'x.ts', at: 3, line: 'last(', code: 'last( 1, )', becomes: '' },
    ]);
  });

  it('is put on a page', () => {
    const marks = ['<!-- The scores, written by `npm run docs`. -->', '<!-- The end of the scores. -->'];
    const page = withMutationTable(marks.join('\n'), scoresOf(report));
    expect(page).toContain('| **all** | 5 | 2 | 3 | 40.0 % | 1 |');
    expect(() => withMutationTable('', {})).toThrow('Expected docs/mutation.md to contain');
  });
});

describe('the mutation tests', () => {
  const scores = recorded<Record<string, Score>>('scores');

  it('change everything that decides', () => {
    const changed = filesOf(Object.values(GROUPS).flatMap(({ mutate }) => mutate)).sort();
    const wanted = filesOf(['src/plan/**/*.ts', 'src/policy/**/*.ts', 'src/machines/*/logic.ts']);
    expect(wanted.filter((file) => !changed.includes(file))).toEqual([]);
  });

  it.each(Object.keys(GROUPS))('of %s have tests, and what is recorded of them is 85 %% at least', (name) => {
    const { mutate, tests } = GROUPS[name] as Group;
    for (const pattern of tests) expect([pattern, filesOf([pattern]).length > 0]).toEqual([pattern, true]);
    const own = filesOf(mutate).flatMap((file) => scores[file] ?? []);
    expect(percentOf(own)).toBeGreaterThanOrEqual(85);
  });
});
