/** Price of a model, in US dollars for a million tokens. There is no price built in. */
export interface Price {
  inputPerMillion: number;
  outputPerMillion: number;
  /** Input that came from the provider's own cache. Default: `inputPerMillion`. */
  cachedInputPerMillion?: number;
}

/** Upper bounds of a run, checked before every start. */
export interface Budget {
  /** Time since the run began, milliseconds. */
  timeMs?: number;
  /** Executions of any task, retries and fallbacks included. */
  attempts?: number;
  /** Tokens reported by the agents, in and out. */
  tokens?: number;
  /** US dollars, as the agents report them or as `prices` makes of their tokens. */
  costUsd?: number;
}
