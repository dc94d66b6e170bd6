import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { Budget } from '../../policy/budget.ts';
import type { Publish, RunEventBody } from '../../run/events.ts';

type Agents = ReadonlyMap<string, ResolvedAgent>;

/**
 * Watches a run that has a budget of cost, and says once of each agent that its attempts do not count: it reports no cost, and
 * there is no price for its tokens.
 */
export function watchCosts(budget: Budget | null, agents: Agents, publish: Publish): Publish {
  if (budget?.costUsd === undefined) return publish;
  const warned = new Set<string>();
  return (body, at) => {
    publish(body, at);
    const agent = uncounted(body, agents);
    if (!agent || warned.has(agent.id)) return;
    warned.add(agent.id);
    publish({ type: 'warning', message: uncountedMessage(agent) }, at);
  };
}

/** The agent of an attempt with an unknown cost. */
function uncounted(body: RunEventBody, agents: Agents): ResolvedAgent | null {
  if (body.type !== 'attempt.ended' || body.usage?.costUsd !== undefined) return null;
  const agent = agents.get(body.agentId);
  // A command or a function that reports nothing is taken to cost nothing; so is what did not get as far as an answer.
  const isPaid = agent?.kind === 'model' || agent?.kind === 'cli';
  if (!agent || !(body.usage || (isPaid && body.result === 'succeeded'))) return null;
  return agent;
}

function uncountedMessage({ id, model }: ResolvedAgent): string {
  const names = model === null ? `\`${id}\`` : `\`${id}\` or \`${model}\``;
  return `What agent \`${id}\` costs does not count against the budget of cost: it reports none itself, and there is no price for ${names}. Add one under \`prices\`.`;
}
