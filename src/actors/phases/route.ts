import type { TaskSpec } from '../../plan/types.ts';
import { queryTerms, terms } from '../../text/terms.ts';
import type { AgentInfo, RouteInput, Routing, Subgoal } from './types.ts';

type Match = Routing['matches'][number];

/** What one shared word is worth, by where the agent has it. */
const WEIGHTS = Object.freeze({ wanted: 3, capability: 2, description: 1 });
/** Weight from which a match is good, and from which it will do. */
const QUALITY = Object.freeze({ excellent: 3, acceptable: 2 });

/**
 * Gives every subgoal an agent: the one whose capabilities are asked for, else the one whose capabilities and
 * description share most words with the subgoal, else the default agent. Ties go to the default agent, then to the
 * agent that stands first. A task is left without an agent only when there is none at all.
 */
export function route({ decomposition, agents, fallback, defaultAgent }: RouteInput): Routing {
  const matches: Match[] = [];
  const tasks = decomposition.subgoals.map((subgoal): TaskSpec => {
    const match = bestMatch(subgoal, agents, defaultAgent);
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
  return { plan: { goal: decomposition.goal, ...(fallback === null ? {} : { fallback }), tasks }, matches };
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
