import type { ResolvedAgent } from './agents/resolve.ts';
import { SoarError } from './errors/soar-error.ts';
import { soarMachine } from './machines/soar/machine.ts';
import { providePhases } from './machines/soar/provide-phases.ts';
import { modelPhases } from './phases/built-in/built-in.ts';
import { canThink } from './phases/calls/calls.ts';
import type { SoarOptions } from './soar-types.ts';
import { quoted } from './text/foreign-text.ts';

/**
 * The agent that assesses, decomposes and synthesizes, by id; null: none, words alone decide.
 *
 * @throws SoarError `invalid-options` when there is no such agent.
 */
export function phaseAgentOf(
  agents: ReadonlyMap<string, ResolvedAgent>,
  given: string | false | undefined,
  defaultAgent: string | undefined,
): string | null {
  if (given === false) return null;
  if (given === undefined) {
    const able = [...agents.values()].filter(({ promptIsCode }) => !promptIsCode);
    const agent = able.find(({ id }) => id === defaultAgent) ?? able[0];
    return agent && canThink(agent) ? agent.id : null;
  }
  if (agents.get(given)?.promptIsCode) {
    const message = `Expected \`phaseAgent\` to be an agent that answers questions, got \`${given}\`, which runs its prompt as code.`;
    throw new SoarError('invalid-options', message);
  }
  if (agents.has(given)) return given;
  const known = [...agents.keys()].map((id) => quoted(id)).join(', ');
  throw new SoarError(
    'invalid-options',
    `Expected \`phaseAgent\` to be one of the agents ${known}, got ${quoted(given)}.`,
  );
}

/**
 * The machines of an engine's questions: one for each agent that thinks, since its phases are the agent's. They are kept for the
 * agents of the engine; a run that brings its own has its own machine.
 */
export function soarMachines(
  own: SoarOptions['phases'],
  agents: ReadonlyMap<string, ResolvedAgent>,
): (phaseAgent: string | null) => typeof soarMachine {
  const made = new Map<string | null, typeof soarMachine>();
  return (phaseAgent) => {
    const known = made.get(phaseAgent);
    if (known) return known;
    const phases = { ...(phaseAgent === null ? {} : modelPhases({ agentId: phaseAgent })), ...own };
    const machine = Object.keys(phases).length > 0 ? providePhases(soarMachine, phases) : soarMachine;
    if (phaseAgent === null || agents.has(phaseAgent)) made.set(phaseAgent, machine);
    return machine;
  };
}
