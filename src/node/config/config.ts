import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { didYouMean } from '../../errors/nearest.ts';
import { type Issue, SoarError } from '../../errors/soar-error.ts';
import { toIssues } from '../../errors/zod-issues.ts';
import { lineMessage } from '../../plan/plan-source.ts';
import type { AgentSpec, RunSettings } from '../../plan/types.ts';
import type { PolicyInput } from '../../policy/policy.ts';
import type { SoarOptions } from '../../soar-types.ts';
import { quoted } from '../../text/foreign-text.ts';
import type { Agent, AgentFunction } from '../../types/agent.ts';
import { decodeText } from '../files/decode-text.ts';
import { MAX_BYTES, readRegularFile, type UnreadableError } from '../files/read-file.ts';
import { configSchema } from './config.schema.ts';

/** Content of a `soar.config` file. */
export interface SoarConfig
  extends RunSettings,
    Pick<
      SoarOptions,
      'limits' | 'killGraceMs' | 'maxCoolingMs' | 'maxRateLimits' | 'maxOpenWaitMs' | 'onOpen' | 'prices'
    > {
  /** Agents by id: as a plan file describes them, or, in TypeScript and JavaScript, as they are. */
  agents?: Record<string, AgentSpec | Agent | AgentFunction>;
  /** Id of the agent that takes over when a task's own is exhausted or blocked. */
  fallback?: string;
  /** Agent of the phases of `ask` and `plan`: an agent, or `false` for words alone. Default: the default agent, when it can. */
  phases?: { agent?: string | false };
  /** Command that runs when a run has ended, with its result as JSON on stdin. Its failure harms no run. */
  onSettled?: readonly string[];
  /** Command that runs when a run waits for a person, with the event as JSON on stdin. */
  onWaiting?: readonly string[];
  /** Defaults of tasks. */
  defaults?: { agent?: string; policy?: PolicyInput };
}

/** A configuration that was read and checked. */
export interface LoadedConfig extends Omit<SoarConfig, 'agents'> {
  /** The file it is from, or null. */
  path: string | null;
  /** Agents as descriptions. */
  specs: Record<string, AgentSpec>;
  /** Agents that are functions already. */
  agents: Record<string, Agent | AgentFunction>;
}

/** Endings of a configuration file, by name `soar.config`. */
export const CONFIG_ENDINGS = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'] as const;

/**
 * The configuration as it is, with its types checked where it is written.
 *
 * @example
 * export default defineConfig({ agents: { claude: { kind: 'cli', tool: 'claude' } }, defaults: { policy: 'production' } });
 */
export function defineConfig(config: SoarConfig): SoarConfig {
  return config;
}

/**
 * Reads `soar.config.{ts,js,json,yaml}` (also `.mts .mjs .yml`) in a directory, or the file given. TypeScript is imported by
 * Node itself, or by the loader it was started with. Without such a file the configuration is empty.
 *
 * @throws SoarError `invalid-config` with every fault found: the file given is missing, there are several, its syntax, unknown
 * keys (with the nearest known one), a fallback or default agent that it does not have.
 */
export async function loadConfig(options: { path?: string; cwd: string }): Promise<LoadedConfig> {
  const { path: given, cwd } = options;
  const path = given === undefined ? await findConfig(cwd) : resolve(cwd, given);
  if (path === null) return { path: null, specs: {}, agents: {} };
  const name = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
  return checkConfig(await readConfig(path, name), path, name);
}

async function findConfig(cwd: string): Promise<string | null> {
  const entries = await readdir(cwd).catch((): string[] => []);
  const found = CONFIG_ENDINGS.map((ending) => `soar.config.${ending}`).filter((name) => entries.includes(name));
  const [first, ...others] = found;
  if (first === undefined) return null;
  if (others.length > 0) {
    const message = `There are several configuration files: ${found.join(', ')}. Keep one, or choose one with --config.`;
    throw new SoarError('invalid-config', message);
  }
  return join(cwd, first);
}

async function readConfig(path: string, name: string): Promise<unknown> {
  const ending = extname(path).slice(1).toLowerCase();
  if (!(CONFIG_ENDINGS as readonly string[]).includes(ending)) {
    const message = `Expected the configuration to end in ${CONFIG_ENDINGS.join(', ')}, got ${quoted(basename(path))}.`;
    throw new SoarError('invalid-config', message);
  }
  const content = await readRegularFile(path, MAX_BYTES.config).catch((cause: UnreadableError) => {
    throw unreadable(name, cause);
  });
  if (ending === 'json' || ending === 'yaml' || ending === 'yml') {
    const text = textOf(content, name);
    return ending === 'json' ? parseJson(text, name) : parseYaml(text, name);
  }
  try {
    const module: { default?: unknown } = await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ pathToFileURL(path).href
    );
    return unwrapped(module, name);
  } catch (cause) {
    if (SoarError.isInstance(cause)) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SoarError('invalid-config', `The configuration ${name} could not be loaded: ${said}`, { cause });
  }
}

function textOf(content: Buffer, name: string): string {
  try {
    return decodeText(content);
  } catch (cause) {
    throw unreadable(name, cause as UnreadableError);
  }
}

/** The default export; a CommonJS module that was compiled from one has it a level further down. */
function unwrapped(module: { default?: unknown }, name: string): unknown {
  const { default: exported } = module;
  if (exported === undefined) {
    const message = `The configuration ${name} exports nothing; write \`export default { … }\`.`;
    throw new SoarError('invalid-config', message);
  }
  const isWrapped = typeof exported === 'object' && exported !== null && '__esModule' in exported;
  return isWrapped ? (exported as { default?: unknown }).default : exported;
}

function unreadable(name: string, cause: UnreadableError): SoarError {
  const message =
    cause.code === 'ENOENT'
      ? `There is no configuration file ${name}.`
      : `The configuration ${name} cannot be read: ${cause.message}.`;
  return new SoarError('invalid-config', message, { cause });
}

async function parseJson(text: string, name: string): Promise<unknown> {
  const { readJson } = await import('../../plan/json-text.ts');
  let read: ReturnType<typeof readJson>;
  try {
    read = readJson(text);
  } catch (cause) {
    throw new SoarError('invalid-config', `The configuration ${name} is not JSON. ${(cause as Error).message}`, {
      cause,
    });
  }
  if (read.faults.length > 0) throw configError(read.faults.map(lineMessage), name);
  return read.value;
}

async function parseYaml(text: string, name: string): Promise<unknown> {
  const { readYaml } = await import('../../plan/yaml-text.ts');
  const read = readYaml(text);
  if (read && 'cause' in read) throw configError(read.faults.map(lineMessage), name, read.cause);
  return read?.value ?? {};
}

function checkConfig(value: unknown, path: string, name: string): LoadedConfig {
  const { rest, live } = withoutLive(value);
  const checked = configSchema.safeParse(rest);
  if (!checked.success) {
    const found = toIssues(checked.error.issues, { subject: 'The configuration', value: rest });
    throw configError(
      found.map(({ path: at, message, code }) => ({ path: at, message, code })),
      name,
    );
  }
  const { $schema: _, agents: specs = {}, ...settings } = checked.data;
  const ids = [...Object.keys(specs), ...Object.keys(live)];
  const issues = [
    unknownAgent('fallback', settings.fallback, ids),
    unknownAgent('defaults.agent', settings.defaults?.agent, ids),
    unknownAgent('phases.agent', settings.phases?.agent || undefined, ids),
  ].filter((issue) => issue !== null);
  if (issues.length > 0) throw configError(issues, name);
  return { ...settings, path, specs, agents: live };
}

/** A configuration without agents may name the built-in ones, or those of a plan. */
function unknownAgent(path: string, id: string | undefined, ids: readonly string[]): Issue | null {
  if (id === undefined || ids.length === 0 || ids.includes(id)) return null;
  const message = `There is no agent ${quoted(id)} (${quoted(path)}) in it.${didYouMean(id, ids)}`;
  return { path, message, code: 'unknown-agent' };
}

/** Takes out the agents that are functions, or objects with a function `run`: no schema can look into those. */
function withoutLive(value: unknown): { rest: unknown; live: Record<string, Agent | AgentFunction> } {
  const agents = (value as { agents?: unknown } | null)?.agents;
  if (typeof agents !== 'object' || agents === null || Array.isArray(agents)) return { rest: value, live: {} };
  const entries = Object.entries(agents as Record<string, unknown>);
  const live = entries.filter((entry): entry is [string, Agent | AgentFunction] => isLive(entry[1]));
  const specs = entries.filter(([, agent]) => !isLive(agent));
  return { rest: { ...(value as object), agents: Object.fromEntries(specs) }, live: Object.fromEntries(live) };
}

function isLive(agent: unknown): agent is Agent | AgentFunction {
  if (typeof agent === 'function') return true;
  return typeof agent === 'object' && agent !== null && typeof (agent as { run?: unknown }).run === 'function';
}

function configError(issues: readonly Issue[], name: string, cause?: unknown): SoarError {
  const messages = issues.map(({ message }) => message);
  const message =
    messages.length === 1
      ? `The configuration ${name} is not valid: ${messages[0]}`
      : [`The configuration ${name} has ${messages.length} faults:`, ...messages.map((one) => `  ${one}`)].join('\n');
  return new SoarError('invalid-config', message, { issues, ...(cause === undefined ? {} : { cause }) });
}
