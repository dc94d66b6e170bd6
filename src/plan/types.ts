import type { PolicyInput } from '../policy/policy.ts';
import type { Budget, OnDependencyFailure, Passage, Schedule } from '../types.ts';

/** Settings of a run; the same names at the top of a plan, in a config file, as options of `run` and as flags. */
export interface RunSettings {
  policy?: PolicyInput;
  /** Most attempts in flight. Default 4. */
  maxConcurrent?: number;
  /** One gap between any two starts, milliseconds. Default: by provider. */
  staggerMs?: number;
  /** Default `'wave'`. */
  schedule?: Schedule;
  /** Default `'proceed'`. */
  onDependencyFailure?: OnDependencyFailure;
  /** Limit of the whole run, milliseconds. Default: derived from the plan and the policy. */
  timeoutMs?: number;
  budget?: Budget;
  /** Retries after the first attempt; overrides the policy's. */
  retries?: number;
  /** Asks once what several tasks ask alike, and uses answers of earlier runs again (with a journal). Default false. */
  cache?: boolean;
}

/** One task as a user writes it. */
export interface TaskSpec {
  id: string;
  /** May be empty for agents that need no prompt. */
  prompt: string;
  /** Id of the agent. Default: the plan's `defaults.agent`, else the only agent there is. */
  agent?: string;
  /** Ids of tasks that must have settled before. */
  dependsOn?: readonly string[];
  /** When it fails, what is in flight is cancelled and what has not started is skipped. Default false. */
  critical?: boolean;
  /** Hard limit of one attempt, milliseconds; wins over the policy's clocks. */
  timeoutMs?: number;
  policy?: PolicyInput;
  retries?: number;
  /** The agent that takes over after exhaustion; `false`: none. Default: the plan's. */
  fallback?: string | false;
  env?: Record<string, string>;
  cwd?: string;
  /** Done before the run began: not run, and its dependents see it as succeeded with this output. */
  done?: { output: string };
  /** Passages the task's agent should read. */
  passages?: readonly Passage[];
  /** Files, or lines of files (`docs/a.md:12-40`), that it should read: they become passages when the plan is run. */
  read?: readonly string[];
}

/** A command as an agent, as a plan file says it. */
export interface CommandAgentSpec {
  kind: 'command';
  command: readonly string[];
  /** How the prompt reaches the command. Default `'stdin'`. `argument` replaces `{{prompt}}` in argv, or is appended. */
  prompt?: 'stdin' | 'argument' | 'none';
  env?: Record<string, string>;
  cwd?: string;
  requireOutput?: boolean;
  description?: string;
  capabilities?: readonly string[];
  provider?: string;
  staggerMs?: number;
  maxConcurrent?: number;
  /** Most output kept, bytes; the rest is cut, and marked. Default 1 MiB. */
  maxOutputBytes?: number;
}

export type CliTool = 'claude' | 'codex' | 'gemini' | 'opencode' | 'aider' | 'cursor-agent' | 'ollama';

export interface CliAgentSpec extends Omit<CommandAgentSpec, 'kind' | 'command' | 'prompt'> {
  kind: 'cli';
  tool: CliTool;
  model?: string;
  /** Extra arguments, before the prompt. */
  args?: readonly string[];
  /**
   * Whether an attempt goes on with the session of the one before it, where the tool has sessions, instead of beginning anew.
   * Default true.
   */
  session?: boolean;
}

export interface ModelAgentSpec {
  kind: 'model';
  /** Address of an OpenAI-compatible interface, such as `http://127.0.0.1:11434/v1`. */
  baseURL: string;
  model: string;
  /** Name of the environment variable that holds the key. */
  apiKeyEnv?: string;
  /** Instructions before the prompt. */
  system?: string;
  temperature?: number;
  /** Most tokens of an answer; one that is cut there fails as `output_limit`. */
  maxOutputTokens?: number;
  /** More headers of every request. No secrets: plans are recorded as they are. */
  headers?: Readonly<Record<string, string>>;
  requireOutput?: boolean;
  description?: string;
  capabilities?: readonly string[];
  provider?: string;
  staggerMs?: number;
  maxConcurrent?: number;
}

export type AgentSpec = CommandAgentSpec | CliAgentSpec | ModelAgentSpec;

/** A part that another agent plays in one plan, where no agent fits. Its breaker has the lenient thresholds of ad-hoc agents. */
export interface AdHocAgentSpec {
  kind: 'adHoc';
  /** Id of the agent that plays it: one of the plan, the configuration or the engine, and not ad-hoc itself. */
  base: string;
  /** What it acts as, such as `security reviewer`. */
  role: string;
  /** What it does, in a sentence. Default: nothing is said. */
  description?: string;
  capabilities?: readonly string[];
}

/** An agent as a plan says it. */
export type PlanAgentSpec = AgentSpec | AdHocAgentSpec;

export interface Plan extends RunSettings {
  goal?: string;
  agents?: Record<string, PlanAgentSpec>;
  defaults?: { agent?: string; policy?: PolicyInput };
  /** Agent that takes over when a task's own is exhausted or blocked. */
  fallback?: string;
  tasks: readonly TaskSpec[];
}

/** A task of a compiled plan. */
export interface Task {
  readonly id: string;
  /** Position in the plan, from 0. For ordering results only. */
  readonly index: number;
  readonly prompt: string;
  /** Empty when the plan names none; the engine then uses its only agent. */
  readonly agent: string;
  readonly dependsOn: readonly string[];
  /** Ids of the tasks that wait for this one, in plan order. */
  readonly dependents: readonly string[];
  /** 1-based topological level. */
  readonly wave: number;
  readonly critical: boolean;
  readonly spec: TaskSpec;
}

/** What {@link compilePlan} makes of a plan: valid, ordered, frozen. */
export interface CompiledPlan {
  readonly goal: string | undefined;
  readonly plan: Plan;
  /** In plan order. */
  readonly tasks: readonly Task[];
  readonly byId: ReadonlyMap<string, Task>;
  /** Topological levels, each in plan order. */
  readonly waves: readonly (readonly Task[])[];
}
