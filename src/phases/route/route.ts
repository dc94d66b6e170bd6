import type { AdHocAgentSpec, Plan, TaskSpec } from '../../plan/types.ts';
import type { Routing, Subgoal } from '../../run/phase-outputs.ts';
import { uniqueSlug } from '../../text/slug.ts';
import { queryTerms, terms } from '../../text/terms.ts';
import type { AgentInfo, RouteInput } from '../types.ts';

/** Longest role and description of an agent that is made up, characters. */
const MAX_ROLE = 80;
const MAX_DESCRIPTION = 400;

type Match = Routing['matches'][number];

/** Worth of one shared word, by where the agent has it. */
const WEIGHTS = Object.freeze({ wanted: 3, capability: 2, description: 1 });
/** Weight from which a match is good, and from which it will do. */
const QUALITY = Object.freeze({ excellent: 3, acceptable: 2 });

/**
 * Gives every subgoal an agent: the one it was meant for when it was made, else the one whose capabilities are asked for,
 * else the one whose capabilities and description share most words with the subgoal, else the default agent. Ties go to
 * the default agent, then to the agent that stands first. A task is left without an agent only when no agent exists.
 */
export function route(input: RouteInput): Routing {
  return routeWith(input, null);
}

/**
 * As {@link route}; and a subgoal that no agent fits and that says what its ideal agent would be gets one made up for the
 * plan. Subgoals with the same ideal share it.
 *
 * @param base Agent that can play any part; null: none are made up.
 */
export function routeWith(input: RouteInput, base: string | null): Routing {
  const { decomposition, agents, fallback, defaultAgent } = input;
  const canPlay = base !== null && agents.some(({ id }) => id === base);
  const matches: Match[] = [];
  const parts = new Map<string, AdHocAgentSpec>();
  const tasks = decomposition.subgoals.map((subgoal): TaskSpec => {
    const match =
      meantFor(subgoal, agents) ??
      (canPlay ? madeUp(subgoal, agents, base, parts) : null) ??
      bestMatch(subgoal, agents, defaultAgent);
    matches.push(match);
    return {
      id: subgoal.id,
      prompt: subgoal.prompt,
      ...(match.agentId === '' ? {} : { agent: match.agentId }),
      ...(subgoal.dependsOn.length > 0 ? { dependsOn: [...subgoal.dependsOn] } : {}),
      ...(subgoal.critical ? { critical: true } : {}),
      ...(subgoal.passages && subgoal.passages.length > 0 ? { passages: subgoal.passages } : {}),
    };
  });
  const plan: Plan = {
    goal: decomposition.goal,
    ...(parts.size > 0 ? { agents: Object.fromEntries(parts) } : {}),
    ...(fallback === null ? {} : { fallback }),
    tasks,
  };
  return { plan, matches };
}

/** The agent that the subgoal names, if it exists and fits. */
function meantFor({ id, agent, match, idealAgent }: Subgoal, agents: readonly AgentInfo[]): Match | null {
  const isKnown = (name: string | undefined) => name !== undefined && agents.some((known) => known.id === name);
  if (match !== 'insufficient' && agent !== undefined && isKnown(agent)) {
    return { taskId: id, agentId: agent, quality: match ?? 'acceptable', reason: 'It was chosen with the subgoal.' };
  }
  const ideal = idealAgent?.name.replace(/^@/, '');
  if (ideal === undefined || !isKnown(ideal)) return null;
  return { taskId: id, agentId: ideal, quality: 'excellent', reason: 'It is the agent that the subgoal asks for.' };
}

/** An agent made up for the subgoal, unless one there is turns out to be good at it. */
function madeUp(
  subgoal: Subgoal,
  agents: readonly AgentInfo[],
  base: string,
  parts: Map<string, AdHocAgentSpec>,
): Match | null {
  const { idealAgent } = subgoal;
  if (!idealAgent || (subgoal.match !== 'insufficient' && bestMatch(subgoal, agents, null).quality === 'excellent')) {
    return null;
  }
  const role = idealAgent.name.replace(/^@/, '').replace(/\s+/g, ' ').trim().slice(0, MAX_ROLE);
  const known = [...parts].find(([, part]) => part.role.toLowerCase() === role.toLowerCase())?.[0];
  const agentId = known ?? uniqueSlug(role, new Set([...agents.map(({ id }) => id), ...parts.keys()]));
  const description = idealAgent.description.replace(/\s+/g, ' ').trim().slice(0, MAX_DESCRIPTION);
  if (!known) parts.set(agentId, { kind: 'adHoc', base, role, ...(description === '' ? {} : { description }) });
  const reason = `No agent is good at this; \`${base}\` acts as ${role}.`;
  return { taskId: subgoal.id, agentId, quality: 'insufficient', reason };
}

function bestMatch(subgoal: Subgoal, agents: readonly AgentInfo[], defaultAgent: string | null): Match {
  const ordered = [...agents].sort((a, b) => Number(b.id === defaultAgent) - Number(a.id === defaultAgent));
  const scored = ordered.map((agent) => ({ agent, ...overlap(subgoal, agent) }));
  const best = scored.reduce<(typeof scored)[number] | null>(
    (chosen, next) => (chosen === null || next.score > chosen.score ? next : chosen),
    null,
  );
  if (best && best.score >= QUALITY.acceptable) {
    const quality = best.score >= QUALITY.excellent ? 'excellent' : 'acceptable';
    return { taskId: subgoal.id, agentId: best.agent.id, quality, reason: `It is good at: ${best.shared.join(', ')}.` };
  }
  const agentId = defaultAgent ?? best?.agent.id ?? '';
  const reason =
    defaultAgent !== null
      ? 'No agent is known to be good at this; it goes to the default agent.'
      : 'No agent is known to be good at this, and there is no default agent; it goes to the first one.';
  return { taskId: subgoal.id, agentId, quality: 'insufficient', reason };
}

function overlap(subgoal: Subgoal, agent: AgentInfo): { score: number; shared: string[] } {
  const wanted = new Set((subgoal.capabilities ?? []).flatMap(terms));
  const asked = new Set(queryTerms(`${subgoal.title} ${subgoal.prompt}`));
  const shared = new Map<string, number>();
  for (const capability of agent.capabilities) {
    const own = terms(capability);
    if (own.some((term) => wanted.has(term))) shared.set(capability, WEIGHTS.wanted);
    else if (own.some((term) => asked.has(term))) shared.set(capability, WEIGHTS.capability);
  }
  for (const term of new Set(terms(agent.description))) {
    const known = agent.capabilities.some((capability) => terms(capability).includes(term));
    if (!known && asked.has(term)) shared.set(term, WEIGHTS.description);
  }
  return { score: [...shared.values()].reduce((sum, weight) => sum + weight, 0), shared: [...shared.keys()] };
}
