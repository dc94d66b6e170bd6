import type { streamText, ToolSet } from 'ai';

type StreamTextOptions = Parameters<typeof streamText<ToolSet>>[0];

/** How a model is asked: settings of the AI SDK, by its names. */
export interface ModelSettings
  extends Pick<
    StreamTextOptions,
    'topP' | 'topK' | 'presencePenalty' | 'frequencyPenalty' | 'stopSequences' | 'seed' | 'stopWhen' | 'toolChoice'
  > {
  /** Instructions that come before the prompt. Default: none. */
  system?: string;
  /** How much chance there is in the answer, in the provider's own range. Default: the model's own. */
  temperature?: number;
  /** Most tokens of an answer; one that is cut there fails as `output_limit`. Default: the model's own. */
  maxOutputTokens?: number;
  /** Settings of the provider alone, by its name. */
  providerOptions?: StreamTextOptions['providerOptions'];
  /** More headers of the request. */
  headers?: Record<string, string | undefined>;
  /** Tools the model may call; it continues with their results until `stopWhen`. Default: none. */
  tools?: ToolSet;
}
