export type Mask = (text: string) => string;

const MASKED = '[masked]';

/** Shapes of well-known credentials. */
const SHAPES = [
  /\b(?:sk|pk|rk)-[\w-]{16,}/g,
  /\b(?:sk|pk|rk)_(?:live|test)_\w{10,}/g,
  /\bgh[pousr]_\w{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bglpat-[\w-]{16,}/g,
  /\bxox[abeoprs]-[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\bnpm_\w{30,}/g,
  /\bhf_\w{30,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** What stands before a credential: the name keeps, the value goes. */
const NAMED = [
  /(\bBearer\s+)[\w.~+/=-]{8,}/gi,
  /((?:\b|_)(?:api[_-]?key|token|secret|passw(?:or)?d)["']?\s*[=:]\s*["']?)[^\s"',;}&]{4,}/gi,
  /(\b[a-z][\w+.-]*:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/gi,
];

/** Shortest value that is masked wherever it stands; a shorter one would blot out ordinary words. */
const SHORTEST_SECRET = 6;

/**
 * Makes a function that replaces secrets in a text by `[masked]`: well-known credential shapes, values that stand
 * after a name such as `api_key=`, and the `secrets` given (values of environment variables, say).
 *
 * @example
 * createMask()('failed with OPENAI_API_KEY=abcd1234'); // 'failed with OPENAI_API_KEY=[masked]'
 */
export function createMask(secrets: Iterable<string> = []): Mask {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_SECRET);
  known.sort((a, b) => b.length - a.length);
  return (text) => {
    if (text.length < SHORTEST_SECRET) return text;
    let masked = text;
    for (const secret of known) if (masked.includes(secret)) masked = masked.replaceAll(secret, MASKED);
    for (const shape of SHAPES) masked = masked.replace(shape, MASKED);
    for (const named of NAMED) masked = masked.replace(named, `$1${MASKED}`);
    return masked;
  };
}

const SECRET_NAME = /(?:KEY|TOKEN|SECRET)$|PASSWORD|PASSWD|CREDENTIAL/i;

/** The values of an environment's secret-looking variables: `*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*`. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value && SECRET_NAME.test(name) ? [value] : []));
}
