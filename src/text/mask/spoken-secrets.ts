import { beginsWord, type Found } from './credentials.ts';
import { type SecretSpan, SHORTEST_SECRET } from './mark.ts';
import { isVariableName, type NameKind, secretKindOf } from './secret-names.ts';

/** Placeholders that stand where a secret would: a variable, a template, a mark, or a blank to fill in. */
const PLACEHOLDER =
  /^(?:\\?\$|%|\{|<|\[|«|\*|your|process\.env|os\.environ|env\.|import\.meta|null$|undefined$|none$)|^(.)\1+$/i;
/** Whether a value only stands for a secret. */
export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text);

const CODE = /^[A-Za-z_$][\w$]*(?:(?:\.|\?\.|->|::)[A-Za-z_$][\w$]*)+[.;:]?$/;
/** Longest value, characters. */
const LONGEST = 8192;

const WORD = /key|token|secret|pass|pwd|credential|authorization|cookie/gi;
const NAME_REST = /[\w-]*/y;
/** Of a longer name its end decides, characters: what comes in pieces must not depend on where a name began. */
const LONGEST_NAME = 96;
const SEPARATOR = /\\{0,3}["'`]?[ \t]{0,8}(?:=>|:=|:|=)(?![=:])[ \t]{0,8}(?:\\{0,3}(["'`]))?/y;
const FLAG = /[ \t]{1,4}(?:\\{0,3}(["'`]))?/y;
const BARE = /[^\s"'`,;&<>(){}[\]\\|]*/y;
/** In front of what an `Authorization` says. */
const ITS_SCHEME = /[A-Za-z][\w-]{1,20}[ \t]{1,4}/y;
/** How much of a value is looked at, characters. */
const LOOKED_AT = 256;

/** `NAME=value`, `name: value`, `"password": "value"`, `--token value`, `<password>value<`: the value, after a name that speaks of a secret. */
export function findNamed(text: string): Found {
  const spans: SecretSpan[] = [];
  const bare = bareValues(text);
  let open = text.length;
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
    NAME_REST.lastIndex = WORD.lastIndex;
    NAME_REST.test(text);
    const nameEnd = Math.max(NAME_REST.lastIndex, WORD.lastIndex);
    const nameStart = startOfName(text, nameEnd);
    WORD.lastIndex = nameEnd;
    const name = text.slice(nameStart, nameEnd);
    // `https://x-access-token:…@host` is an address.
    const kind = text.startsWith('//', nameStart - 2) ? null : secretKindOf(name);
    const value = kind === null ? null : valueAfter(text, nameStart, nameEnd, bare);
    if (value === null) continue;
    if (value.reach >= text.length) open = Math.min(open, value.start);
    const isSecret = isSecretValue(text, name, kind, value);
    if (isSecret) spans.push({ start: value.start, end: value.end, name: null, from: nameStart });
    WORD.lastIndex = Math.max(nameEnd, isSecret ? value.end : value.start);
  }
  return { spans, open };
}

function startOfName(text: string, nameEnd: number): number {
  let start = nameEnd;
  while (start > 0 && nameEnd - start < LONGEST_NAME && /[\w-]/.test(text[start - 1] ?? '')) start -= 1;
  // In JSON a line break ends in a letter.
  if (start > 0 && text[start - 1] === '\\' && 'bfnrt'.includes(text[start] ?? '') && start < nameEnd) start += 1;
  while (text[start] === '-' && start < nameEnd) start += 1;
  return start;
}

interface Value {
  start: number;
  end: number;
  /** Where more of it could come. */
  reach: number;
  isQuoted: boolean;
  /** Separator of name and value. */
  separator: string;
}

type BareAt = (start: number, separator: string) => Value;

function valueAfter(text: string, nameStart: number, nameEnd: number, bare: BareAt): Value | null {
  if (text[nameStart - 1] === '<' && text[nameEnd] === '>') return bare(nameEnd + 1, '>');
  const isFlag = text.startsWith('--', nameStart - 2);
  for (const expected of isFlag ? [SEPARATOR, FLAG] : [SEPARATOR]) {
    expected.lastIndex = nameEnd;
    const match = expected.exec(text);
    if (!match) continue;
    const start = nameEnd + match[0].length;
    const quote = match[1];
    if (/authorization$/i.test(text.slice(nameStart, nameEnd))) {
      ITS_SCHEME.lastIndex = start;
      const scheme = ITS_SCHEME.exec(text)?.[0] ?? '';
      return bare(start + scheme.length, match[0]);
    }
    return quote === undefined ? bare(start, match[0]) : quoted(text, start, quote, match[0]);
  }
  return null;
}

function quoted(text: string, start: number, quote: string, separator: string): Value {
  let reach = start;
  while (reach < text.length && reach - start < LONGEST && text[reach] !== quote && text[reach] !== '\n') reach += 1;
  let end = reach;
  // The quote of a text inside JSON has a backslash before it.
  while (end > start && text[reach] === quote && text[end - 1] === '\\') end -= 1;
  return { start, end, reach, isQuoted: true, separator };
}

/** Values without quotes. Where a run of their characters ends is found once, whatever stands in it. */
function bareValues(text: string): BareAt {
  let known = -1;
  return (start, separator) => {
    if (start > known) {
      BARE.lastIndex = start;
      BARE.test(text);
      known = Math.max(BARE.lastIndex, start);
    }
    let end = known;
    // The end of a sentence is not part of it.
    while (end > start && known - end < 3 && /[.:!?]/.test(text[end - 1] ?? '')) end -= 1;
    return { start, end, reach: known, isQuoted: false, separator };
  };
}

function isSecretValue(text: string, name: string, kind: NameKind, value: Value): boolean {
  const { start, end, isQuoted, separator } = value;
  const said = text.slice(start, Math.min(end, start + LOOKED_AT));
  if (said.length < SHORTEST_SECRET || PLACEHOLDER.test(said)) return false;
  const hasDigit = /\d/.test(said);
  const hasSign = /[!@#$%^&*+=~?]/.test(said);
  if (isQuoted) {
    if (/\s/.test(said)) return false;
    return kind === 'password' || hasDigit || hasSign || isVariableName(name);
  }
  // A call, or members of something: code that speaks of it.
  if (text[end] === '(' || text[end] === '[' || CODE.test(said)) return false;
  if (isVariableName(name) && !/[ \t:]/.test(separator)) return true;
  if (/^\d+$/.test(said)) return kind === 'password';
  return hasDigit || hasSign;
}

const SCHEME = /(bearer|basic)(?:[ \t]|%20|\\[nrt]|\r?\n){1,8}/gi;
const CREDENTIAL = /[\w.~+/=-]{1,8192}/y;

/** Token of `Bearer`, and the value of `Basic`, if that is a name and a password. */
export function findAuthorization(text: string): Found {
  const spans: SecretSpan[] = [];
  let open = text.length;
  SCHEME.lastIndex = 0;
  for (let match = SCHEME.exec(text); match; match = SCHEME.exec(text)) {
    if (!beginsWord(text, match.index)) continue;
    const start = SCHEME.lastIndex;
    CREDENTIAL.lastIndex = start;
    const value = CREDENTIAL.exec(text)?.[0] ?? '';
    const end = start + value.length;
    if (end >= text.length) open = Math.min(open, start);
    const isBearer = match[1]?.toLowerCase() === 'bearer';
    const isSecret = isBearer
      ? value.length >= (/\d/.test(value) ? 12 : 16)
      : value.length >= SHORTEST_SECRET && saysPassword(value);
    if (isSecret) spans.push({ start, end, name: null, from: match.index });
    SCHEME.lastIndex = isSecret ? end : start;
  }
  return { spans, open };
}

/** Whether base64 says `name:password`. */
function saysPassword(base64: string): boolean {
  try {
    return /^[\x20-\x39\x3b-\x7e]*:[\x20-\x7e]*$/.test(atob(base64.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return false;
  }
}

const AUTHORITY = /\/\/([^\s/?#"'`<>\\]{1,2048})/g;
const TOKEN_USER = /^(?:gh[pousr]_|github_pat_|glpat-|sk-|npm_|hf_|xox|oauth2$|x-access-token$)/;

/** Passwords in addresses, and names in them that are tokens: `https://bob:…@host`, `https://ghp_…@github.com`. */
export function findUserinfo(text: string): Found {
  const spans: SecretSpan[] = [];
  let open = text.length;
  AUTHORITY.lastIndex = 0;
  for (let match = AUTHORITY.exec(text); match; match = AUTHORITY.exec(text)) {
    const authority = match[1] ?? '';
    const start = match.index + 2;
    if (start + authority.length >= text.length) open = Math.min(open, start);
    const at = authority.lastIndexOf('@');
    if (at < 0) continue;
    const colon = authority.indexOf(':');
    const hasPassword = colon >= 0 && colon < at;
    const user = authority.slice(0, hasPassword ? colon : at);
    const isToken = !PLACEHOLDER.test(user) && (TOKEN_USER.test(user) || (!hasPassword && isRandom(user)));
    if (isToken && !/^(?:oauth2|x-access-token)$/.test(user))
      spans.push({ start, end: start + user.length, name: null, from: match.index });
    const password = hasPassword ? authority.slice(colon + 1, at) : '';
    if (password !== '' && !PLACEHOLDER.test(password)) {
      spans.push({ start: start + colon + 1, end: start + at, name: null, from: match.index });
    }
  }
  return { spans, open };
}

const isRandom = (user: string): boolean => user.length >= 12 && /\d/.test(user) && /[A-Za-z]/.test(user);
