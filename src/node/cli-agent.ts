import { SoarError } from '../errors/soar-error.ts';
import type { CliAgentSpec, CliTool } from '../plan/types.ts';
import type { Agent } from '../types.ts';
import { CLI_TOOLS, isCliTool } from './cli-tools.ts';
import { type CommandAgentOptions, commandAgent } from './command-agent.ts';

/** Gap between two starts of CLI agents of one provider, milliseconds: they log in and load settings at once. */
export const CLI_STAGGER_MS = 2000;

export interface CliAgentOptions extends Omit<CliAgentSpec, 'kind'> {
  kind?: 'cli';
  parse?: CommandAgentOptions['parse'];
}

/**
 * An agent that runs a coding CLI without a terminal, by the preset of {@link CLI_TOOLS}: its plain text is the answer.
 * It has the tool's own login, settings and rights; give it more with `args`. Everything else is as in `commandAgent`.
 *
 * @throws SoarError `invalid-options` for a tool without a preset.
 * @example
 * const claude = cliAgent('claude');
 * const small = cliAgent({ tool: 'ollama', model: 'llama3.2:1b', maxConcurrent: 1 });
 */
export function cliAgent(toolOrOptions: CliTool | CliAgentOptions): Agent {
  const options = typeof toolOrOptions === 'string' ? { tool: toolOrOptions } : toolOrOptions;
  const { tool, model, args = [], ...rest } = options;
  if (!isCliTool(tool)) {
    const known = Object.keys(CLI_TOOLS).join(', ');
    throw new SoarError(
      'invalid-options',
      `No preset for the tool \`${tool}\`; use one of ${known}, or describe it with \`commandAgent\` (kind: command)`,
    );
  }
  const preset = CLI_TOOLS[tool];
  const chosen = model ?? preset.defaultModel;
  return commandAgent({
    ...rest,
    kind: 'cli',
    command: preset.argv({ model: chosen === undefined ? [] : preset.model(chosen), extra: args }),
    prompt: preset.prompt,
    description: rest.description ?? preset.description,
    capabilities: rest.capabilities ?? preset.capabilities,
    provider: rest.provider ?? preset.provider,
    staggerMs: rest.staggerMs ?? CLI_STAGGER_MS,
  });
}
