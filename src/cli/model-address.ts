import { SoarError } from '../errors/soar-error.ts';
import type { ModelAgentSpec } from '../plan/types.ts';
import { quoted } from '../text/foreign-text.ts';
import { withoutEnd } from '../text/without-end.ts';

/** Where the key of a well-known address is. It is sent nowhere else. */
const KEYS: Readonly<Record<string, string>> = {
  'api.openai.com': 'OPENAI_API_KEY',
  'openrouter.ai': 'OPENROUTER_API_KEY',
  'api.groq.com': 'GROQ_API_KEY',
  'api.mistral.ai': 'MISTRAL_API_KEY',
  'api.deepseek.com': 'DEEPSEEK_API_KEY',
  'api.together.xyz': 'TOGETHER_API_KEY',
  'generativelanguage.googleapis.com': 'GEMINI_API_KEY',
};

/** Holds the key of any other address. */
const OTHER_KEY = 'SOAR_API_KEY';

/** Whether a model is given with its address, as in `http://127.0.0.1:11434/v1#llama3.2`. */
export function isAddress(model: string | null | undefined): model is string {
  return /^https?:\/\//i.test(model ?? '');
}

/**
 * The model at an address. Its key is that of the host where the host is well known; else `SOAR_API_KEY`, when that is set.
 *
 * @param from How the user gave it, for messages.
 * @throws SoarError `usage` for an address that is no URL or names no model.
 */
export function addressedModel(
  text: string,
  from: string,
  env: Readonly<Record<string, string | undefined>>,
): ModelAgentSpec {
  const at = text.indexOf('#');
  const baseURL = withoutEnd(at < 0 ? text : text.slice(0, at), (character) => character === '/');
  const model = at < 0 ? '' : text.slice(at + 1);
  if (!URL.canParse(baseURL) || model === '') {
    throw new SoarError(
      'usage',
      `Expected ${from} to name a model behind its address, as in http://127.0.0.1:11434/v1#llama3.2, got ${quoted(text)}.`,
    );
  }
  const apiKeyEnv = KEYS[new URL(baseURL).hostname] ?? (env[OTHER_KEY] ? OTHER_KEY : undefined);
  return { kind: 'model', baseURL, model, ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }) };
}
