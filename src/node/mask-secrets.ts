import { MASKED } from '../journal/resume.ts';

/** Takes secrets out of JSON texts that are stored, and puts back those that the environment still has. */
export interface SecretMask {
  mask(json: string): string;
  unmask(json: string): string;
}

/** A shorter value would blot out ordinary words. */
const SHORTEST_SECRET = 8;

const SECRET_NAME = /(?:_KEY|_TOKEN|_SECRET)$|PASSWORD/i;

const NAMED = /«masked:(\w+)»/g;

/** Cheap to look for: without one of these there is no credential of a well-known shape in a text. */
const HINT = /sk-|[spr]k_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|eyJ|earer|PRIVATE KEY/;

/** A line break in front of a credential is two characters in JSON, the last of them a letter. */
const START = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\\[bfnrt]))`;

const SHAPES = new RegExp(
  `${START}(?:${[
    String.raw`sk-(?=[A-Za-z_-]*\d)[\w-]{16,}`,
    String.raw`[spr]k_(?:live|test)_\w{10,}`,
    String.raw`gh[pousr]_\w{20,}`,
    String.raw`github_pat_\w{20,}`,
    String.raw`glpat-[\w-]{16,}`,
    String.raw`xox[abeoprs]-[\w-]{10,}`,
    '(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])',
    String.raw`AIza[\w-]{30,}`,
    String.raw`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
  ].join('|')})`,
  'g',
);
const BEARER = new RegExp(String.raw`(${START}[Bb]earer\s+)[\w.~+/=-]{16,}`, 'g');
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\\?"|$))/g;

/**
 * Makes a mask for the values of an environment's secret-looking variables (`*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*`, 8
 * characters or more), which leave their name behind, and for credentials of well-known shapes, which leave nothing.
 *
 * @example
 * const { mask, unmask } = createSecretMask({ API_KEY: 'abcd1234' });
 * mask('{"prompt":"use abcd1234"}'); // '{"prompt":"use «masked:API_KEY»"}'
 */
export function createSecretMask(env: Readonly<Record<string, string | undefined>>): SecretMask {
  const secrets = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value && value.length >= SHORTEST_SECRET && SECRET_NAME.test(name) && /^\w+$/.test(name)) {
      secrets.set(name, JSON.stringify(value).slice(1, -1));
    }
  }
  // The longest first, since one may be a part of another.
  const byLength = [...secrets].sort(([, a], [, b]) => b.length - a.length);
  return {
    mask(json) {
      let masked = json;
      for (const [name, value] of byLength) {
        if (masked.includes(value)) masked = masked.replaceAll(value, `«masked:${name}»`);
      }
      return maskShapes(masked);
    },
    unmask: (json) =>
      json.includes('«masked:') ? json.replace(NAMED, (_, name: string) => secrets.get(name) ?? MASKED) : json,
  };
}

/** Credentials of well-known shapes: sk-…, ghp_…, AKIA…, xox…, Bearer …, JSON web tokens, PEM private keys. */
export function maskShapes(text: string): string {
  if (!HINT.test(text)) return text;
  return text.replace(PRIVATE_KEY, MASKED).replace(SHAPES, MASKED).replace(BEARER, `$1${MASKED}`);
}
