import type { SecretSpan } from './mark.ts';

/** Finds secrets in a text by its looks; `open`: from where on more text could make a secret of it. */
export interface Found {
  spans: SecretSpan[];
  open: number;
  /** Terminal codes, which the search looked through. */
  codes?: readonly { start: number; end: number }[];
}

/** The rest of a credential after its prefix: its characters, its minimal length, and whether it must contain a digit. */
interface Shape {
  prefix: string;
  rest: RegExp;
  needsDigit?: boolean;
}

/** Of JSON web tokens: three runs with dots between them. */
const WEB_TOKEN = 'eyJ';
const of = (prefix: string, rest: RegExp, needsDigit = false): Shape => ({ prefix, rest, needsDigit });
const SHAPES: readonly Shape[] = [
  of('sk-', /[\w-]{16,}/y, true),
  ...['sk_live_', 'sk_test_', 'pk_live_', 'pk_test_', 'rk_live_', 'rk_test_'].map((prefix) => of(prefix, /\w{10,}/y)),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'shpat_', 'shpss_', 'gsk_', 'dop_v1_'].map((prefix) =>
    of(prefix, /\w{20,}/y),
  ),
  of('glpat-', /[\w-]{16,}/y),
  ...'abeoprs'.split('').map((kind) => of(`xox${kind}-`, /[\w-]{10,}/y)),
  of('AKIA', /[0-9A-Z]{16}(?![0-9A-Z])/y),
  of('ASIA', /[0-9A-Z]{16}(?![0-9A-Z])/y),
  of('AIza', /[\w-]{30,}/y),
  of('npm_', /\w{30,}/y),
  of('hf_', /\w{30,}/y),
  of('pypi-', /[\w-]{30,}/y),
  of(WEB_TOKEN, /$/y),
];
const BY_PREFIX = new Map(SHAPES.map((shape) => [shape.prefix, shape]));
const PREFIX = new RegExp(SHAPES.map(({ prefix }) => prefix).join('|'), 'g');
const LONGEST_PREFIX = Math.max(...SHAPES.map(({ prefix }) => prefix.length));

const isWord = (unit: number): boolean =>
  (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || unit === 95 || (unit >= 97 && unit <= 122);

/** Whether a word can begin here: a line break in front of it is two characters in JSON, the last of them a letter. */
export function beginsWord(text: string, at: number): boolean {
  if (at === 0 || !isWord(text.charCodeAt(at - 1))) return true;
  return at > 1 && text[at - 2] === '\\' && 'bfnrt'.includes(text[at - 1] ?? '');
}

/** Where the run of token characters at a place ends. */
function endOfRun(text: string, from: number): number {
  let end = from;
  while (end < text.length && (isWord(text.charCodeAt(end)) || text[end] === '-')) end += 1;
  return end;
}

/** A run of token characters, looked at once, however many prefixes stand in it: a hostile text is one long run. */
interface Run {
  end: number;
  lastDigit: number;
  /** End of the web token whose first part ends with this run; null when this is not a web token. */
  tokenEnd: number | null;
  isOpen: boolean;
}

function runAt(text: string, from: number): Run {
  const end = endOfRun(text, from);
  let lastDigit = end - 1;
  while (lastDigit >= from && !(text.charCodeAt(lastDigit) >= 48 && text.charCodeAt(lastDigit) <= 57)) lastDigit -= 1;
  const second = text[end] === '.' ? endOfRun(text, end + 1) : end;
  const third = second - end > 8 && text[second] === '.' ? endOfRun(text, second + 1) : null;
  return { end, lastDigit, tokenEnd: third, isOpen: end >= text.length || (third ?? second) >= text.length };
}

/** `sk-…`, `ghp_…`, `AKIA…`, `xox…`, JSON web tokens, and others by their prefix. */
export function findShapes(text: string): Found {
  const spans: SecretSpan[] = [];
  let run: Run = { end: -1, lastDigit: -1, tokenEnd: null, isOpen: false };
  let open = text.length;
  PREFIX.lastIndex = 0;
  for (let match = PREFIX.exec(text); match; match = PREFIX.exec(text)) {
    const { index } = match;
    const shape = BY_PREFIX.get(match[0]);
    if (!shape || !beginsWord(text, index)) continue;
    const from = index + match[0].length;
    if (from > run.end) run = runAt(text, from);
    const isToken = shape.prefix === WEB_TOKEN;
    if (isToken ? run.isOpen : run.end >= text.length) open = Math.min(open, index);
    const end = isToken ? (run.end - from >= 8 ? run.tokenEnd : null) : endOf(text, from, run, shape);
    if (end === null) continue;
    spans.push({ start: index, end, name: null });
    PREFIX.lastIndex = Math.max(end, from);
  }
  const isPrefix = (tail: string) => SHAPES.some(({ prefix }) => prefix.startsWith(tail));
  return { spans, open: Math.min(open, partOf(text, LONGEST_PREFIX, isPrefix)) };
}

function endOf(text: string, from: number, { end, lastDigit }: Run, { rest, needsDigit }: Shape): number | null {
  if (end - from < 8 || (needsDigit && lastDigit < from)) return null;
  rest.lastIndex = from;
  return rest.test(text) ? rest.lastIndex : null;
}

/** Where the end of a text is the beginning of something of at most so many characters; the length of the text when it is not. */
export function partOf(text: string, most: number, isPart: (tail: string) => boolean): number {
  for (let at = Math.max(0, text.length - most); at < text.length; at += 1) {
    if (beginsWord(text, at) && isPart(text.slice(at))) return at;
  }
  return text.length;
}

const KEY_BLOCK = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
const BLOCK_END = /-----END [A-Z0-9 ]{0,60}-----|\\?"|$/g;
const BEGIN = '-----BEGIN ';

/** Private keys in PEM, also those cut off; in JSON up to the end of their text. */
export function findPrivateKeys(text: string): Found {
  const spans: SecretSpan[] = [];
  let open = text.length;
  KEY_BLOCK.lastIndex = 0;
  for (let match = KEY_BLOCK.exec(text); match; match = KEY_BLOCK.exec(text)) {
    BLOCK_END.lastIndex = KEY_BLOCK.lastIndex;
    const last = BLOCK_END.exec(text);
    const isOver = last !== null && last[0] !== '';
    const end = !last ? text.length : last[0].startsWith('-----END') ? BLOCK_END.lastIndex : last.index;
    spans.push({ start: match.index, end, name: null });
    if (!isOver) open = Math.min(open, match.index);
    KEY_BLOCK.lastIndex = Math.max(end, match.index + 1);
  }
  const tail = text.slice(-120);
  const begun = tail.lastIndexOf(BEGIN);
  if (begun >= 0 && /^[A-Z0-9 ]*-{0,4}$/.test(tail.slice(begun + BEGIN.length))) {
    open = Math.min(open, text.length - tail.length + begun);
  }
  for (let chars = BEGIN.length - 1; chars > 0; chars -= 1) {
    if (tail.endsWith(BEGIN.slice(0, chars))) open = Math.min(open, text.length - chars);
  }
  return { spans, open };
}
