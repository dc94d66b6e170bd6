import type { LanguageModel } from 'ai';
import { keysOf, requireKnownKeys } from '../../errors/known-keys.ts';
import type { Agent } from '../../types/agent.ts';
import { askModel, nameOf } from './ask-model.ts';
import type { ModelSettings } from './model-settings.ts';

export interface ModelAgentOptions extends ModelSettings, Omit<Agent, 'run' | 'kind' | 'killsItself' | 'model'> {
  /** Any model of the AI SDK: `openai('gpt-5-mini')`, `ollama('llama3.2')`, or an id of its gateway. */
  model: LanguageModel;
}

const OPTIONS = keysOf<ModelAgentOptions>({
  ...{ model: true, system: true, temperature: true, maxOutputTokens: true, topP: true, topK: true },
  ...{ presencePenalty: true, frequencyPenalty: true, stopSequences: true, seed: true, stopWhen: true },
  ...{ toolChoice: true, tools: true, providerOptions: true, headers: true },
  ...{ description: true, capabilities: true, provider: true, staggerMs: true, maxConcurrent: true },
  ...{ requireOutput: true, adHoc: true, version: true, promptIsCode: true },
});

/**
 * An agent that asks a model, by way of the AI SDK. The answer is streamed and is the model's whole text; the SDK's own retries are
 * off, since retries, rate limits and fallbacks are states of the task. Statuses, headers and names of errors become error kinds,
 * `Retry-After` a time of cooling, and the tokens of every attempt are recorded. Stopping the attempt aborts the request.
 *
 * Agents of one provider share their start gap and their cooling: `provider` is the model's own, unless it is given.
 *
 * @throws {SoarError} `invalid-options` for an option that it does not have.
 * @example
 * const soar = createSoar({ agents: { llm: modelAgent({ model: openai('gpt-5-mini'), system: 'Answer in one sentence.' }) } });
 */
export function modelAgent(options: ModelAgentOptions): Agent {
  requireKnownKeys('modelAgent', options, OPTIONS);
  const {
    model,
    description,
    capabilities,
    provider,
    staggerMs,
    maxConcurrent,
    requireOutput,
    adHoc,
    version,
    ...settings
  } = options;
  return {
    kind: 'model',
    model: nameOf(model),
    description: description ?? `The model ${nameOf(model)}.`,
    provider: provider ?? providerOf(model),
    ...(version === undefined ? {} : { version }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(staggerMs === undefined ? {} : { staggerMs }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(requireOutput === undefined ? {} : { requireOutput }),
    ...(adHoc === undefined ? {} : { adHoc }),
    run: (request, controls) => askModel(model, settings, request, controls),
  };
}

/** `openai.responses` is of `openai`, and so is the gateway's `openai/gpt-5-mini`. */
function providerOf(model: LanguageModel): string {
  const [name = 'model'] = typeof model === 'string' ? model.split('/') : model.provider.split('.');
  return name;
}
