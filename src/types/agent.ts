import type { ErrorKind } from './error-kind.ts';
import type { Passage } from './passage.ts';
import type { TaskError } from './task.ts';
import type { Usage } from './usage.ts';

/** Request to an agent. */
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

/** Failure of the agent that a fallback replaces. */
export interface InsteadOf {
  agentId: string;
  /** Its attempts at this task; 0 when its circuit was open. */
  attempts: number;
  /** Why the last of them, or its start, failed. */
  error: TaskError | null;
}

/** State of an attempt that the next one may continue. */
export interface PreviousAttempt {
  /** The tool's own id of the conversation, as the agent reported it with `controls.session`. */
  session: string;
  /** Number of that attempt. */
  attempt: number;
  /** Why it did not finish. */
  error: TaskError | null;
  /** Usage of this task's attempts in that session, as far as known; absent when unknown. */
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
  /** Its skills, in a sentence; the route phase reads it. */
  description?: string;
  /** Words the route phase matches against a task. */
  capabilities?: readonly string[];
  /** Its kind; decides the default start gap. Default `'function'`. */
  kind?: 'function' | 'command' | 'cli' | 'model';
  /** Agents of one provider share its start gap and its cooling after a rate limit. Default: the agent's own id. */
  provider?: string;
  /** Smallest gap between two starts at this provider, milliseconds. Default by kind: cli 2000, model 250, else 0. */
  staggerMs?: number;
  /** Most attempts of this agent in flight at once. Default: no limit of its own. */
  maxConcurrent?: number;
  /**
   * State that its answers depend on beside the prompt; when it changes, answers of earlier runs are no longer used (`cache`).
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
