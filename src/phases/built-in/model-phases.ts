import type { Routing } from '../../run/phase-outputs.ts';
import { modelAssess } from '../assess/model-assess.ts';
import type { PhaseControls } from '../controls.ts';
import { modelDecompose } from '../decompose/model-decompose.ts';
import { offeredAgents } from '../decompose/plannable-agents.ts';
import { routeWith } from '../route/route.ts';
import { modelSynthesize } from '../synthesize/model-synthesize.ts';
import type { Phases, RouteInput } from '../types.ts';

export interface ModelPhasesOptions {
  /** Id of the agent that assesses, decomposes and synthesizes: a model, a CLI, or a function that calls one. */
  agentId: string;
  /**
   * Id of the agent that plays the parts for which no agent fits; `false`: such tasks go to the default agent. Default:
   * `agentId`.
   */
  adHocBase?: string | false;
}

/**
 * The phases that an agent does better than words alone: assess (where the words are not sure), decompose, route (with agents made
 * up for gaps) and synthesize. Any agent that answers in text will do. Where it fails or gives nothing of use, also after one
 * repair, the offline phase takes over and says so.
 *
 * @example
 * const soar = createSoar({ agents: { llm }, phases: modelPhases({ agentId: 'llm' }) });
 */
export function modelPhases({ agentId, adHocBase = agentId }: ModelPhasesOptions): Omit<Phases, 'retrieve'> {
  return {
    assess: (input, controls) => modelAssess(input, controls, agentId),
    decompose: (input, controls) => modelDecompose(input, controls, agentId),
    route: (input, controls) => routeOffered(input, controls, agentId, adHocBase || null),
    synthesize: (input, controls) => modelSynthesize(input, controls, agentId),
  };
}

/** Text of a model never goes to an undescribed command: not for want of another agent, and not as a fallback. */
function routeOffered(input: RouteInput, { note }: PhaseControls, agentId: string, base: string | null): Routing {
  const { defaultAgent, fallback } = input;
  const agents = offeredAgents(input.agents, agentId);
  const has = (id: string | null) => agents.some((agent) => agent.id === id);
  const given = { ...input, agents, defaultAgent: !has(defaultAgent) && has(agentId) ? agentId : defaultAgent };
  if (fallback === null || has(fallback)) return routeWith(given, base);
  note(
    `\`${fallback}\` takes over no task of this plan: it is a command without a description of what it does with a prompt.`,
  );
  const { plan, matches } = routeWith({ ...given, fallback: null }, base);
  return { plan: { ...plan, tasks: plan.tasks.map((task) => ({ ...task, fallback: false })) }, matches };
}
