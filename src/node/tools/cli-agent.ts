import { AgentError } from '../../errors/agent-error.ts';
import { keysOf, requireKnownKeys } from '../../errors/known-keys.ts';
import { SoarError } from '../../errors/soar-error.ts';
import type { CliAgentSpec, CliTool } from '../../plan/types.ts';
import type { Agent, AgentFunction, PreviousAttempt } from '../../types/agent.ts';
import { commandAgent, DEFAULT_MAX_OUTPUT_BYTES } from '../command/command-agent.ts';
import type { CommandAgentOptions } from '../command/command-options.ts';
import { CLI_TOOLS, type CliToolPreset, isCliTool } from './cli-tools.ts';
import { createToolReader } from './envelopes/tool-reader.ts';

/** Gap between two starts of CLI agents of one provider, milliseconds: they log in and load settings at once. */
export const CLI_STAGGER_MS = 2000;

export interface CliAgentOptions extends Omit<CliAgentSpec, 'kind'> {
  kind?: 'cli';
  /** Makes the answer from what the tool wrote, instead of reading its events: see `commandAgent`. */
  parse?: CommandAgentOptions['parse'];
}

const CLI_OPTIONS = keysOf<CliAgentOptions>({
  ...{ kind: true, tool: true, model: true, args: true, session: true, env: true, cwd: true, maxOutputBytes: true },
  ...{ description: true, capabilities: true, provider: true, staggerMs: true, maxConcurrent: true },
  ...{ requireOutput: true, parse: true },
});

/**
 * An agent that runs a coding CLI without a terminal, by the preset of {@link CLI_TOOLS}. What the tool says of its work is read
 * as it comes: text is output, use of tools is progress, tokens and cost are usage, errors have their kind, and the session
 * is kept, so that a retry continues with it (`session: false` begins anew).
 * Uses the tool's own login, settings and rights; give it more with `args`. Everything else is as in `commandAgent`.
 *
 * @throws SoarError `invalid-options` for a tool without a preset.
 * @example
 * const claude = cliAgent('claude');
 * const small = cliAgent({ tool: 'ollama', model: 'llama3.2:1b', maxConcurrent: 1 });
 */
export function cliAgent(toolOrOptions: CliTool | CliAgentOptions): Agent {
  const options = typeof toolOrOptions === 'string' ? { tool: toolOrOptions } : toolOrOptions;
  requireKnownKeys('cliAgent', options, CLI_OPTIONS);
  const { tool } = options;
  if (!isCliTool(tool)) {
    const known = Object.keys(CLI_TOOLS).join(', ');
    throw new SoarError(
      'invalid-options',
      `No preset for the tool \`${tool}\`; use one of ${known}, or describe it with \`commandAgent\` (kind: command)`,
    );
  }
  const preset = CLI_TOOLS[tool];
  const agent = toolCommand(options, preset, undefined);
  if (!preset.hasSession || options.session === false) return agent;
  return { ...agent, run: goingOn(agent.run, (previous) => toolCommand(options, preset, previous).run) };
}

function toolCommand(options: CliAgentOptions, preset: CliToolPreset, previous: PreviousAttempt | undefined): Agent {
  const { tool, model, args = [], session: _, ...rest } = options;
  const chosen = model ?? preset.defaultModel;
  const parts = { model: chosen === undefined ? [] : preset.model(chosen), extra: args };
  const command = preset.argv(previous === undefined ? parts : { ...parts, session: previous.session });
  return commandAgent({
    ...rest,
    ...(rest.parse ? {} : outputOf(preset, { program: command[0], maxOutputBytes: rest.maxOutputBytes, previous })),
    kind: 'cli',
    command,
    prompt: preset.prompt,
    promptIsCode: false,
    description: rest.description ?? preset.description,
    capabilities: rest.capabilities ?? preset.capabilities,
    provider: rest.provider ?? preset.provider,
    staggerMs: rest.staggerMs ?? CLI_STAGGER_MS,
  });
}

function outputOf(
  { output }: CliToolPreset,
  {
    program,
    maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES,
    previous,
  }: { program: string; maxOutputBytes: number | undefined; previous: PreviousAttempt | undefined },
): Pick<CommandAgentOptions, 'parse' | 'reader'> {
  if ('parse' in output) return { parse: output.parse };
  return { reader: (controls) => createToolReader(output.format, { program, controls, maxOutputBytes, previous }) };
}

/** An id as every tool makes them; anything else might be taken for an option. */
const SESSION = /^[A-Za-z0-9][\w.:-]{0,199}$/;

/** Continues the session of the attempt before, if there is one; begins anew when the tool does not know it any more. */
function goingOn(fresh: AgentFunction, inSession: (previous: PreviousAttempt) => AgentFunction): AgentFunction {
  return async (request, controls) => {
    const { previous } = request;
    if (!previous || !SESSION.test(previous.session)) return fresh(request, controls);
    try {
      return await inSession(previous)({ ...request, prompt: `${goOn(previous)}\n\n${request.prompt}` }, controls);
    } catch (error) {
      if (!isLostSession(error)) throw error;
      return fresh(request, controls);
    }
  };
}

/** Repeats the task, as the session may not have received all of it. */
function goOn({ error }: PreviousAttempt): string {
  const why = error === null ? 'It did not finish.' : `It did not finish (${error.kind}).`;
  return (
    `You have begun with this task before in this session. ${why} Go on from where you stopped: do not repeat what is done, ` +
    'look first when you are not sure whether it is, and end with the whole answer. This is the task:'
  );
}

const LOST =
  /\bno (?:\w+ )?(?:conversation|session|thread|rollout|chat)s?\b|\b(?:session|conversation|thread|rollout|chat)\b[^\n]{0,120}\b(?:not found|does not exist|unknown|invalid|could not be)\b|\b(?:invalid|unknown|resuming) session\b/i;

/** Whether a tool said that there is no such session, before it did anything. */
function isLostSession(error: unknown): boolean {
  if (!AgentError.isInstance(error) || (error.output ?? '') !== '') return false;
  const isOther = error.kind === 'rate_limited' || error.kind === 'cancelled' || error.kind === 'spawn';
  return !isOther && LOST.test(error.message);
}
