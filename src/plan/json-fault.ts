import { quoted } from '../text/foreign-text.ts';

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])|$)/uy;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or ]' | ', or }' | 'end';

const IN_WORDS: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'value or ]': 'a value or `]`',
  key: 'a key in double quotes',
  'key or }': 'a key in double quotes, or `}`',
  ':': '`:`',
  ', or ]': '`,` or `]`',
  ', or }': '`,` or `}`',
  end: 'nothing more',
};

/** Receives the parts of a JSON text as they are scanned. */
export interface JsonVisitor {
  /** A key of the object that is open. */
  key(key: string, offset: number): void;
  /** The start of a value; of an object or array, `opens` is its bracket. */
  value(offset: number, opens: string): void;
  /** The end of the object or array that is open. */
  close(): void;
}

/** Where and how a text fails to be JSON; engines word it differently, and not all of them say where. Null when it is JSON. */
export function jsonFault(
  text: string,
  visitor?: JsonVisitor,
): { line: number; column: number; message: string } | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  let offset = 0;
  const after = (): Expected => (open.length === 0 ? 'end' : open.at(-1) === '{' ? ', or }' : ', or ]');
  for (;;) {
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    const [whole = '', mark = '', string, literal] = match ?? [];
    const at = match ? offset + whole.length - (mark || (string ?? literal ?? '')).length : skipSpace(text, offset);
    const isValue = string !== undefined || literal !== undefined;
    const next: Expected | null = match ? step(expected, mark, string !== undefined, isValue, open, after) : null;
    if (next === null) {
      if (match && whole.trim() === '' && expected === 'end') return null;
      const before = text.slice(0, at);
      const line = before.split('\n').length;
      const found = at >= text.length ? 'the end of the text' : quoted(text.slice(at, at + 1));
      return { line, column: at - before.lastIndexOf('\n'), message: `expected ${IN_WORDS[expected]}, found ${found}` };
    }
    if (visitor) visit(visitor, expected, mark, string, at);
    expected = next;
    offset += whole.length;
  }
}

function visit(visitor: JsonVisitor, expected: Expected, mark: string, string: string | undefined, at: number): void {
  if (mark === '}' || mark === ']') visitor.close();
  else if (expected.startsWith('key')) visitor.key(JSON.parse(string ?? '""') as string, at);
  else if (expected.startsWith('value')) visitor.value(at, mark);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

function step(
  expected: Expected,
  mark: string,
  isString: boolean,
  isValue: boolean,
  open: string[],
  after: () => Expected,
): Expected | null {
  if (expected === 'value' || expected === 'value or ]') {
    if (isValue) return after();
    if (mark === '{' || mark === '[') {
      open.push(mark);
      return mark === '{' ? 'key or }' : 'value or ]';
    }
  }
  if (expected.startsWith('key') && isString) return ':';
  if (expected === ':' && mark === ':') return 'value';
  if (expected.startsWith(',') && mark === ',') return open.at(-1) === '{' ? 'key' : 'value';
  if (mark !== '' && '}]'.includes(mark) && expected.endsWith(mark)) {
    open.pop();
    return after();
  }
  return null;
}
