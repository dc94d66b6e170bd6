import type { AdHocAgentSpec, PlanAgentSpec } from '../plan/types.ts';
import { actAsPrompt } from './act-as.prompt.ts';
import type { ResolvedAgent } from './resolve.ts';

/**
 * The agent that a plan defines: another agent with a role in its prompt. It has a breaker of its own, with the lenient thresholds of
 * ad-hoc agents; start gaps, cooling and limits of the provider are those of its base.
 */
export function actAs(id: string, spec: AdHocAgentSpec, base: ResolvedAgent): ResolvedAgent {
  return {
    ...base,
    id,
    base: base.id,
    description: spec.description ?? spec.role,
    capabilities: spec.capabilities ?? [],
    adHoc: true,
    // The same id may stand for another part in another plan: answers kept beyond a run are not the same then.
    version: (place) => {
      const version = base.version(place);
      return version === null ? null : `${version} as ${actAsPrompt(spec, '')}`;
    },
    run: (request, controls) => base.run({ ...request, prompt: actAsPrompt(spec, request.prompt) }, controls),
  };
}

/** The agents a run can use: those there are, and those its plan makes up of them. */
export function withAdHoc(
  agents: ReadonlyMap<string, ResolvedAgent>,
  specs: Readonly<Record<string, PlanAgentSpec>> | undefined,
): ReadonlyMap<string, ResolvedAgent> {
  const made = Object.entries(specs ?? {}).flatMap(([id, spec]) => {
    const base = spec.kind === 'adHoc' ? agents.get(spec.base) : undefined;
    return spec.kind === 'adHoc' && base ? [[id, actAs(id, spec, base)] as const] : [];
  });
  return made.length === 0 ? agents : new Map([...agents, ...made]);
}
