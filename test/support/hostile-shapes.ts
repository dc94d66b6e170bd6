/** A text of any length: what it repeats, with something before and after. */
export interface Shape {
  /** `%` stands for the number of the repetition where `isNumbered` is set. */
  unit: string;
  isNumbered?: boolean;
  before?: string;
  after?: string;
}

export function textOf({ unit, isNumbered = false, before = '', after = '' }: Shape, length: number): string {
  const times = Math.ceil((length - before.length - after.length) / unit.length);
  if (!isNumbered) return before + unit.repeat(Math.max(1, times)) + after;
  const parts: string[] = [before];
  for (let i = 0, chars = before.length; chars < length; i++) {
    const part = unit.replaceAll('%', String(i));
    parts.push(part);
    chars += part.length;
  }
  return parts.join('') + after;
}

export const of = (...units: string[]): Shape[] => units.map((unit) => ({ unit }));

/** Texts that are bad for many kinds of scanners: repetitions, near misses, starts without an end. */
export const SHAPES: readonly Shape[] = [
  ...of(' ', '\n', '\r', '\t', 'a', 'A', '1', '.', '-', '_', '=', '"', "'", '`', '\\', '/', '#', '|', '*', '(', ')'),
  ...of(
    '[',
    ']',
    '{',
    '}',
    '<',
    '«',
    '\ud83d',
    '\u2028',
    '\u0301',
    'Ä',
    '日',
    '\x1b',
    '\x1b]',
    '\x1b[',
    '\x9d',
    '\x9b1;',
  ),
  ...of(
    'a ',
    'a\n',
    'a.',
    'A. ',
    'a b\n',
    '\r\n',
    '"a" ',
    '{"a":',
    '[1,',
    '- [ ] ',
    '<!--',
    '```\n',
    'a_1-',
    '(a:1',
    '() ',
  ),
  { unit: ' ', before: 'A', after: 'B' },
  { unit: ' \t', before: 'error: wait', after: '.' },
  { unit: 'a.', after: 'x=' },
  { unit: 'x', before: '{"a":"' },
  { unit: '[', before: '{"a":', after: ']' },
  { unit: 'word% ', isNumbered: true },
  { unit: 'line % of text.\n', isNumbered: true },
  { unit: 'k%: 1\n', isNumbered: true },
  { unit: '"k%":1,', isNumbered: true, before: '{', after: '"z":1}' },
];
