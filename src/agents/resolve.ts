import { SoarError } from '../errors/soar-error.ts';
import type { Agent, AgentFunction } from '../types.ts';

/** What the engine needs to know of an agent, with every default filled in. */
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
  /** Id of the agent that plays this one, when a plan made it up. */
  readonly base?: string;
  readonly killsItself: boolean;
}

export interface ResolvedAgent extends AgentProfile {
  /** What its answers depend on beside what it is asked; null when they are good for their run alone. */
  readonly version: (place: { cwd?: string; env?: Readonly<Record<string, string>> }) => string | null;
  readonly run: AgentFunction;
}

/** Smallest gap between starts at one provider, by kind of agent, milliseconds. */
export const DEFAULT_STAGGER_MS = Object.freeze({ function: 0, command: 0, cli: 2000, model: 250 });

/** Fills in an agent's defaults. Throws `invalid-options` for anything that is no agent. */
export function resolveAgent(id: string, agent: Agent | AgentFunction): ResolvedAgent {
  if (typeof agent === 'function') return resolveAgent(id, { run: agent });
  if (typeof agent !== 'object' || agent === null || typeof agent.run !== 'function') {
    throw new SoarError(
      'invalid-options',
      `Expected agent \`${id}\` to be a function or an object with \`run\`, got ${describe(agent)}.`,
    );
  }
  if (agent.maxConcurrent !== undefined && !(agent.maxConcurrent >= 1)) {
    throw new SoarError(
      'invalid-options',
      `Expected \`maxConcurrent\` of agent \`${id}\` to be 1 or more, got ${describe(agent.maxConcurrent)}.`,
    );
  }
  if (agent.staggerMs !== undefined && !(agent.staggerMs >= 0)) {
    throw new SoarError(
      'invalid-options',
      `Expected \`staggerMs\` of agent \`${id}\` to be 0 or more, got ${describe(agent.staggerMs)}.`,
    );
  }
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

export function resolveAgents(agents: Record<string, Agent | AgentFunction>): Map<string, ResolvedAgent> {
  return new Map(Object.entries(agents).map(([id, agent]) => [id, resolveAgent(id, agent)]));
}

function describe(value: unknown): string {
  return value === null
    ? 'null'
    : `${typeof value === 'object' ? 'an object without it' : String(value)} (${typeof value})`;
}
