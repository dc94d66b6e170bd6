import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { CLI_TOOLS, isCliTool } from '../node/cli-tools.ts';
import type { AgentSpec } from '../plan/types.ts';

/** A default tool and model, from the flags or else from the environment. */
export interface ToolChoice {
  tool: string | null;
  model: string | null;
  /** How the user named the tool, for messages. */
  toolFrom: '--tool' | 'SOAR_TOOL' | null;
  modelFrom: '--model' | 'SOAR_MODEL' | null;
}

/** `SOAR_MODEL` belongs to `SOAR_TOOL`, when that is set: it is no model of another tool that a flag names. */
export function toolChoice(
  flags: { tool?: string; model?: string },
  env: Readonly<Record<string, string | undefined>>,
): ToolChoice {
  const { SOAR_TOOL: envTool, SOAR_MODEL: envModel } = env;
  const isOther = flags.tool !== undefined && Boolean(envTool) && flags.tool !== envTool;
  return {
    tool: flags.tool ?? (envTool || null),
    model: flags.model ?? (isOther ? null : envModel || null),
    toolFrom: flags.tool !== undefined ? '--tool' : envTool ? 'SOAR_TOOL' : null,
    modelFrom: flags.model !== undefined ? '--model' : envModel ? 'SOAR_MODEL' : null,
  };
}

/**
 * The agent that a chosen tool is, or null when none is chosen. It is the one of the tool's name where that is an agent of this
 * very tool already, with everything that one says; else a new one.
 *
 * @throws SoarError `usage` for a tool without a preset.
 */
export function toolAgent(
  choice: ToolChoice,
  known: Readonly<Record<string, AgentSpec | 'function'>>,
): { id: string; spec: AgentSpec } | null {
  const { tool, model, toolFrom } = choice;
  if (tool === null) return null;
  if (!isCliTool(tool)) {
    const tools = Object.keys(CLI_TOOLS);
    const message = `Expected ${toolFrom} to be one of ${tools.join(', ')}, got \`${tool}\`.${didYouMean(tool, tools)}`;
    throw new SoarError('usage', message);
  }
  const present = known[tool];
  const chosen = model === null ? {} : { model };
  if (present === undefined) return { id: tool, spec: { kind: 'cli', tool, ...chosen } };
  if (typeof present === 'object' && present.kind === 'cli' && present.tool === tool) {
    return { id: tool, spec: { ...present, ...chosen } };
  }
  return { id: `${tool}-cli`, spec: { kind: 'cli', tool, ...chosen } };
}

/**
 * The default agent with another model, when a model is chosen without a tool; null when there is nothing to change.
 *
 * @throws SoarError `usage` when `--model` is given and the default agent has no model.
 */
export function modelAgent(
  choice: ToolChoice,
  id: string | undefined,
  known: Readonly<Record<string, AgentSpec | 'function'>>,
): { id: string; spec: AgentSpec } | null {
  const { model, modelFrom, tool } = choice;
  if (model === null || tool !== null) return null;
  const spec = id === undefined ? undefined : known[id];
  if (id !== undefined && typeof spec === 'object' && spec.kind !== 'command') return { id, spec: { ...spec, model } };
  if (modelFrom === 'SOAR_MODEL') return null;
  throw new SoarError('usage', '`--model` needs a tool: add --tool, or make a CLI agent the default agent.');
}
