import { type Services, withAgents } from './actors/services.ts';
import { type ResolvedAgent, resolveAgents } from './agents/resolve.ts';
import { frozenCopy } from './base/frozen.ts';
import { SoarError } from './errors/soar-error.ts';
import { compilePlan } from './plan/compile.ts';
import { agentIdentity } from './plan/identity.ts';
import { ownAgents } from './plan/plan-agents.ts';
import type { Plan } from './plan/types.ts';
import type { PreparedPlan } from './resume-run.ts';
import type { SoarOptions } from './soar-types.ts';

/** Compiles a plan, and makes the agents it brings along, beside the known ones. Throws `invalid-plan`. */
export function preparePlan(plan: Plan, known: Services, options: SoarOptions): PreparedPlan {
  const own = planAgents(plan?.agents, options);
  const agents = [...withAgents(known, own).agents.keys()];
  return { compiled: compilePlan(withDefaultAgent(plan, options.defaultAgent), { agents }), own };
}

/** Makes the agents that a plan, or a run, brings along. Throws `not-supported` where that is impossible. */
export function planAgents(agents: Plan['agents'], { agentFromSpec }: SoarOptions): ReadonlyMap<string, ResolvedAgent> {
  const specs = Object.entries(ownAgents(frozenCopy(agents)));
  if (specs.length === 0) return new Map();
  if (!agentFromSpec) {
    throw new SoarError(
      'not-supported',
      'The plan describes agents of its own, and this engine cannot make them. Use createSoar from soar-machine/node, or pass `agents`.',
    );
  }
  const made = resolveAgents(Object.fromEntries(specs.map(([id, spec]) => [id, agentFromSpec(id, spec)])));
  for (const [id, spec] of specs) {
    const agent = made.get(id);
    if (agent) made.set(id, { ...agent, identity: agentIdentity(id, spec) });
  }
  return made;
}

function withDefaultAgent(plan: Plan, agent: string | undefined): Plan {
  if (agent === undefined || plan?.defaults?.agent !== undefined) return plan;
  return changedPlan(plan, { defaults: { ...plan?.defaults, agent } });
}

/** A plan with some keys changed. An invalid plan stays as it is, so the compiler reports it. */
export function changedPlan(plan: Plan, changes: Partial<Plan>): Plan {
  return typeof plan === 'object' && plan !== null && !Array.isArray(plan) ? { ...plan, ...changes } : plan;
}
