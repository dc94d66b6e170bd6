import { AgentError } from '../../errors/agent-error.ts';
import { SoarError } from '../../errors/soar-error.ts';
import type { AgentSpec, ModelAgentSpec } from '../../plan/types.ts';
import { quoted } from '../../text/foreign-text.ts';
import { learnSecret, learnSecrets } from '../../text/mask/learned.ts';
import type { Agent } from '../../types/agent.ts';
import { ownOriginFetch } from './own-origin-fetch.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * An agent that asks a model at an OpenAI-compatible address. The packages that do it are imported when it is first asked, so
 * that a run of commands does not wait for them.
 *
 * @throws SoarError `invalid-options` for an invalid address.
 * @param env Where the key is, looked up at every attempt. Default: this process's environment.
 */
export function modelAgentAt(spec: ModelAgentSpec, env: Environment = process.env): Agent {
  const { baseURL, model, apiKeyEnv, headers = {}, system, temperature, maxOutputTokens } = spec;
  const { description, capabilities, staggerMs, maxConcurrent, requireOutput } = spec;
  if (!URL.canParse(baseURL)) {
    throw new SoarError('invalid-options', `Expected \`baseURL\` to be a URL, got ${quoted(baseURL)}.`);
  }
  learnSecrets(headers);
  if (apiKeyEnv !== undefined) learnSecret(env[apiKeyEnv], apiKeyEnv);
  const settings = { system, temperature, maxOutputTokens };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return {
    kind: 'model',
    model,
    description: description ?? `The model ${model}.`,
    provider: spec.provider ?? new URL(baseURL).host,
    version: JSON.stringify([baseURL, model, system, temperature, maxOutputTokens, Object.entries(headers).sort()]),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(staggerMs === undefined ? {} : { staggerMs }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(requireOutput === undefined ? {} : { requireOutput }),
    async run(request, controls) {
      if (apiKeyEnv !== undefined) learnSecret(env[apiKeyEnv]?.trim(), apiKeyEnv);
      const missing = missingKey(spec, env);
      if (missing !== null) throw new AgentError('auth', missing);
      const apiKey = apiKeyEnv === undefined ? undefined : env[apiKeyEnv]?.trim();
      const { createOpenAICompatible, askModel } = await packages();
      const provider = createOpenAICompatible({
        name: 'model',
        baseURL,
        headers: { ...headers },
        includeUsage: true,
        fetch: ownOriginFetch,
        ...(apiKey === undefined ? {} : { apiKey }),
      });
      const secrets = [...(apiKey === undefined ? [] : [apiKey]), ...Object.values(headers)];
      return askModel(provider(model), given, request, controls, secrets);
    },
  };
}

async function packages() {
  try {
    const [{ createOpenAICompatible }, { askModel }] = await Promise.all([
      import('@ai-sdk/openai-compatible'),
      import('../../agents/ai-sdk/ask-model.ts'),
    ]);
    return { createOpenAICompatible, askModel };
  } catch (cause) {
    const message = `Models need the packages \`ai\` (7) and \`@ai-sdk/openai-compatible\`, which cannot be loaded here; install them with \`npm install ai @ai-sdk/openai-compatible\` (${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}).`;
    throw new AgentError('invalid_request', message);
  }
}

/** Fault of a model's key, as a sentence; null without one, or when it needs no key. */
export function missingKey({ model, apiKeyEnv }: ModelAgentSpec, env: Environment): string | null {
  if (apiKeyEnv === undefined) return null;
  const key = env[apiKeyEnv]?.trim() ?? '';
  if (key === '') return `Model ${model} needs a key in the environment variable ${apiKeyEnv}, which is not set.`;
  // What cannot stand in a header would be thrown back by it, key and all.
  return /^[\x21-\x7e]+$/.test(key)
    ? null
    : `The environment variable ${apiKeyEnv} holds no key for model ${model}: it has spaces, line breaks or letters no key has.`;
}

/** Faults of the keys of the models among these agents, one sentence each. */
export function missingKeys(
  specs: Readonly<Record<string, AgentSpec>>,
  ids: Iterable<string>,
  env: Environment = process.env,
): string[] {
  return [...new Set(ids)].flatMap((id) => {
    const spec = Object.hasOwn(specs, id) ? specs[id] : undefined;
    const missing = spec?.kind === 'model' ? missingKey(spec, env) : null;
    return missing === null ? [] : [`Agent ${quoted(id)}: ${missing}`];
  });
}
