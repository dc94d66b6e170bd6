import type { AgentInfo } from '../types.ts';

/**
 * The agents that plans of a model may use. A command takes its prompt for a program, or for a program's input: one without a
 * description is for people to name. The model that plans the run understands prompts.
 *
 * @param thinker Id of the agent that plans.
 */
export function offeredAgents(agents: readonly AgentInfo[], thinker: string): AgentInfo[] {
  return agents.filter(
    ({ id, kind, description, capabilities }) =>
      id === thinker || kind !== 'command' || description !== '' || capabilities.length > 0,
  );
}
