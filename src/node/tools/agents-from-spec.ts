import { SoarError } from '../../errors/soar-error.ts';
import type { AgentSpec } from '../../plan/types.ts';
import type { Agent } from '../../types/agent.ts';
import { commandAgent } from '../command/command-agent.ts';
import { modelAgentAt } from '../models/model-agent.ts';
import { cliAgent } from './cli-agent.ts';

/**
 * The agent that a plan or a config file describes.
 *
 * @throws SoarError `invalid-options` for a description no agent can be made of; it names the agent.
 */
export function agentFromSpec(id: string, spec: AgentSpec): Agent {
  try {
    if (spec.kind === 'command') return commandAgent(spec);
    if (spec.kind === 'cli') return { ...cliAgent(spec), ...(spec.model === undefined ? {} : { model: spec.model }) };
    if (spec.kind === 'model') return modelAgentAt(spec);
  } catch (cause) {
    if (!SoarError.isInstance(cause)) throw cause;
    throw new SoarError(cause.code, `Agent \`${id}\`: ${cause.message}`, { cause, issues: cause.issues });
  }
  throw new SoarError(
    'invalid-options',
    `Agent \`${id}\`: expected \`kind\` to be command, cli or model, got \`${(spec as { kind?: unknown }).kind}\``,
  );
}

/** {@link agentFromSpec} for every entry. */
export function agentsFromSpecs(specs: Readonly<Record<string, AgentSpec>>): Record<string, Agent> {
  return Object.fromEntries(Object.entries(specs).map(([id, spec]) => [id, agentFromSpec(id, spec)]));
}
