/** A shorter value would blot out ordinary words. */
const SHORTEST_SECRET = 8;

const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET)$|PASSWORD|PASSWD|CREDENTIAL/i;

/**
 * The secret-looking variables of an environment, by name: `*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*`, of 8 characters or
 * more. The longest first, since one may be a part of another.
 */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const secrets = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && value.length >= SHORTEST_SECRET && SECRET_NAME.test(name) && /^\w+$/.test(name);
  });
  return new Map(secrets.sort(([, a], [, b]) => b.length - a.length));
}

/** Cheap to look for: without one of these there is no credential of a well-known shape in a text. */
const HINT = /sk-|[spr]k_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|npm_|hf_|eyJ|earer|PRIVATE KEY/;

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
    String.raw`npm_\w{30,}`,
    String.raw`hf_\w{30,}`,
    String.raw`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
  ].join('|')})`,
  'g',
);
/** Words may follow a "bearer", a long one or one with a digit is none. */
const BEARER = new RegExp(String.raw`(${START}[Bb]earer\s+)(?:(?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}|[\w.~+/=-]{16,})`, 'g');
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\\?"|$))/g;

/**
 * Replaces credentials of well-known shapes: sk-…, ghp_…, AKIA…, xox…, Bearer …, JSON web tokens, PEM private keys. In plain
 * text and in JSON, which stays JSON.
 */
export function maskCredentials(text: string, mark: string): string {
  if (!HINT.test(text)) return text;
  return text.replace(PRIVATE_KEY, mark).replace(SHAPES, mark).replace(BEARER, `$1${mark}`);
}
