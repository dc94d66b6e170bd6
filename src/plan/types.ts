import type { Budget } from '../policy/budget.ts';
import type { PolicyInput } from '../policy/policy.ts';
import type { Passage } from '../types/passage.ts';

/** Settings of a run; the same names at the top of a plan, in a config file, as options of `run` and as flags. */
export interface RunSettings {
  /** Clocks, retries, breaker and cooling: a preset's name, or an object of changes to one. Default `'patient'`. */
  policy?: PolicyInput;
  /** Most attempts in flight. Default 4. */
  maxConcurrent?: number;
  /** Gap between any two starts, milliseconds. Default: by provider. */
  staggerMs?: number;
  /**
   * `wave`: a wave starts when the one before it has settled. `eager`: a task starts when its own dependencies have. Default `'wave'`.
   */
  schedule?: Schedule;
  /**
   * Rule for dependents of a failed task: run with a prompt that names what is missing (`proceed`), not run (`skip`), or end the
   * run (`abort`). Default `'skip'`; of a question, whose plan is generated, `'proceed'`.
   */
  onDependencyFailure?: OnDependencyFailure;
  /** Limit of the whole run, milliseconds. Default: derived from the plan and the policy. */
  timeoutMs?: number;
  /** Upper bounds of the whole run. Default: none. */
  budget?: Budget;
  /** Retries after the first attempt; overrides the policy's. Default: the policy's. */
  retries?: number;
  /** Asks once what several tasks ask alike, and uses answers of earlier runs again (with a journal). Default false. */
  cache?: boolean;
  /** Most characters of what dependencies and passages add to a prompt; shared fairly. Default 24,000. */
  contextBudgetChars?: number;
}

/** Task as a user writes it. */
export interface TaskSpec {
  id: string;
  /** May be empty for agents that need no prompt. */
  prompt: string;
  /** Id of the agent. Default: the plan's `defaults.agent`, else the only agent there is. */
  agent?: string;
  /** Ids of tasks that must have settled before. Default: none. */
  dependsOn?: readonly string[];
  /** When it fails, what is in flight is cancelled and what has not started is skipped. Default false. */
  critical?: boolean;
  /** Rule for a failed dependency; `abort` ends the run. Default: the run's rule. */
  onDependencyFailure?: OnDependencyFailure;
  /** Hard limit of one attempt, milliseconds; wins over the policy's clocks. Default: by the policy. */
  timeoutMs?: number;
  /** Its own policy. Default: the run's. */
  policy?: PolicyInput;
  /** Its own number of retries. Default: by the policy. */
  retries?: number;
  /** The agent that takes over after exhaustion; `false`: none. Default: the plan's. */
  fallback?: string | false;
  /** Added to the environment of its agent's process. Default: nothing. */
  env?: Record<string, string>;
  /** Where its agent's process works. Default: where the agent does. */
  cwd?: string;
  /** Done before the run began: not run, and its dependents see it as succeeded with this output. */
  done?: { output: string };
  /** Passages the task's agent should read. */
  passages?: readonly Passage[];
  /** Files, or lines of files (`docs/a.md:12-40`), that it should read: they become passages when the plan is run. */
  read?: readonly string[];
  /** Most characters of what its dependencies and passages add to its prompt. Default: the run's. */
  contextBudgetChars?: number;
}

/** A command as an agent, as a plan file says it. */
export interface CommandAgentSpec {
  kind: 'command';
  /** The program and its arguments; no shell reads them. */
  command: readonly string[];
  /**
   * How the prompt reaches the command: `argument` replaces `{{prompt}}` in argv, or is appended. Default `'argument'` when an
   * argument says `{{prompt}}`, else `'stdin'`.
   */
  prompt?: 'stdin' | 'argument' | 'none';
  /**
   * Whether it runs its prompt as code. Questions that are taken apart never use such an agent, and no planner is offered it.
   * Default: derived from the command (`bash -c {{prompt}}`, `ssh host {{prompt}}`, a shell that reads stdin). Say `true` for a program of
   * your own that passes its prompt to a shell.
   */
  promptIsCode?: boolean;
  /** Added to the environment of its processes. Default: nothing. */
  env?: Record<string, string>;
  /** Where its processes work. Default: the working directory. */
  cwd?: string;
  /** An empty answer is a failure of kind `empty`. Default false. */
  requireOutput?: boolean;
  /** Its skills, in a sentence; the route phase reads it. Default: nothing is said. */
  description?: string;
  /** Words the route phase matches against a task. Default: none. */
  capabilities?: readonly string[];
  /** Agents of one provider share its start gap and its cooling. Default: the agent's own id. */
  provider?: string;
  /** Smallest gap between two starts at this provider, milliseconds. Default 0; of a CLI tool 2000. */
  staggerMs?: number;
  /** Most attempts of this agent in flight at once. Default: no limit of its own. */
  maxConcurrent?: number;
  /** Most output kept, bytes; the rest is cut, and marked. Default 1 MiB. */
  maxOutputBytes?: number;
}

export type CliTool = 'claude' | 'codex' | 'gemini' | 'opencode' | 'aider' | 'cursor-agent' | 'ollama';

export interface CliAgentSpec extends Omit<CommandAgentSpec, 'kind' | 'command' | 'prompt' | 'promptIsCode'> {
  kind: 'cli';
  /** The preset: the program, how it is called, and how its events are read. */
  tool: CliTool;
  /** Its model, by the tool's own name for it. Default: the tool's own. */
  model?: string;
  /** Extra arguments, before the prompt. Default: none. */
  args?: readonly string[];
  /**
   * Whether an attempt continues the session of the one before it, where the tool has sessions, instead of beginning anew.
   * Default true.
   */
  session?: boolean;
}

export interface ModelAgentSpec {
  kind: 'model';
  /** Address of an OpenAI-compatible interface, such as `http://127.0.0.1:11434/v1`. */
  baseURL: string;
  /** The model, by the name its server has for it. */
  model: string;
  /** Name of the environment variable that holds the key. Default: no key. */
  apiKeyEnv?: string;
  /** Instructions before the prompt. Default: none. */
  system?: string;
  /** How much chance there is in the answer. Default: the model's own. */
  temperature?: number;
  /** Most tokens of an answer; one that is cut there fails as `output_limit`. Default: the model's own. */
  maxOutputTokens?: number;
  /** More headers of every request. No secrets: plans are recorded as they are. */
  headers?: Readonly<Record<string, string>>;
  /** An empty answer is a failure of kind `empty`. Default false. */
  requireOutput?: boolean;
  /** Its skills, in a sentence; the route phase reads it. Default: nothing is said. */
  description?: string;
  /** Words the route phase matches against a task. Default: none. */
  capabilities?: readonly string[];
  /** Agents of one provider share its start gap and its cooling. Default: the host of `baseURL`. */
  provider?: string;
  /** Smallest gap between two starts at this provider, milliseconds. Default 250. */
  staggerMs?: number;
  /** Most attempts of this agent in flight at once. Default: no limit of its own. */
  maxConcurrent?: number;
}

export type AgentSpec = CommandAgentSpec | CliAgentSpec | ModelAgentSpec;

/** A part that another agent plays in one plan, where no agent fits. Its breaker has the lenient thresholds of ad-hoc agents. */
export interface AdHocAgentSpec {
  kind: 'adHoc';
  /** Id of the agent that plays it: one of the plan, the configuration or the engine, and not ad-hoc itself. */
  base: string;
  /** Its role, such as `security reviewer`. */
  role: string;
  /** Its work, in a sentence. Default: nothing is said. */
  description?: string;
  capabilities?: readonly string[];
}

/** An agent as a plan says it. */
export type PlanAgentSpec = AgentSpec | AdHocAgentSpec;

/** Tasks, and how they are run. */
export interface Plan extends RunSettings {
  /** Its purpose; shown. Default: nothing is said. */
  goal?: string;
  /** Agents it brings along, by id; `createSoar` of `soar-machine/node` makes them. Default: those of the engine alone. */
  agents?: Record<string, PlanAgentSpec>;
  /** Of tasks that name none. Default: the only agent there is, and the run's policy. */
  defaults?: { agent?: string; policy?: PolicyInput };
  /** Agent that takes over when a task's own is exhausted or blocked. Default: the engine's. */
  fallback?: string;
  tasks: readonly TaskSpec[];
}

/** An agent known here, for editors to complete, or defined by the plan. */
export type AgentId<Known extends string> = Known | (string & Record<never, never>);

/**
 * Any plan, written where some agents are known: editors complete their ids.
 *
 * @example
 * const plan: PlanFor<keyof typeof agents> = { tasks: [{ id: 'a', agent: 'claude', prompt: 'Say hello' }] };
 */
export type PlanFor<Known extends string> = Plan & {
  fallback?: AgentId<Known>;
  defaults?: { agent?: AgentId<Known> };
  tasks: readonly (TaskSpec & { agent?: AgentId<Known>; fallback?: AgentId<Known> | false })[];
};

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

/** Result of {@link compilePlan}: valid, ordered, frozen. */
export interface CompiledPlan {
  readonly goal: string | undefined;
  readonly plan: Plan;
  /** In plan order. */
  readonly tasks: readonly Task[];
  readonly byId: ReadonlyMap<string, Task>;
  /** Topological levels, each in plan order. */
  readonly waves: readonly (readonly Task[])[];
}

export type Schedule = 'wave' | 'eager';

export type OnDependencyFailure = 'proceed' | 'skip' | 'abort';
