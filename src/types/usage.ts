/** Usage of one attempt, as its agent reported it. */
export interface Usage {
  inputTokens?: number;
  /** The part of `inputTokens` that came from the provider's own cache, which is often cheaper. */
  cachedInputTokens?: number;
  outputTokens?: number;
  /** Default: input and output together. */
  totalTokens?: number;
  /** Cost in US dollars, where the agent knows that itself; wins over a table of prices. */
  costUsd?: number;
}

/** Usage of a whole run: of every attempt that reported it, failed ones too. */
export interface UsageTotals {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** US dollars; absent when no attempt's cost is known. */
  costUsd?: number;
}
