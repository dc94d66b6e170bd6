import { SHORTEST_SECRET } from './mark.ts';
import { isSecretVariable } from './secret-names.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The secret-looking variables of an environment, by name: `*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*` and the like, of 8 characters
 * or more. The longest first, since one may be a part of another.
 */
export function secretsOf(env: Environment): ReadonlyMap<string, string> {
  const secrets = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && value.length >= SHORTEST_SECRET && isSecretVariable(name);
  });
  return new Map(secrets.sort(([, a], [, b]) => b.length - a.length));
}

/** A longer line of a secret that has several is one by itself. */
const LONG_LINE = 16;

/**
 * The texts that a secret may stand as: as it is, trimmed, in JSON, in an address or a form, in HTML, in base64, in hexadecimal, line
 * by line. Only the first has the name, since the others would not come back as what they were.
 */
export function formsOf(value: string, name: string | null): [form: string, name: string | null][] {
  const others = [
    value.trim(),
    ...formsInJson(value),
    ...formsInAddress(value),
    ...formsInHtml(value),
    ...inBytes(value),
  ];
  const lines = value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= LONG_LINE) : [];
  const known = new Set([value, '']);
  const forms = [...others, ...lines].filter((form) => !known.has(form) && known.add(form));
  return [[value, name], ...forms.map((form) => [form, null] as [string, null])];
}

/** Passwords in the addresses that an environment holds: of databases, proxies, queues. A plain word of them is not a secret elsewhere. */
export function passwordsInAddresses(env: Environment): string[] {
  return Object.values(env).flatMap((value) => {
    const at = value === undefined || value.length > 8192 ? -1 : value.indexOf('://');
    const authority = at < 0 ? '' : ((value as string).slice(at + 3).split(/[/?#\s]/, 1)[0] ?? '');
    const colon = authority.indexOf(':');
    const end = authority.lastIndexOf('@');
    const password = colon >= 0 && end > colon ? authority.slice(colon + 1, end) : '';
    const isPlain = password.length < SHORTEST_SECRET || (password.length < 12 && !/[^A-Za-z]/.test(password));
    return isPlain ? [] : [password, decoded(password)];
  });
}

/** A text as it stands in JSON. */
export const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const unitEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON as several languages write it: Python escapes what is not ASCII, Go what HTML knows, PHP slashes; each perhaps inside JSON. */
function formsInJson(text: string): string[] {
  const json = inJson(text);
  const forms = [
    json,
    json.replace(/[\u007f-\uffff]/g, unitEscape),
    json.replace(/[<>&\u2028\u2029]/g, unitEscape),
    json.replaceAll('/', '\\/').replace(/[\u007f-\uffff]/g, unitEscape),
    json.replaceAll('/', '\\/'),
  ];
  return [...forms, ...forms.map(inJson)];
}

/** Percent-encoded, with hexadecimal digits of either case: of one part, of a whole address, of a form. */
function formsInAddress(text: string): string[] {
  try {
    const part = encodeURIComponent(text);
    const strict = part.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
    const forms = [part, strict, encodeURI(text), strict.replaceAll('%20', '+'), part.replaceAll('%20', '+')];
    return [...forms, ...forms.map((form) => form.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()))];
  } catch {
    // A lone half of a character has no such form.
    return [];
  }
}

function formsInHtml(text: string): string[] {
  const inText = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const inAttribute = inText.replaceAll('"', '&quot;');
  return [inText, inAttribute, ...['&#39;', '&#x27;', '&apos;'].map((sign) => inAttribute.replaceAll("'", sign))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Longest value whose bytes are looked for, characters. */
const LONGEST_BYTES = 8192;

/** In hexadecimal and in base64, of both alphabets: alone, and as a part of something longer, such as `name:password`. */
function inBytes(text: string): string[] {
  const bytes = new TextEncoder().encode(text.slice(0, LONGEST_BYTES));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const parts = [0, 1, 2].map((before) => {
    const whole = base64([...new Array<number>(before).fill(0), ...bytes]);
    // Characters that hold bits of what stands beside it are not part of it.
    return whole.slice(Math.ceil((8 * before) / 6), Math.floor((8 * (before + bytes.length)) / 6));
  });
  const forms = [base64([...bytes]).replace(/=+$/, ''), ...parts];
  return [hex, hex.toUpperCase(), ...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

const base64 = (bytes: readonly number[]): string => btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''));
