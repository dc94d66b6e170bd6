import type { SoarContext } from './events.ts';
import { agentInfos, editedSettings, QUESTION_RULE, scopeOf } from './logic.ts';

/** Input of each phase, from the results of the ones before it. */
export const assessInput = (context: SoarContext) => ({
  scope: scopeOf(context, 'assess'),
  query: context.input.query,
});

export const retrieveInput = (context: SoarContext) => {
  const { query, contextFiles, settings } = context.input;
  return {
    scope: scopeOf(context, 'retrieve'),
    query,
    complexity: complexityOf(context),
    ...(contextFiles ? { contextFiles } : {}),
    ...(settings?.cache ? { cache: true } : {}),
  };
};

export const decomposeInput = (context: SoarContext) => ({
  scope: scopeOf(context, 'decompose'),
  query: context.input.query,
  complexity: complexityOf(context),
  passages: passagesOf(context),
  agents: agentInfos(context.services),
  ...codeAgentsOf(context),
});

export const routeInput = (context: SoarContext) => {
  const { input, decomposition, services } = context;
  const usable = (id: string | null | undefined) => (id && services.codeAgents?.has(id) ? null : id);
  return {
    scope: scopeOf(context, 'route'),
    query: input.query,
    decomposition: decomposition ?? { goal: input.query, subgoals: [], notes: [] },
    agents: agentInfos(services),
    passages: passagesOf(context),
    fallback: usable(input.settings?.fallback) ?? null,
    defaultAgent: usable(input.defaultAgent) ?? [...services.agents.keys()][0] ?? null,
  };
};

export const collectInput = (context: SoarContext) => {
  const { input, edited, services, publish, runId, bounds } = context;
  return {
    plan: planOf(context),
    runId,
    services,
    publish,
    query: input.query,
    passages: passagesOf(context),
    settings: editedSettings({ onDependencyFailure: QUESTION_RULE, ...input.settings }, edited),
    log: input.log ?? null,
    within: bounds,
    ...input.resumed?.collect,
  };
};

export const synthesizeInput = (context: SoarContext) => ({
  scope: scopeOf(context, 'synthesize'),
  query: context.input.query,
  complexity: complexityOf(context),
  plan: planOf(context),
  outcomes: context.collected?.outcomes ?? [],
  passages: passagesOf(context),
});

const codeAgentsOf = ({ services: { codeAgents } }: SoarContext) => (codeAgents ? { codeAgents: [...codeAgents] } : {});
const complexityOf = ({ assessment }: SoarContext) => assessment?.complexity ?? 'medium';
const passagesOf = ({ retrieval }: SoarContext) => retrieval?.passages ?? [];
const planOf = ({ routing }: SoarContext) => routing?.plan ?? { tasks: [] };
