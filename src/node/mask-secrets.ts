import { MASKED } from '../journal/resume.ts';
import { maskCredentials, secretsOf } from '../text/credentials.ts';

/** Takes secrets out of texts that are stored or printed, and puts back those that the environment still has. */
export interface SecretMask {
  /** Of plain text, or of JSON, which stays JSON. */
  mask(text: string): string;
  /** Of JSON that is stored: also marks what only looks like a masked secret, lest it come back as one. */
  seal(json: string): string;
  /**
   * Of JSON that was sealed: what looked like a masked secret is as it was, and secrets come back.
   *
   * @param lost Stands for those that do not. Default `«masked»`.
   */
  unmask(json: string, lost?: string): string;
  /** Of JSON that was sealed: the same, and secrets stay masked. */
  unseal(json: string): string;
}

const NAMED = '«masked:';
/** No name of a variable begins so. */
const LOOKALIKE = `${NAMED}:`;
/** Stands for a text that is the mark of a secret and none; neither does a name begin so. */
const LITERAL = `${NAMED};»`;
const MARKS = /«masked(?:»|:(?:(:)|(;»)|(\w+)»))/g;
const ESCAPES = /«masked:(?:(:)|;»)/g;

/** A text as it stands in JSON. */
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/**
 * Makes a mask for the values of an environment's secret-looking variables (`*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*`, 8
 * characters or more), which leave their name behind, and for credentials of well-known shapes, which leave nothing.
 *
 * @example
 * const { mask, unmask } = createSecretMask({ API_KEY: 'abcd1234' });
 * mask('{"prompt":"use abcd1234"}'); // '{"prompt":"use «masked:API_KEY»"}'
 */
export function createSecretMask(env: Readonly<Record<string, string | undefined>>): SecretMask {
  const secrets = secretsOf(env);
  const forms = [...secrets].flatMap(([name, value]) =>
    [...new Set([inJson(value), value])].map((form) => [form, name]),
  );
  const mask = (text: string) => {
    let masked = text;
    for (const [form = '', name] of forms) {
      if (masked.includes(form)) masked = masked.replaceAll(form, `${NAMED}${name}»`);
    }
    return maskShapes(masked);
  };
  return {
    mask,
    seal: (json) => mask(json.replaceAll(NAMED, LOOKALIKE).replaceAll(MASKED, LITERAL)),
    unmask: (json, lost = MASKED) =>
      json.replace(MARKS, (_, isLookalike?: string, isLiteral?: string, name?: string) => {
        if (isLookalike) return NAMED;
        if (isLiteral) return MASKED;
        const value = name === undefined ? undefined : secrets.get(name);
        return value === undefined ? lost : inJson(value);
      }),
    unseal: (json) => json.replace(ESCAPES, (_, isLookalike?: string) => (isLookalike ? NAMED : MASKED)),
  };
}

/** Credentials of well-known shapes: sk-…, ghp_…, AKIA…, xox…, Bearer …, JSON web tokens, PEM private keys. */
export function maskShapes(text: string): string {
  return maskCredentials(text, MASKED);
}
