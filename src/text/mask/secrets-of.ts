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
 * The texts that a secret may stand as: as it is, trimmed, in JSON, in an address, in base64, line by line. Only the first has the
 * name, since the others would not come back as what they were.
 */
export function formsOf(value: string, name: string | null): [form: string, name: string | null][] {
  const others = [value.trim(), inJson(value), inJson(inJson(value)), inAddress(value), inBase64(value)];
  const lines = value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= LONG_LINE) : [];
  const known = new Set([value, '']);
  const forms = [...others, ...lines].filter((form) => form !== null && !known.has(form) && known.add(form));
  return [[value, name], ...forms.map((form) => [form as string, null] as [string, null])];
}

/** Passwords in the addresses that an environment holds: of databases, proxies, queues. A plain word of them is no secret elsewhere. */
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

function inAddress(text: string): string | null {
  try {
    return encodeURIComponent(text);
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function inBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, 8192)))).replace(/=+$/, '');
}
