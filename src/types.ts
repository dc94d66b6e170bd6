import type { ErrorKind } from './errors/error-kind.ts';
import type { Plan } from './plan/types.ts';

export type TaskStatus = 'succeeded' | 'failed' | 'cancelled' | 'skipped';
export type RunStatus = 'succeeded' | 'partial' | 'failed' | 'cancelled';
export type Complexity = 'simple' | 'medium' | 'complex' | 'critical';
export type Schedule = 'wave' | 'eager';
export type OnDependencyFailure = 'proceed' | 'skip' | 'abort';

/** A piece of text found by the retrieve phase, with the place it stands in. */
export interface Passage {
  /** Stable within a run: `path:startLine-endLine`. */
  id: string;
  /** Relative to the directory that was searched, with forward slashes. */
  path: string;
  /** 1-based, inclusive. */
  startLine: number;
  endLine: number;
  text: string;
  /** Relevance, higher is better; comparable within one retrieval only. */
  score: number;
}

/** Which agent a task was given to, and how well it fits. */
export interface AgentMatch {
  taskId: string;
  agentId: string;
  quality: 'excellent' | 'acceptable' | 'insufficient';
  reason: string;
}

/** What one attempt used, as its agent reported it. */
export interface Usage {
  inputTokens?: number;
  /** The part of `inputTokens` that came from the provider's own cache, which is often cheaper. */
  cachedInputTokens?: number;
  outputTokens?: number;
  /** Default: input and output together. */
  totalTokens?: number;
  /** What it cost in US dollars, where the agent knows that itself; wins over a table of prices. */
  costUsd?: number;
}

/** What a whole run used, by every attempt that reported it: failed ones too. */
export interface UsageTotals {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** US dollars; absent when no attempt's cost is known. */
  costUsd?: number;
}

/** What an agent gets. */
export interface AgentRequest {
  /** The task's text, followed by what its dependencies produced and the passages found for it. */
  prompt: string;
  taskId: string;
  agentId: string;
  runId: string;
  /** 1 for the first execution of the task; every execution has its own number. */
  attempt: number;
  /** `run/task/attempt`: the idempotency key of this attempt. */
  key: string;
  /** Outputs of the task's succeeded dependencies, by task id. */
  dependencies: Record<string, string>;
  /** The user's question, in a run started by `ask`. */
  query?: string;
  /** The task's own text, without the context that `prompt` adds. */
  question: string;
  /** Passages found for the task, in a run started by `ask`. */
  passages?: readonly Passage[];
  /** Extra environment of the task, for agents that start a process. */
  env?: Record<string, string>;
  /** Working directory of the task, for agents that start a process. */
  cwd?: string;
  /** An earlier attempt of this task by this agent that named its session and may be continued instead of begun anew. */
  previous?: PreviousAttempt;
  /** Set for a fallback: whom it stands in for, and what failed. */
  insteadOf?: InsteadOf;
}

/** What the agent did that a fallback stands in for. */
export interface InsteadOf {
  agentId: string;
  /** Its attempts at this task; 0 when its circuit was open. */
  attempts: number;
  /** Why the last of them, or its start, failed. */
  error: TaskError | null;
}

/** What an attempt left behind that the next one may continue. */
export interface PreviousAttempt {
  /** The tool's own id of the conversation, as the agent reported it with `controls.session`. */
  session: string;
  /** Number of that attempt. */
  attempt: number;
  /** Why it did not finish. */
  error: TaskError | null;
  /** What this task's attempts in that session have used, as far as it is known; absent when nothing is. */
  usage?: Usage;
}

/** How an agent talks while it works. All of them are safe to call at any time, also after the attempt has ended. */
export interface AgentControls {
  /** Aborted when the attempt must stop: a clock is due, or the run was cancelled. `signal.reason` says why. */
  signal: AbortSignal;
  /** "I am alive": resets the idle clock, carries nothing. */
  heartbeat(): void;
  /** Text the agent produced: counts as activity and reaches `events$`; the answer is what the agent returns. */
  output(text: string, stream?: 'stdout' | 'stderr'): void;
  /** Work done so far. */
  progress(progress: { done?: number; total?: number; message?: string }): void;
  /**
   * Reports that the agent *seems* to have failed (an error pattern on stderr, say). It is stopped with this kind only
   * when it stays silent afterwards; output that follows clears the suspicion.
   */
  suspect(suspicion: { kind: ErrorKind; reason: string }): void;
  /**
   * Reports that the agent has stated its end: only its process, say, has not left yet. No clock of silence runs from here;
   * `policy.termination.lingerMs` after the last call, or the last work, the attempt is asked to stop. What it then returns or
   * throws counts, as it does when another clock or a cancel comes first. Call it again for every later sign of life.
   *
   * @param end Returns the stated answer or throws the stated failure; used when the attempt does not end at all.
   */
  conclude(end: () => AgentAnswer): void;
  /**
   * Names the session the agent works in, as soon as it is known. It is recorded with the attempt, and the next attempt of
   * this task by this agent finds it in `request.previous`, also in a run that is resumed after a crash.
   */
  session(id: string): void;
  /** How long a process may take to end after a polite signal before it is killed, milliseconds. */
  killGraceMs: number;
}

export type AgentAnswer =
  | string
  | {
      output: string;
      data?: unknown;
      usage?: Usage;
      /** True when `output` was cut to a limit. */
      truncated?: boolean;
    };

export type AgentFunction = (request: AgentRequest, controls: AgentControls) => AgentAnswer | Promise<AgentAnswer>;

/** An agent with its description; a bare function is an agent without one. */
export interface Agent {
  run: AgentFunction;
  /** What it is good at, in a sentence; the route phase reads it. */
  description?: string;
  /** Words the route phase matches against a task. */
  capabilities?: readonly string[];
  /** What kind of thing it is; decides the default start gap. Default `'function'`. */
  kind?: 'function' | 'command' | 'cli' | 'model';
  /** Agents of one provider share its start gap and its cooling after a rate limit. Default: the agent's own id. */
  provider?: string;
  /** Smallest gap between two starts at this provider, milliseconds. Default by kind: cli 2000, model 250, else 0. */
  staggerMs?: number;
  /** Most attempts of this agent in flight at once. Default: no limit of its own. */
  maxConcurrent?: number;
  /**
   * What its answers depend on beside what it is asked; when it changes, answers of earlier runs are no longer used (`cache`).
   * A function is asked each time, and gets where the task works; null: not now. Default: none, and its answers are used
   * again within their run alone.
   */
  version?: string | ((place: { cwd?: string; env?: Readonly<Record<string, string>> }) => string | null);
  /** The model it asks, by the name that `prices` has for it. */
  model?: string;
  /** An empty answer is a failure of kind `empty`. Default false. */
  requireOutput?: boolean;
  /** Made up for one plan: judged by the breaker's lenient thresholds. Default false. */
  adHoc?: boolean;
  /**
   * Whether it runs its prompt as code, as `bash -c` does. The questions of `ask` never use it: text that a model made would be run.
   * Default false; commands recognise shells and interpreters by themselves.
   */
  promptIsCode?: boolean;
  /** True when the agent itself kills what it started after `killGraceMs`; the executor then waits twice as long. */
  killsItself?: boolean;
}

export interface TaskError {
  kind: ErrorKind;
  message: string;
  retryable: boolean;
}

/** One execution of a task by one agent. */
export interface AttemptRecord {
  n: number;
  agentId: string;
  key: string;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  /** `abandoned`: it did not end in time after everything was done to stop it. */
  result: 'succeeded' | 'failed' | 'rate_limited' | 'cancelled' | 'abandoned';
  error: TaskError | null;
  usage?: Usage;
  /** The tool's own id of the conversation, when the agent named one. */
  session?: string;
}

export interface TaskOutcome {
  taskId: string;
  /** The agent the task was routed to, also after a fallback. */
  agentId: string;
  status: TaskStatus;
  via: 'agent' | 'fallback' | 'cache' | null;
  output: string;
  outputTruncated: boolean;
  /** Structured part of the answer, when the agent gave one. */
  data?: unknown;
  error: TaskError | null;
  attempts: AttemptRecord[];
  /** 1-based. */
  wave: number;
  /** True when it ran although some of its dependencies had failed. */
  partialContext: boolean;
  /** Time between being ready and the first start, milliseconds. */
  queuedMs: number;
  /** First start, epoch milliseconds; null when it never started. */
  startedAt: number | null;
  settledAt: number;
  /** `settledAt − startedAt`, 0 when it never started. */
  durationMs: number;
}

export interface BreakerMetrics {
  state: 'closed' | 'open' | 'halfOpen';
  failures: number;
  opened: number;
  halfOpened: number;
  closed: number;
  rejected: number;
}

/** How a phase of a question was done. */
export interface PhaseRecord {
  phase: 'assess' | 'retrieve' | 'decompose' | 'route' | 'synthesize';
  /** The agent whose answer it is made of, by id; `offline`: no agent's. */
  by: string;
  /** Questions put to agents, and the attempts that were made to answer them. */
  calls: number;
  attempts: number;
  /** Those of the calls that an earlier run had the answer to (`cache`); absent when there was none. */
  cached?: number;
  durationMs: number;
  /** Of all attempts together, where agents reported it. */
  usage?: Usage;
  /** What the user was told of it. */
  note?: string;
}

export interface RunMetadata {
  totalTasks: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  /** Task ids by wave. */
  waves: string[][];
  fallbackCount: number;
  retriedTasks: { taskId: string; agentId: string; retries: number }[];
  circuitBlocked: { taskId: string; agentId: string; reason: string }[];
  earlyTerminations: { taskId: string; agentId: string; kind: ErrorKind; reason: string; detectedMs: number }[];
  /** Of every agent that was asked, by the tasks or by the phases of a question. */
  breakers: Record<string, BreakerMetrics>;
  /** Of the tasks, and of what phases asked: `taskId` is then `phase:…`. */
  rateLimits: { agentId: string; taskId: string; resumeAt: number }[];
  heartbeats: { taskId: string; agentId: string; events: number; longestSilenceMs: number }[];
  /** Who did each phase of a question, in order; empty in a run of a plan. `collect` is the tasks' own. */
  phases: PhaseRecord[];
  cacheHits: number;
  /** Tokens and cost that the agents reported; 0 tokens when none did. */
  usage: UsageTotals;
  peakConcurrency: number;
  totalDurationMs: number;
  criticalPathMs: number;
}

export interface RunResult {
  runId: string;
  status: RunStatus;
  /** In plan order; every task of the plan exactly once. */
  outcomes: TaskOutcome[];
  metadata: RunMetadata;
  /** Why the run broke or was stopped; absent otherwise. */
  error?: TaskError;
  query?: string;
  complexity?: Complexity;
  /** In a run of a question: what it was taken apart into. */
  plan?: Plan;
  answer?: string;
  confidence?: number;
  sources?: Source[];
}

/** Where a statement of the answer comes from. */
export interface Source {
  taskId: string;
  path: string;
  startLine: number;
  endLine: number;
}
