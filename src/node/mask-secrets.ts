import { MASKED } from '../journal/resume.ts';
import { maskCredentials, secretsOf } from '../text/credentials.ts';
import { changeTexts } from './structure.ts';

/** Takes secrets out of texts that are stored or printed, and puts back those that the environment still has. */
export interface SecretMask {
  /** Of plain text. */
  mask(text: string): string;
  /** Of JSON of our formats: of its texts and ids. Keys, and words such as a status, stay what they are. */
  maskJson(json: string): string;
  /** Of JSON that is stored: the same; also marks what only looks like a masked secret, lest it come back as one. */
  seal(json: string): string;
  /**
   * Of JSON that was sealed: what looked like a masked secret is as it was, and secrets come back.
   *
   * @param lost Stands for those that do not. Default `«masked»`.
   */
  unmask(json: string, lost?: string): string;
  /** Of JSON that was sealed: the same, and secrets stay masked but in ids. */
  unseal(json: string): string;
}

const MARKED = '«masked';
const NAMED = `${MARKED}:`;
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
 * const { mask } = createSecretMask({ API_KEY: 'abcd1234' });
 * mask('use abcd1234'); // 'use «masked:API_KEY»'
 */
export function createSecretMask(env: Readonly<Record<string, string | undefined>>): SecretMask {
  const secrets = secretsOf(env);
  const names = new Map(
    [...secrets].flatMap(([name, value]) => [[inJson(value), name] as const, [value, name] as const]),
  );
  // All at once: a secret may be a part of another one's name.
  const forms = [...names.keys()].sort((a, b) => b.length - a.length).map((form) => form.replace(/[^\w\s]/gu, '\\$&'));
  const values = forms.length > 0 ? new RegExp(forms.join('|'), 'g') : null;
  const mask = (text: string) =>
    maskShapes(values ? text.replace(values, (form) => `${NAMED}${names.get(form)}»`) : text);
  const maskJson = (json: string) => (mask(json) === json ? json : changeTexts(json, { text: mask, id: mask }));
  const unmask = (json: string, lost = MASKED) =>
    json.replace(MARKS, (_, isLookalike?: string, isLiteral?: string, name?: string) => {
      if (isLookalike) return NAMED;
      if (isLiteral) return MASKED;
      const value = name === undefined ? undefined : secrets.get(name);
      return value === undefined ? lost : inJson(value);
    });
  const unseal = (text: string) => text.replace(ESCAPES, (_, isLookalike?: string) => (isLookalike ? NAMED : MASKED));
  const asItWas = (id: string) => JSON.parse(unmask(JSON.stringify(id))) as string;
  return {
    mask,
    maskJson,
    seal: (json) => maskJson(json.replaceAll(NAMED, LOOKALIKE).replaceAll(MASKED, LITERAL)),
    unmask,
    unseal: (json) => (json.includes(MARKED) ? changeTexts(json, { text: unseal, id: asItWas }) : json),
  };
}

/** Credentials of well-known shapes: sk-…, ghp_…, AKIA…, xox…, Bearer …, JSON web tokens, PEM private keys. */
export function maskShapes(text: string): string {
  return maskCredentials(text, MASKED);
}
