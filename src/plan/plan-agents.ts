import type { AgentSpec, PlanAgentSpec } from './types.ts';

/** The agents of a plan that stand for themselves: commands, CLIs and models, but no parts that others play. */
export function ownAgents(agents: Readonly<Record<string, PlanAgentSpec>> | undefined): Record<string, AgentSpec> {
  const own = Object.entries(agents ?? {}).filter((entry): entry is [string, AgentSpec] => entry[1].kind !== 'adHoc');
  return Object.fromEntries(own);
}
