import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { CLI_TOOLS, isCliTool } from '../node/tools/cli-tools.ts';
import type { AgentSpec, ModelAgentSpec } from '../plan/types.ts';
import { quoted } from '../text/foreign-text.ts';
import { withoutEnd } from '../text/without-end.ts';
import { addressedModel, isAddress } from './model-address.ts';

/** A default tool and model, from the flags or else from the environment. */
export interface ToolChoice {
  tool: string | null;
  model: string | null;
  /** A model that was given with its address, and so is an agent by itself; `tool` and `model` are null then. */
  endpoint: ModelAgentSpec | null;
  /** How the user named the tool, for messages. */
  toolFrom: '--tool' | 'SOAR_TOOL' | null;
  modelFrom: '--model' | 'SOAR_MODEL' | null;
}

type Known = Readonly<Record<string, AgentSpec | 'function'>>;

/** An agent that was chosen, and what it is. */
export interface ChosenAgent {
  id: string;
  spec: AgentSpec;
}

/** Neither flag nor environment says anything. */
export const NO_CHOICE: ToolChoice = Object.freeze({
  tool: null,
  model: null,
  endpoint: null,
  toolFrom: null,
  modelFrom: null,
});

/**
 * `SOAR_MODEL` belongs to `SOAR_TOOL`, when that is set: it is not a model of another tool that a flag names. A model with its address
 * (`http://127.0.0.1:11434/v1#llama3.2`) needs no tool.
 *
 * @throws SoarError `usage` for an address that names no model, and for a tool beside an address.
 */
export function toolChoice(
  flags: { tool?: string; model?: string },
  env: Readonly<Record<string, string | undefined>>,
): ToolChoice {
  const { SOAR_TOOL: envTool, SOAR_MODEL: envModel } = env;
  const { tool, model } = flags;
  const isOther = tool !== undefined && (envTool ? tool !== envTool : isAddress(envModel));
  const modelFrom = model !== undefined ? '--model' : envModel && !isOther ? 'SOAR_MODEL' : null;
  const named = model ?? (modelFrom ? (envModel ?? null) : null);
  if (modelFrom && isAddress(named)) {
    // A flag wins over a tool of the environment; two of the same kind are one too many.
    const beside = modelFrom === '--model' ? tool : envTool;
    if (beside) {
      const where = modelFrom === '--model' ? '`--tool`' : '`SOAR_TOOL`';
      throw new SoarError(
        'usage',
        `${modelFrom} with an address is an agent by itself: leave ${where} (${beside}) out.`,
      );
    }
    return { ...NO_CHOICE, endpoint: addressedModel(named, modelFrom, env), modelFrom };
  }
  return {
    tool: tool ?? (envTool || null),
    model: named,
    endpoint: null,
    toolFrom: tool !== undefined ? '--tool' : envTool ? 'SOAR_TOOL' : null,
    modelFrom,
  };
}

/** Whether an agent is chosen, and not merely the model of one. */
export function choosesAgent({ tool, endpoint }: ToolChoice): boolean {
  return tool !== null || endpoint !== null;
}

/** Whether the choice stands in the environment, and so yields to a plan that says what its tasks run on. */
export function isFromEnvironment({ toolFrom, modelFrom, endpoint }: ToolChoice): boolean {
  return endpoint ? modelFrom === 'SOAR_MODEL' : toolFrom === 'SOAR_TOOL';
}

/**
 * The agent that a choice comes to, or null when there is nothing to choose or to change.
 *
 * @param byDefault Id of the agent that gets the model, when a model is chosen without a tool.
 * @throws SoarError `usage` for a tool without a preset, and for `--model` when the default agent has no model.
 */
export function chosenAgent(choice: ToolChoice, byDefault: string | undefined, known: Known): ChosenAgent | null {
  return endpointAgent(choice, known) ?? toolAgent(choice, known) ?? withModel(choice, byDefault, known);
}

/** A model by its address: the agent that is this model already, else a new one of the model's name. */
function endpointAgent({ endpoint }: ToolChoice, known: Known): ChosenAgent | null {
  if (endpoint === null) return null;
  const { model, baseURL } = endpoint;
  for (const [id, spec] of Object.entries(known)) {
    if (typeof spec !== 'object' || spec.kind !== 'model' || spec.model !== model) continue;
    if (withoutEnd(spec.baseURL, (character) => character === '/') === baseURL) return { id, spec };
  }
  return { id: Object.hasOwn(known, model) ? `${model}-model` : model, spec: endpoint };
}

/**
 * The agent that a chosen tool is, or null when none is chosen. It is the one of the tool's name where that is an agent of this
 * very tool already, with everything that one says; else a new one.
 */
function toolAgent({ tool, model, toolFrom }: ToolChoice, known: Known): ChosenAgent | null {
  if (tool === null) return null;
  if (!isCliTool(tool)) {
    const tools = Object.keys(CLI_TOOLS);
    const message = `Expected ${toolFrom} to be one of ${tools.join(', ')}, got ${quoted(tool)}.${didYouMean(tool, tools)}`;
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

/** The default agent with another model, when a model is chosen without a tool; null when there is nothing to change. */
function withModel({ model, modelFrom, tool }: ToolChoice, id: string | undefined, known: Known): ChosenAgent | null {
  if (model === null || tool !== null) return null;
  const spec = id === undefined ? undefined : known[id];
  if (id !== undefined && typeof spec === 'object' && spec.kind !== 'command') return { id, spec: { ...spec, model } };
  if (modelFrom === 'SOAR_MODEL') return null;
  throw new SoarError(
    'usage',
    '`--model` needs a tool or an address: add --tool, make a CLI agent or a model the default agent, or write it as http://127.0.0.1:11434/v1#llama3.2.',
  );
}
