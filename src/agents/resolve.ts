import { showValue } from '../errors/show-value.ts';
import { type Issue, SoarError } from '../errors/soar-error.ts';
import { quoted } from '../text/foreign-text.ts';
import type { Agent, AgentFunction } from '../types/agent.ts';

/** An agent as the engine uses it, with every default filled in. */
export interface AgentProfile {
  readonly id: string;
  readonly provider: string;
  readonly kind: 'function' | 'command' | 'cli' | 'model';
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly staggerMs: number;
  readonly maxConcurrent: number | null;
  /** The model it asks; null when it did not say. */
  readonly model: string | null;
  readonly requireOutput: boolean;
  readonly adHoc: boolean;
  /** Whether it runs its prompt as code: the text of its task is a program of the plan's author. */
  readonly promptIsCode: boolean;
  /** Id of the agent that plays this one, when a plan made it up. */
  readonly base?: string;
  /**
   * Set for an agent that a plan describes, and the parts it plays there: the same for the same id and description alone. Gate and
   * breakers know it by this, so that two plans which mean different things by one id do not share a limit or a breaker.
   */
  readonly identity?: string;
  readonly killsItself: boolean;
}

export interface ResolvedAgent extends AgentProfile {
  /** State that its answers depend on beside the prompt; null when they are good for their run alone. */
  readonly version: (place: { cwd?: string; env?: Readonly<Record<string, string>> }) => string | null;
  readonly run: AgentFunction;
}

/** Whether an agent is known to runs alone whose plans describe it or make it up, and not to their engine. */
export function isOfRuns({ base, identity }: Pick<AgentProfile, 'base' | 'identity'>): boolean {
  return base !== undefined || identity !== undefined;
}

/** Smallest gap between starts at one provider, by kind of agent, milliseconds. */
export const DEFAULT_STAGGER_MS = Object.freeze({ function: 0, command: 0, cli: 2000, model: 250 });

/** Fills in the defaults of an agent that was checked. */
export function resolveAgent(id: string, given: Agent | AgentFunction): ResolvedAgent {
  const agent = typeof given === 'function' ? { run: given } : given;
  const kind = agent.kind ?? 'function';
  return {
    id,
    kind,
    provider: agent.provider ?? id,
    description: agent.description ?? '',
    capabilities: agent.capabilities ?? [],
    staggerMs: agent.staggerMs ?? DEFAULT_STAGGER_MS[kind],
    maxConcurrent: agent.maxConcurrent ?? null,
    model: agent.model ?? null,
    requireOutput: agent.requireOutput ?? false,
    adHoc: agent.adHoc ?? false,
    promptIsCode: agent.promptIsCode ?? false,
    killsItself: agent.killsItself ?? false,
    version: (place) => versionOf(agent, place),
    run: (request, controls) => agent.run(request, controls),
  };
}

function versionOf({ version }: Agent, place: Parameters<ResolvedAgent['version']>[0]): string | null {
  if (typeof version !== 'function') return version ?? null;
  try {
    return version(place);
  } catch {
    // An agent that cannot say what it depends on is asked again.
    return null;
  }
}

/** All of them, by id. Throws `invalid-options` with every fault of every one. */
export function resolveAgents(agents: Record<string, Agent | AgentFunction>): Map<string, ResolvedAgent> {
  const entries = Object.entries(agents);
  const faults = entries.flatMap(([id, agent]) => faultsOf(id, agent));
  if (faults.length > 0) {
    throw new SoarError('invalid-options', faults.map(({ message }) => message).join(' '), { issues: faults });
  }
  return new Map(entries.map(([id, agent]) => [id, resolveAgent(id, agent)]));
}

function faultsOf(id: string, agent: Agent | AgentFunction): Issue[] {
  const path = `agents.${id}`;
  if (id.trim() === '')
    return [{ path, message: `Expected agents to have ids of at least one character, got ${showValue(id)}.` }];
  if (typeof agent === 'function') return [];
  if (typeof agent !== 'object' || agent === null || typeof agent.run !== 'function') {
    const got = typeof agent === 'object' && agent !== null ? 'an object without it' : showValue(agent);
    return [{ path, message: `Expected agent ${quoted(id)} to be a function or an object with \`run\`, got ${got}.` }];
  }
  return (['maxConcurrent', 'staggerMs'] as const).flatMap((name) => {
    const least = name === 'staggerMs' ? 0 : 1;
    const value = agent[name];
    if (value === undefined || value >= least) return [];
    const message = `Expected \`${name}\` of agent ${quoted(id)} to be ${least} or more, got ${showValue(value)}.`;
    return [{ path: `${path}.${name}`, message }];
  });
}
