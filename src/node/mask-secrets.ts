import { MASKED } from '../journal/resume.ts';
import { maskCredentials, secretsOf } from '../text/credentials.ts';

/** Takes secrets out of texts that are stored or printed, and puts back those that the environment still has. */
export interface SecretMask {
  /** Of plain text, or of JSON, which stays JSON. */
  mask(text: string): string;
  /** Of JSON. */
  unmask(json: string): string;
}

const NAMED = /«masked:(\w+)»/g;

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
  return {
    mask(text) {
      let masked = text;
      for (const [form = '', name] of forms) {
        if (masked.includes(form)) masked = masked.replaceAll(form, `«masked:${name}»`);
      }
      return maskShapes(masked);
    },
    unmask(json) {
      if (!json.includes('«masked:')) return json;
      return json.replace(NAMED, (_, name: string) => {
        const value = secrets.get(name);
        return value === undefined ? MASKED : inJson(value);
      });
    },
  };
}

/** Credentials of well-known shapes: sk-…, ghp_…, AKIA…, xox…, Bearer …, JSON web tokens, PEM private keys. */
export function maskShapes(text: string): string {
  return maskCredentials(text, MASKED);
}
