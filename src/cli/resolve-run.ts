import { builtinAgents } from '../agents/builtin.ts';
import type { LoadedConfig } from '../node/config/config.ts';
import { agentFromSpec, agentsFromSpecs } from '../node/tools/agents-from-spec.ts';
import type { CheckOptions } from '../plan/check-plan.ts';
import { ownAgents } from '../plan/plan-agents.ts';
import { soleAgent } from '../plan/sole-agent.ts';
import type { AgentSpec, Plan, RunSettings } from '../plan/types.ts';
import type { PolicyInput, PresetName } from '../policy/policy.ts';
import type { AskOptions, RunOptions, SoarOptions } from '../soar-types.ts';
import type { Agent, AgentFunction } from '../types/agent.ts';
import type { RunFlags } from './flags.ts';
import { choosesAgent, chosenAgent, isFromEnvironment, type ToolChoice } from './tool-agent.ts';

export interface PreparedRun {
  /** Options of the engine. */
  options: SoarOptions;
  /** Options of the run, from the flags. */
  run: RunOptions;
  /** Agents that are descriptions, by id. */
  specs: Record<string, AgentSpec>;
}

type Agents = Record<string, Agent | AgentFunction>;

/**
 * Puts together what a run of a plan needs. What wins: a flag, then the plan, then the environment (tool and model),
 * then the configuration.
 *
 * @throws SoarError `usage`, `invalid-options`, `not-supported` for a tool, a model or an agent that cannot be.
 */
export function resolveRun(
  given: Plan,
  config: LoadedConfig,
  flags: RunFlags,
  choice: ToolChoice,
): PreparedRun & { plan: Plan } {
  const brought = ownAgents(given.agents);
  const known = knownAgents(config, brought);
  const own = Object.keys(brought);
  const byPlan = given.defaults?.agent ?? soleAgent(own) ?? undefined;
  const byDefault = byPlan ?? config.defaults?.agent;
  const chosen = chosenAgent(choice, byDefault ?? onlyOf(known), known);
  // An agent named in a shell profile does not replace the agents that a plan names.
  const yields = !choosesAgent(choice) || (isFromEnvironment(choice) && byPlan !== undefined);
  const agent = yields ? byDefault : chosen?.id;
  const settings = settingsOf(flags, { ...config.budget, ...given.budget });

  const { policy: planPolicy, ...defaults } = given.defaults ?? {};
  const keepsPolicy = settings.policy === undefined && planPolicy !== undefined;
  const plan: Plan = {
    ...given,
    ...(chosen ? { agents: { ...given.agents, [chosen.id]: chosen.spec } } : {}),
    defaults: {
      ...defaults,
      ...(agent === undefined ? {} : { agent }),
      ...(keepsPolicy ? { policy: planPolicy } : {}),
    },
    ...(given.fallback === undefined && config.fallback !== undefined ? { fallback: config.fallback } : {}),
    tasks: flags.fallback === false ? given.tasks.map(({ fallback: _, ...task }) => task) : given.tasks,
  };
  const agents = { ...config.agents, ...agentsFromSpecs(config.specs) };
  return {
    plan,
    options: {
      ...engineOptions(config, { ...pacing(given), ...pacing(settings) }),
      agents: withBuiltins(agents, plan),
    },
    run: { ...settings, ...(flags.fallback === undefined ? {} : { fallback: flags.fallback }) },
    specs: { ...config.specs, ...ownAgents(plan.agents) },
  };
}

/** The agents a plan may name, and the one its tasks have that name none: to check a plan before anything of it is resolved. */
export function agentsFor(given: Plan, config: LoadedConfig, choice: ToolChoice): CheckOptions {
  const own = Object.keys(ownAgents(given.agents));
  const known = knownAgents(config, ownAgents(given.agents));
  const byDefault = given.defaults?.agent ?? soleAgent(own) ?? config.defaults?.agent;
  const chosen = chosenAgent(choice, byDefault ?? onlyOf(known), known);
  return {
    agents: [...Object.keys(known), ...Object.keys(builtinAgents()), ...(chosen ? [chosen.id] : [])],
    defaultAgent: chosen?.id ?? byDefault ?? onlyOf(known),
  };
}

/** The same for a question. A chosen tool is then the one agent there is, beside the fallback. */
export function resolveAsk(
  config: LoadedConfig,
  flags: RunFlags,
  choice: ToolChoice,
): Omit<PreparedRun, 'run'> & { run: AskOptions; isOffline: boolean } {
  const known = knownAgents(config);
  const byDefault = config.defaults?.agent;
  const chosen = chosenAgent(choice, byDefault ?? onlyOf(known), known);
  const specs = { ...config.specs, ...(chosen ? { [chosen.id]: chosen.spec } : {}) };
  const fallback = flags.fallback ?? config.fallback;
  const agents: Agents = { ...config.agents, ...agentsFromSpecs(specs) };
  if (choosesAgent(choice) && chosen) {
    for (const id of Object.keys(agents)) if (id !== chosen.id && id !== fallback) delete agents[id];
  }
  const defaultAgent = choosesAgent(choice) ? chosen?.id : byDefault;
  // A chosen tool or model runs the phases, too, unless a flag forbids it.
  const thinker = config.phases?.agent;
  const phaseAgent = choosesAgent(choice) && thinker !== false ? undefined : thinker;
  const settings = settingsOf(flags, config.budget);
  // An agent that runs its prompt as code answers no question.
  const isOffline = Object.values(agents).every((agent) => typeof agent === 'object' && agent.promptIsCode === true);
  return {
    options: {
      ...engineOptions(config, pacing(settings)),
      agents: isOffline ? { ...builtinAgents(), ...agents } : agents,
      ...(defaultAgent === undefined ? {} : { defaultAgent }),
      ...(phaseAgent === undefined ? {} : { phaseAgent }),
    },
    run: {
      ...settings,
      ...(fallback === undefined ? {} : { fallback }),
      ...(flags.context ? { contextFiles: flags.context } : {}),
      ...(chosen ? { agents: { [chosen.id]: chosen.spec } } : {}),
    },
    specs,
    isOffline,
  };
}

function knownAgents(
  config: LoadedConfig,
  own: Record<string, AgentSpec> = {},
): Record<string, AgentSpec | 'function'> {
  const live = Object.fromEntries(Object.keys(config.agents).map((id) => [id, 'function' as const]));
  return { ...live, ...config.specs, ...own };
}

function onlyOf(known: object): string | undefined {
  return soleAgent(Object.keys(known)) ?? undefined;
}

/** Settings from the flags, by the names of settings. */
function settingsOf(flags: RunFlags, below: RunSettings['budget']): RunSettings {
  const { policy, maxConcurrent, stagger, schedule, onDependencyFailure, timeout, retries, cache, budget } = flags;
  const all: RunSettings = {
    policy: policy === undefined ? undefined : presetNamed(policy),
    maxConcurrent,
    staggerMs: stagger,
    schedule,
    onDependencyFailure,
    timeoutMs: timeout,
    retries,
    cache,
    // A bound that a flag sets leaves the others in force.
    budget: budget === undefined ? undefined : { ...below, ...budget },
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** `fast-fail` and `fast_fail` are `fastFail`; whether there is such a preset is checked where it is used. */
function presetNamed(name: string): PolicyInput {
  return name.replace(/(?<![-_])[-_]+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase()) as PresetName;
}

/** The gate is the engine's, so these two must reach it from wherever they are set. */
function pacing({ maxConcurrent, staggerMs }: RunSettings): Pick<RunSettings, 'maxConcurrent' | 'staggerMs'> {
  return {
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(staggerMs === undefined ? {} : { staggerMs }),
  };
}

function engineOptions(config: LoadedConfig, pace: RunSettings): SoarOptions {
  const {
    path: _,
    specs: _specs,
    agents: _agents,
    fallback: _fallback,
    defaults,
    policy,
    phases: _phases,
    onSettled: _onSettled,
    onWaiting: _onWaiting,
    ...settings
  } = config;
  const chosen = defaults?.policy ?? policy;
  return {
    ...settings,
    ...pace,
    ...(chosen === undefined ? {} : { policy: chosen }),
    agentFromSpec,
  };
}

/** The built-in agents are there when nothing is configured, and when a plan names them. */
function withBuiltins(agents: Agents, plan: Plan): Agents {
  const builtin: Agents = builtinAgents();
  const bases = Object.values(plan.agents ?? {}).map((spec) => (spec.kind === 'adHoc' ? spec.base : undefined));
  const named = new Set([plan.fallback, plan.defaults?.agent, ...bases, ...plan.tasks.map(({ agent }) => agent)]);
  const wanted = Object.entries(builtin).filter(([id]) => named.has(id) && !Object.hasOwn(plan.agents ?? {}, id));
  return Object.keys(agents).length === 0 ? builtin : { ...Object.fromEntries(wanted), ...agents };
}
