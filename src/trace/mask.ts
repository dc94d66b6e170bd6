export type Mask = (text: string) => string;

const MASKED = '[masked]';

/** Cheap to look for: without one of these there is no credential of a well-known shape in a text. */
const HINT = /sk-|[spr]k_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|npm_|hf_|eyJ|earer|PRIVATE KEY|=|@/;

/** Shapes of well-known credentials. */
const SHAPES = [
  /(?<!\w)[spr]k-(?=[A-Za-z_-]*\d)[\w-]{16,}/g,
  /(?<!\w)[spr]k_(?:live|test)_\w{10,}/g,
  /(?<!\w)gh[pousr]_\w{20,}/g,
  /(?<!\w)github_pat_\w{20,}/g,
  /(?<!\w)glpat-[\w-]{16,}/g,
  /(?<!\w)xox[abeoprs]-[\w-]{10,}/g,
  /(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/g,
  /(?<!\w)AIza[\w-]{30,}/g,
  /(?<!\w)npm_\w{30,}/g,
  /(?<!\w)hf_\w{30,}/g,
  /(?<!\w)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** What stands before a credential: the name stays, the value goes. Code that merely speaks of a token is left alone. */
const NAMED = [
  /(\b[Bb]earer\s+)[\w.~+/=-]{12,}/g,
  /(\b[A-Z][A-Z0-9_]*(?:_KEY|_TOKEN|_SECRET|PASSWORD)=["']?)[^\s"',;&]{4,}/g,
  /(\b[a-z][\w+.-]*:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g,
];

/** Shortest value that is masked wherever it stands; a shorter one would blot out ordinary words. */
const SHORTEST_SECRET = 6;

/**
 * Makes a function that replaces secrets in a text by `[masked]`: well-known credential shapes, values that stand
 * after a name such as `API_KEY=`, and the `secrets` given (values of environment variables, say).
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
    if (!HINT.test(masked)) return masked;
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
