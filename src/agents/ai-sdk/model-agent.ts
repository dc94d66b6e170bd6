import type { LanguageModel } from 'ai';
import type { Agent } from '../../types.ts';
import { askModel, nameOf } from './ask-model.ts';
import type { ModelSettings } from './model-settings.ts';

export interface ModelAgentOptions extends ModelSettings, Omit<Agent, 'run' | 'kind' | 'killsItself' | 'model'> {
  /** Any model of the AI SDK: `openai('gpt-5-mini')`, `ollama('llama3.2')`, or an id of its gateway. */
  model: LanguageModel;
}

/**
 * An agent that asks a model, by way of the AI SDK. The answer is streamed and is the model's whole text; the SDK's own retries are
 * off, since retries, rate limits and fallbacks are states of the task. Statuses, headers and names of errors become error kinds,
 * `Retry-After` a time of cooling, and the tokens of every attempt are recorded. Stopping the attempt aborts the request.
 *
 * Agents of one provider share their start gap and their cooling: `provider` is the model's own, unless it is given.
 *
 * @example
 * const soar = createSoar({ agents: { llm: modelAgent({ model: openai('gpt-5-mini'), system: 'Answer in one sentence.' }) } });
 */
export function modelAgent(options: ModelAgentOptions): Agent {
  const { model, description, capabilities, provider, staggerMs, maxConcurrent, requireOutput, adHoc, ...rest } =
    options;
  const { version = versionOf(options), ...settings } = rest;
  return {
    kind: 'model',
    model: nameOf(model),
    description: description ?? `The model ${nameOf(model)}.`,
    provider: provider ?? providerOf(model),
    ...(version === null ? {} : { version }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(staggerMs === undefined ? {} : { staggerMs }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(requireOutput === undefined ? {} : { requireOutput }),
    ...(adHoc === undefined ? {} : { adHoc }),
    run: (request, controls) => askModel(model, settings, request, controls),
  };
}

/** What its answers depend on, as one text; null where tools bring in what cannot be told. */
function versionOf({ model, tools, stopWhen, headers: _, ...rest }: ModelAgentOptions): string | null {
  if (tools || stopWhen) return null;
  const {
    description: _d,
    capabilities: _c,
    provider: _p,
    staggerMs: _s,
    maxConcurrent: _m,
    adHoc: _a,
    ...settings
  } = rest;
  const of = typeof model === 'string' ? model : `${model.provider} ${model.modelId}`;
  return JSON.stringify([of, Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** `openai.responses` is of `openai`, and so is the gateway's `openai/gpt-5-mini`. */
function providerOf(model: LanguageModel): string {
  const [name = 'model'] = typeof model === 'string' ? model.split('/') : model.provider.split('.');
  return name;
}
