/** Words that end the name of something about a secret: a length, a file, a policy. */
const ABOUT: ReadonlySet<string> = new Set(
  'count limit length len min max field name label hint policy reset type file path dir url uri id ids input error prompt required ttl expiry expires at env hash algorithm format'.split(
    ' ',
  ),
);
/** Kinds of keys that are not secrets. */
const OPEN_KEY: ReadonlySet<string> = new Set(
  'public primary foreign sort cache partition idempotency object row map index attempt json hot'.split(' '),
);
/** Kinds of keys that are secrets in names that are not names of variables. */
const SECRET_KEY: ReadonlySet<string> = new Set(
  'api access private secret auth encryption signing master service account client app admin storage deploy ssh license subscription'.split(
    ' ',
  ),
);
const HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** How sure a name makes that its value is a secret. */
export type NameKind = 'password' | 'token' | null;

/** Whether a name is written as names of variables are: `API_KEY`. */
export function isVariableName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

/**
 * Whether a name speaks of a secret, as `DB_PASSWORD`, `apiKey`, `x-auth-token`, `Authorization` do; `max_tokens`, `TOKEN_COUNT` and
 * `publicKey` do not. Bounded by the length of the name.
 */
export function secretKindOf(name: string): NameKind {
  if (name.length > 100) return null;
  if (HEADERS.has(name.toLowerCase())) return 'token';
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (ABOUT.has(last)) return null;
  if (words.some((word) => /(?:password|passwd|passphrase|credentials?)$/.test(word))) return 'password';
  if (/secrets?$/.test(last)) return 'password';
  if (words.length > 1 && /^(?:pass|pwd)$/.test(last)) return 'password';
  if (last.endsWith('token') || last.endsWith('apikey')) return 'token';
  if (last !== 'key') return null;
  const before = words.at(-2);
  if (isVariableName(name) || before === undefined)
    return isVariableName(name) && !OPEN_KEY.has(before ?? '') ? 'token' : null;
  return SECRET_KEY.has(before) ? 'token' : null;
}

/** Whether a variable of an environment holds a secret: `*_KEY`, `*_TOKEN`, `*_SECRET`, `*_PASS`, `*PASSWORD*`, in any case. */
export function isSecretVariable(name: string): boolean {
  return /^\w+$/.test(name) && secretKindOf(name.toUpperCase()) !== null;
}
