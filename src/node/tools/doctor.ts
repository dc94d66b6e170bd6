import { resolve } from 'node:path';
import type { AgentSpec, CliTool } from '../../plan/types.ts';
import { checkModel } from '../models/check-model.ts';
import { askProgram } from '../process/children.ts';
import { findProgram } from '../process/which.ts';
import { agentFromSpec } from './agents-from-spec.ts';
import { CLI_TOOLS } from './cli-tools.ts';
import { type SelfTest, selfTest } from './self-test.ts';

/** Whether one agent can be started on this machine. */
export interface DoctorReport {
  /** The agent's id, or the tool's name when no agent uses it. */
  id: string;
  kind: AgentSpec['kind'];
  /** The program it starts; the address of a model. */
  program: string;
  path: string | null;
  /** First line of what `--version` prints; a model's name. Null for commands, which are looked up but never run. */
  version: string | null;
  ok: boolean;
  /** Advice when it is not ok. */
  hint: string | null;
  /** Result of the self-test, where one was wanted and possible. */
  selfTest?: SelfTest;
}

export interface DoctorOptions {
  /** Default: this process's environment. */
  env?: Record<string, string | undefined>;
  /** How long `--version`, or a server of models, may take, milliseconds. Default 5000. */
  timeoutMs?: number;
  /** Asks every CLI tool that is installed, and every model that is there, for one word. That costs money. Default false. */
  selfTest?: boolean;
  /** How long one answer may take, milliseconds. Default 120000. */
  selfTestTimeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Looks for what every agent would start, then for every known CLI that no agent uses. CLIs are asked for their version;
 * commands are never run, because nothing knows what they do with `--version`; servers are asked which models they have.
 */
export async function checkAgents(
  specs: Readonly<Record<string, AgentSpec>>,
  options: DoctorOptions = {},
): Promise<DoctorReport[]> {
  const used = new Set(Object.values(specs).map((spec) => (spec.kind === 'cli' ? spec.tool : null)));
  const unused = (Object.keys(CLI_TOOLS) as CliTool[]).filter((tool) => !used.has(tool));
  return Promise.all([
    ...Object.entries(specs).map(([id, spec]) => examine(id, spec, options)),
    ...unused.map((tool) => examine(tool, { kind: 'cli', tool }, options)),
  ]);
}

async function examine(id: string, spec: AgentSpec, options: DoctorOptions): Promise<DoctorReport> {
  const report = await check(id, spec, options);
  if (!options.selfTest || !report.ok || spec.kind === 'command') return report;
  const asked = options.env && spec.kind === 'cli' ? { ...spec, env: { ...defined(options.env), ...spec.env } } : spec;
  const tested = await selfTest(agentFromSpec(id, asked), { timeoutMs: options.selfTestTimeoutMs });
  const old = spec.kind === 'cli' && 'format' in CLI_TOOLS[spec.tool].output && tested.ok && tested.read === 'text';
  const hint = old
    ? `It answered in plain text: it does not know the flags for events. Update it: ${CLI_TOOLS[spec.tool].install}`
    : tested.error;
  return { ...report, ok: tested.ok, hint, selfTest: tested };
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function check(id: string, spec: AgentSpec, options: DoctorOptions): Promise<DoctorReport> {
  const env = options.env ?? process.env;
  if (spec.kind === 'model') {
    const { ok, hint } = await checkModel(spec, env, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    return { id, kind: 'model', program: spec.baseURL, path: null, version: spec.model, ok, hint };
  }
  const own = { ...env, ...spec.env };
  const cwd = resolve(spec.cwd ?? '.');
  if (spec.kind === 'command') {
    const program = spec.command[0] ?? '';
    const path = await findProgram(program, own, cwd);
    const hint = path === null ? `Command \`${program}\` was not found; install it, or give its full path` : null;
    return { id, kind: 'command', program, path, version: null, ok: path !== null, hint };
  }
  const preset = CLI_TOOLS[spec.tool];
  const [program] = preset.argv({ model: [], extra: [] });
  const path = await findProgram(program, own, cwd);
  const report = { id, kind: spec.kind, program, path };
  if (path === null) return { ...report, version: null, ok: false, hint: preset.install };
  const { version, fault } = await askVersion(path, own, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  return { ...report, version, ok: fault === null, hint: fault === null ? null : `\`${program} --version\` ${fault}` };
}

async function askVersion(
  path: string,
  env: Record<string, string | undefined>,
  timeoutMs: number,
): Promise<{ version: string | null; fault: string | null }> {
  const result = await askProgram({ argv: [path, '--version'], env, onlyEnv: true, timeoutMs });
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').map((line) => line.trim());
  const version = lines.find((line) => line !== '') ?? null;
  if (result.timedOut) return { version, fault: `did not answer within ${timeoutMs} ms; start it by hand to see why` };
  if (!result.failed) return { version, fault: null };
  const how = result.exitCode === null ? 'could not be run' : `exited with code ${result.exitCode}`;
  return {
    version: null,
    fault: `${how}${version === null ? '' : `: ${version}`}; reinstall it or check its settings`,
  };
}
