import type { EngineInput } from '../../actors/engine.ts';
import type { Services } from '../../actors/services.ts';
import { type ResolvedAgent, resolveAgents } from '../../agents/resolve.ts';
import { frozenCopy } from '../../base/frozen.ts';
import type { Task, TaskSpec } from '../../plan/types.ts';
import type { PolicyInput } from '../../policy/policy.ts';
import { resolvePolicy } from '../../policy/presets.ts';
import { type Publish, publishNothing } from '../../run/events.ts';
import type { Agent, AgentFunction } from '../../types/agent.ts';
import { isObject, isText, requireInput } from '../../xstate/required-input.ts';
import type { TaskInput } from './events.ts';

/** Input of a task machine that runs alone, or in a user's machine; it brings its own gate, breakers and executor. */
export interface TaskAloneInput {
  task: TaskSpec;
  agent: Agent | AgentFunction;
  /** Takes over when the agent is exhausted or blocked. Default: none. */
  fallback?: Agent | AgentFunction | null;
  /** Default `'patient'`. */
  policy?: PolicyInput;
  /** Outputs by task id, for `request.dependencies`. Default: none. */
  dependencies?: Record<string, string>;
  /** Default `'run'`. */
  runId?: string;
  /** Limits, `killGraceMs` and the like. Default: those of any engine. */
  engine?: Omit<EngineInput, 'agents'>;
  /** Where it reports its states and attempts. Default: nowhere. */
  publish?: Publish;
}

/** A task as a plan of its own would have it. */
export function taskOf(given: TaskSpec, index = 0, wave = 1): Task {
  const spec = frozenCopy(given);
  const { id, prompt, agent = '', critical = false } = spec;
  return Object.freeze({ id, index, prompt, agent, dependsOn: [], dependents: [], wave, critical, spec });
}

/** Throws `invalid-options` when input for a task that runs alone lacks what it needs. */
function requireTask(input: unknown): void {
  const isTask = (task: { id?: unknown; prompt?: unknown } | undefined) => isText(task?.id) && isText(task?.prompt);
  const isAgent = (agent: unknown) =>
    typeof agent === 'function' || (isObject(agent) && typeof (agent as Partial<Agent>).run === 'function');
  requireInput('task', input, {
    task: { expected: 'a task, such as { id, prompt }', isGiven: isTask },
    agent: { expected: 'a function, or an object with `run`', isGiven: isAgent },
  });
}

/** Input as a wave gives it stays as it is; a task that runs alone is given an engine. */
export function completeInput(
  input: TaskInput | TaskAloneInput,
  engineOf: (input: EngineInput) => Services,
  now: number,
): TaskInput {
  if (input && 'services' in input) return input;
  requireTask(input);
  return aloneInput(input, engineOf(input.engine ?? {}), now);
}

/** Everything that a task's actor needs, with every default filled in. */
export function aloneInput(input: TaskAloneInput, services: Services, now: number): TaskInput {
  const { task, agent, fallback, policy, dependencies = {}, runId = 'run', publish = publishNothing } = input;
  const { retries, agent: agentId = 'agent', fallback: fallbackId } = task;
  return {
    task: taskOf(task),
    runId,
    agent: resolved(agentId, agent),
    fallback: fallback ? resolved(typeof fallbackId === 'string' ? fallbackId : 'fallback', fallback) : null,
    policy: resolvePolicy(task.policy ?? policy, retries === undefined ? {} : { retries }),
    prepared: { prompt: task.prompt, dependencies, partialContext: false },
    readyAt: now,
    services,
    publish,
    alone: true,
  };
}

function resolved(id: string, agent: Agent | AgentFunction): ResolvedAgent {
  return resolveAgents({ [id]: agent }).get(id) as ResolvedAgent;
}
