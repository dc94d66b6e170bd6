import type { AgentSpec, PlanAgentSpec } from './types.ts';

/** The agents of a plan that stand for themselves: commands, CLIs and models, but no parts that others play. */
export function ownAgents(agents: Readonly<Record<string, PlanAgentSpec>> | undefined): Record<string, AgentSpec> {
  // Its form was not checked yet.
  const own = Object.entries(agents ?? {}).filter((entry): entry is [string, AgentSpec] => isOwn(entry[1]));
  return Object.fromEntries(own);
}

function isOwn(agent: PlanAgentSpec): boolean {
  return typeof agent === 'object' && agent !== null && agent.kind !== 'adHoc';
}
