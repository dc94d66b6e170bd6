import type { Usage } from '../types/usage.ts';

/** Question of a phase to an agent. */
export interface PhaseCall {
  /** Names the call within its phase, such as `decompose` or `decompose-repair`; unique in the phase. */
  name: string;
  prompt: string;
  /** Id of the agent that answers. */
  agentId: string;
  /**
   * Whether an answer is of use. With `cache` only such an answer is kept for other runs, and only such a one of another run is
   * used; whatever it says, this run gets the answer it was given. Default: every answer is.
   */
  accepts?: (answer: PhaseAnswer) => boolean;
  /**
   * Name of the call before it in this phase whose answer was of no use, and which this one asks again with more words. With `cache`
   * its answer is kept as the answer to that one, when the same agent is asked. Default: a question of its own.
   */
  repairs?: string;
}

export interface PhaseAnswer {
  output: string;
  /** Structured part of the answer, when the agent gave one. */
  data?: unknown;
  usage?: Usage;
  /** The agent that answered in the end; another one after a fallback. */
  agentId: string;
}

/** Effects available to a phase. */
export interface PhaseControls {
  /** Aborted when the run is cancelled. */
  signal: AbortSignal;
  /**
   * Asks an agent by way of the engine: it waits for its turn at the gate, is retried, cooled and stopped like a task, and counts
   * against the run's budget. Rejects with an `AgentError` when there is no answer in the end.
   */
  call(call: PhaseCall): Promise<PhaseAnswer>;
  /**
   * Notes something for the user, such as a fall back to offline logic. Becomes a `phase.note` of the run, and stays in
   * `metadata.phases`.
   *
   * @param about.by Who does the phase in the end, where it is not the agent that answered last: `'offline'` after a fallback.
   */
  note(message: string, about?: { by?: string }): void;
}
