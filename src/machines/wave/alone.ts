import type { EngineInput } from '../../actors/engine.ts';
import type { Services } from '../../actors/services.ts';
import type { TaskSpec } from '../../plan/types.ts';
import type { PolicyInput } from '../../policy/policy.ts';
import type { Agent, AgentFunction } from '../../types/agent.ts';
import { isObject, requireInput } from '../../xstate/required-input.ts';
import { aloneInput, taskOf } from '../task/alone.ts';
import type { WaveInput } from './events.ts';

/** Input of a wave machine that runs alone, or in a user's machine; it brings its own gate, breakers and executor. */
export interface WaveAloneInput {
  /** All of them may start at once. */
  tasks: readonly TaskSpec[];
  /** By id. A task that names none gets the only or the first one. */
  agents: Record<string, Agent | AgentFunction>;
  /** Default `'patient'`; a task's own wins. */
  policy?: PolicyInput;
  /** Its number in outcomes, from 1. Default 1. */
  wave?: number;
  /** Default `'run'`. */
  runId?: string;
  /** Limits, `killGraceMs` and the like. Default: those of any engine. */
  engine?: Omit<EngineInput, 'agents'>;
  /** Gets `tasks.settled` with the reports of tasks. Default: nothing does; the output counts them. */
  parent?: WaveInput['parent'];
}

/** Throws `invalid-options` when input for a wave that runs alone lacks what it needs. */
export function requireWave(input: unknown): void {
  requireInput('wave', input, {
    tasks: { expected: 'a list of tasks, such as [{ id, prompt }]', isGiven: Array.isArray },
    agents: { expected: 'agents by id, such as { main: ({ prompt }) => … }', isGiven: hasSome },
  });
}

const hasSome = (agents: unknown) => isObject(agents) && Object.keys(agents as object).length > 0;

export function engineOf({ engine, agents }: WaveAloneInput): EngineInput {
  return { ...engine, agents };
}

export function aloneWave(input: WaveAloneInput, services: Services, now: () => number): WaveInput {
  const { tasks: specs, agents, policy, wave = 1, runId, parent } = input;
  const tasks = specs.map((spec, index) => taskOf(spec, index, wave));
  const [first] = Object.keys(agents);
  const prepare: WaveInput['prepare'] = (task) => {
    const id = task.agent || (first as string);
    const agent = Object.hasOwn(agents, id) ? agents[id] : undefined;
    const missing = () => {
      throw new Error(`There is no agent \`${id}\`.`);
    };
    const { spec } = task;
    const fallback = spec.fallback ? agents[spec.fallback] : undefined;
    const given = { task: { ...spec, agent: id }, agent: agent ?? missing, ...(fallback ? { fallback } : {}) };
    const { alone: _, ...made } = aloneInput(
      { ...given, ...(policy === undefined ? {} : { policy }), ...(runId === undefined ? {} : { runId }) },
      services,
      now(),
    );
    return { ...made, task };
  };
  return { wave, tasks, ready: tasks, limit: services.limits.maxConcurrent, prepare, ...(parent ? { parent } : {}) };
}
