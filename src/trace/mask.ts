import { maskCredentials } from '../text/credentials.ts';

export type Mask = (text: string) => string;

const MASKED = '[masked]';

/** What stands before a secret: the name stays, the value goes. Code that merely speaks of a token is left alone. */
const NAMED = [
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
    masked = maskCredentials(masked, MASKED);
    if (!/[=@]/.test(masked)) return masked;
    for (const named of NAMED) masked = masked.replace(named, `$1${MASKED}`);
    return masked;
  };
}
