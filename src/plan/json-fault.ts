import { quoted } from '../text/foreign-text.ts';

/** All tokens but strings: of a string of megabytes, an expression would run out of its stack. */
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])|$)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

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
    const match = tokenAt(text, offset);
    const { whole = '', mark = '', string, literal } = match ?? {};
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

interface Token {
  /** With the space before it. */
  whole: string;
  mark?: string | undefined;
  string?: string;
  literal?: string | undefined;
}

function tokenAt(text: string, offset: number): Token | null {
  const at = skipSpace(text, offset);
  if (text[at] === '"') {
    const end = stringEnd(text, at);
    return end === null ? null : { whole: text.slice(offset, end), string: text.slice(at, end) };
  }
  TOKEN.lastIndex = offset;
  const [whole, mark, literal] = TOKEN.exec(text) ?? [];
  return whole === undefined ? null : { whole, mark, literal };
}

/** Behind the closing quote of the JSON string that begins at `at`; null when it is not valid, or does not end. */
function stringEnd(text: string, at: number): number | null {
  for (let next = at + 1; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) return next + 1;
    if (code < SPACE) return null;
    if (code !== BACKSLASH) continue;
    ESCAPE.lastIndex = next;
    if (!ESCAPE.test(text)) return null;
    next = ESCAPE.lastIndex - 1;
  }
  return null;
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

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
