import * as z from 'zod/v4/mini';
import { AgentError } from '../../errors/agent-error.ts';
import { didYouMean } from '../../errors/nearest.ts';
import type { ModelAgentSpec } from '../../plan/types.ts';
import { withoutEnd } from '../../text/without-end.ts';
import { missingKey } from './model-agent.ts';
import { ownOriginFetch } from './own-origin-fetch.ts';

/** Result of a look at a model's server. */
export interface ModelCheck {
  ok: boolean;
  /** Advice; also for a model that may work, where that is unknown. */
  hint: string | null;
}

const listSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Most models named in a hint. */
const NAMED = 5;

/**
 * Whether a model can be asked: its key is there, its server answers `GET {baseURL}/models` and has the model. Asks the model
 * nothing, so it costs nothing.
 *
 * @param timeoutMs How long the server may take.
 */
export async function checkModel(
  spec: ModelAgentSpec,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<ModelCheck> {
  const { baseURL, model, apiKeyEnv, headers = {} } = spec;
  const missing = missingKey(spec, env);
  if (missing !== null) return { ok: false, hint: missing };
  const key = apiKeyEnv === undefined ? undefined : env[apiKeyEnv]?.trim();
  const url = `${withoutEnd(baseURL, (character) => character === '/')}/models`;
  try {
    const response = await ownOriginFetch(url, {
      headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = await response.json().catch(() => null);
    return judged(spec, response.status, body);
  } catch (error) {
    if (AgentError.isInstance(error)) return { ok: false, hint: error.message };
    const why = isTimeout(error)
      ? `did not answer within ${timeoutMs} ms`
      : `could not be reached (${reasonOf(error)})`;
    return { ok: false, hint: `${url} ${why}. Start the server of ${model}, or mend \`baseURL\`` };
  }
}

function judged({ baseURL, model, apiKeyEnv }: ModelAgentSpec, status: number, body: unknown): ModelCheck {
  if (status === 401 || status === 403) {
    const what = apiKeyEnv === undefined ? 'Its server wants a key: name its variable as `apiKeyEnv`' : '';
    return { ok: false, hint: what || `Its server refuses the key in ${apiKeyEnv} (HTTP ${status})` };
  }
  const list = listSchema.safeParse(body);
  if (status < 400 && list.success) {
    const ids = list.data.data.map(({ id }) => id);
    // Ollama lists `llama3.2:latest` for what users call `llama3.2`.
    if (ids.includes(model) || ids.includes(`${model}:latest`)) return { ok: true, hint: null };
    const some = ids.slice(0, NAMED).join(', ');
    const others = ids.length === 0 ? 'It has none' : `It has ${some}${ids.length > NAMED ? ', …' : ''}`;
    return { ok: false, hint: `Its server has no model \`${model}\`. ${others}.${didYouMean(model, ids)}` };
  }
  const isVersioned = /\/v\d[^/]*\/*$/.test(new URL(baseURL).pathname);
  if (!isVersioned) {
    return { ok: false, hint: `Its server answered HTTP ${status} and no list of models; most base URLs end in /v1` };
  }
  const hint = `Its server does not list its models (HTTP ${status}), so whether it has \`${model}\` is not known`;
  return { ok: status < 500, hint };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.message : String(error);
}
