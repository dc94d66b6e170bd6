import { isStepCount, type LanguageModel, type LanguageModelUsage, streamText, type ToolSet } from 'ai';
import { AgentError } from '../../errors/agent-error.ts';
import type { MaskStream } from '../../text/mask/mask-stream.ts';
import { maskOfValues } from '../../text/mask/secret-mask.ts';
import type { AgentAnswer, AgentControls, AgentRequest } from '../../types/agent.ts';
import type { Usage } from '../../types/usage.ts';
import { toAgentError } from './model-error.ts';
import type { ModelSettings } from './model-settings.ts';

/** Default number of steps of a model with tools; the SDK's own agents have the same. */
const TOOL_STEPS = 20;

/** Parts of a call received so far. */
interface Heard {
  /** The text of each step; a step begins after the results of tools. */
  steps: string[];
  usage: Usage | undefined;
  finish: { reason: string; raw: string | undefined } | null;
  error: { thrown: unknown } | null;
}

/**
 * Asks a model once and streams its answer. What fails is thrown as an {@link AgentError}, with the text that had come and the
 * tokens it took.
 *
 * @param secrets Values that must not get out, in an error or an answer, should the server repeat them.
 */
export async function askModel(
  model: LanguageModel,
  settings: ModelSettings,
  request: AgentRequest,
  controls: AgentControls,
  secrets: readonly string[] = [],
): Promise<AgentAnswer> {
  const { signal } = controls;
  signal.throwIfAborted();
  const { mask: clean, stream } = maskOfValues(secrets);
  const heard: Heard = { steps: [''], usage: undefined, finish: null, error: null };
  try {
    await listen(model, settings, request, controls, heard, stream());
  } catch (thrown) {
    heard.error ??= { thrown };
  }
  const output = clean(answerOf(heard.steps));
  const { usage } = heard;
  if (signal.aborted) throw new AgentError('cancelled', reasonOf(signal), { output, usage });
  const failed = { model: nameOf(model), output: clean(heard.steps.join('')), usage, secrets, now: Date.now() };
  if (heard.error) throw toAgentError(heard.error.thrown, failed);
  const fault = faultOf(heard, failed.model, settings);
  if (fault) throw new AgentError(fault.kind, fault.message, { output: failed.output, usage, ...fault.options });
  return { output, ...(usage ? { usage } : {}) };
}

async function listen(
  model: LanguageModel,
  { system, stopWhen, tools, ...settings }: ModelSettings,
  { prompt }: AgentRequest,
  { signal, heartbeat, output }: AgentControls,
  heard: Heard,
  shown: MaskStream,
): Promise<void> {
  const { stream } = streamText<ToolSet>({
    ...settings,
    model,
    prompt,
    abortSignal: signal,
    // Retries are states of the task that asks; two that retry would multiply.
    maxRetries: 0,
    // Without this the SDK prints the error, with the whole request in it.
    onError: () => {},
    ...(system === undefined ? {} : { instructions: system }),
    ...(tools ? { tools, stopWhen: stopWhen ?? isStepCount(TOOL_STEPS) } : {}),
  });
  // A piece that is held back is a sign of life all the same.
  const show = (text: string) => (text === '' ? heartbeat() : output(text));
  for await (const part of stream) {
    switch (part.type) {
      case 'text-delta':
        heard.steps.push(`${heard.steps.pop() ?? ''}${part.text}`);
        show(shown.push(part.text));
        break;
      case 'text-end':
        show(shown.end());
        break;
      case 'start-step':
        if (heard.steps.at(-1) !== '') heard.steps.push('');
        heartbeat();
        break;
      case 'finish-step':
        heard.usage = plus(heard.usage, part.usage);
        heartbeat();
        break;
      case 'finish':
        heard.finish = { reason: part.finishReason, raw: part.rawFinishReason };
        break;
      case 'error':
        // The stream continues to its end, which carries the usage.
        heard.error ??= { thrown: part.error };
        break;
      default:
        // Thinking, tools and their results: no text of the answer, and yet a sign of life.
        heartbeat();
    }
  }
}

/** Reason that a complete answer is invalid; null when it is valid. */
function faultOf(
  { steps, finish }: Heard,
  model: string,
  { maxOutputTokens, tools }: ModelSettings,
): { kind: 'output_limit' | 'inference' | 'transient'; message: string; options?: object } | null {
  const limit = maxOutputTokens === undefined ? 'its limit of output tokens' : `${maxOutputTokens} output tokens`;
  switch (finish?.reason) {
    case 'length': {
      const message = `The answer of model ${model} was cut at ${limit}. Raise \`maxOutputTokens\`, or ask for less.`;
      return { kind: 'output_limit', message, options: { truncated: true } };
    }
    case 'content-filter': {
      const message = `Model ${model} withheld its answer: a content filter or a refusal (${finish.raw ?? 'content-filter'}).`;
      return { kind: 'inference', message, options: { retryable: false } };
    }
    case 'tool-calls': {
      const message = tools
        ? `Model ${model} still called tools when it had to stop; raise \`stopWhen\`.`
        : `Model ${model} called a tool, and it was given none.`;
      return answerOf(steps) === '' ? { kind: 'inference', message } : null;
    }
    case 'stop':
    case 'other':
      return null;
    default:
      return { kind: 'transient', message: `The answer of model ${model} broke off without saying why.` };
  }
}

/** The last step that said something: what came before were words around the calls of tools. */
function answerOf(steps: readonly string[]): string {
  return steps.findLast((text) => text !== '') ?? '';
}

function plus(sum: Usage | undefined, step: LanguageModelUsage): Usage | undefined {
  const { inputTokens, outputTokens, totalTokens, inputTokenDetails } = step;
  const said = {
    inputTokens,
    cachedInputTokens: inputTokenDetails?.cacheReadTokens || undefined,
    outputTokens,
    totalTokens,
  };
  const counts = Object.entries(said).filter(([, count]) => count !== undefined);
  if (counts.length === 0) return sum;
  const before = { ...sum } as Record<string, number | undefined>;
  return { ...sum, ...Object.fromEntries(counts.map(([name, count = 0]) => [name, (before[name] ?? 0) + count])) };
}

export function nameOf(model: LanguageModel): string {
  return typeof model === 'string' ? model : model.modelId;
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : 'It was asked to stop.';
}
