import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CASE_FILES } from './case-files.ts';

/** The reference's tests and defects, as it groups them. */
const IDS = `T1 T2 W2 W4 L1 L2 L3 X0 X1..X3 X4 X5,X6 X7 X8-X11 I1 I3 I4 I5 I6 I9 I10 I14 I15 I17 I18
  P2 P4 P6 P8 P10 P12 P13 P14 P15 P16 P17 P18 P19 S1 S2 S3 S5 S6 S7 S8 S10 S11 Q1 Q3 R1 R4 R5 R6 M1-M9
  ET3 ET5 ET6 ET8 ET9 ET10 ET11 TP1-TP6 TP9-TP11 TP12-TP20 SP1 RP1 RP2 RP3 RP6
  CB4 CB5 CB7 CB8 CB9 CB11 CB12 CB14 CB16 CB17 CB20 CB21 CB23 EC1 EC3 EC5
  RC1 RC2 RC6 RC9 RC10 RC11 RC12 RC14 RC15 RC17 RC20 RC21 RC22 HB1-HB3 HB5 HB8 HB9 ED1 ED2 ED4 V11 V12 V13
  ${Array.from({ length: 31 }, (_, index) => `D${index + 1}`).join(' ')}`.split(/\s+/);

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Row {
  id: string;
  file: string | undefined;
  test: string;
}

function rows(): Row[] {
  const text = readFileSync(`${root}docs/conformance.md`, 'utf8');
  return text
    .split('\n')
    .filter((line) => /^\| [A-Z]+\d/.test(line))
    .map((line) => {
      const [, id = '', , file = '', test = ''] = line.split('|').map((cell) => cell.trim());
      return { id, file: /\]\(\.\.\/(.+)\)/.exec(file)?.[1], test };
    });
}

it('has every id of the reference, and no other', () => {
  expect([...new Set(rows().map(({ id }) => id))]).toEqual(IDS);
});

it('says of every id which test answers to it, or why none does', () => {
  for (const { id, file, test } of rows()) expect([id, file ?? test.length > 10]).not.toContain(false);
});

it('names only tests that exist', () => {
  const texts = new Map<string, string>();
  for (const { id, file, test } of rows()) {
    if (!file) continue;
    if (!texts.has(file)) texts.set(file, existsSync(root + file) ? readFileSync(root + file, 'utf8') : '');
    const found = texts.get(file)?.includes(test) && test !== '';
    expect([id, file, test, found]).toEqual([id, file, test, true]);
  }
});

it('has every case, under each of its ids', () => {
  const known = rows();
  for (const { name, cases } of CASE_FILES) {
    for (const { ids, it: says } of cases) {
      for (const id of ids) {
        const has = known.some(
          (row) => row.file === `test/conformance/cases/${name}` && covers(row.id, id) && says.startsWith(row.test),
        );
        expect([name, id, says, has]).toEqual([name, id, says, true]);
      }
    }
  }
});

/** `TP9-TP11` stands for three ids. */
function covers(label: string, id: string): boolean {
  const range = /^([A-Z]+)(\d+)-[A-Z]+(\d+)$/.exec(label);
  const number = /^([A-Z]+)(\d+)$/.exec(id);
  if (!range || !number) return label === id;
  return range[1] === number[1] && Number(number[2]) >= Number(range[2]) && Number(number[2]) <= Number(range[3]);
}
