import { resolve } from 'node:path';
import { findProgram } from '../node/process/which.ts';
import { CLI_TOOLS } from '../node/tools/cli-tools.ts';
import type { AgentSpec, Task } from '../plan/types.ts';
import { agentKind } from './format.ts';

/** An attempt of a task as it would be started, by its agent or by its fallback. */
export interface DryStart {
  agentId: string;
  /** `command`, `cli claude`, `function`, … */
  kind: string;
  /** The command with the task's own prompt in it; null when no process is started. */
  argv: string[] | null;
  /** The file that is started; null when it does not exist, or no process is started. */
  program: string | null;
  /** How the prompt reaches the agent. */
  promptVia: 'stdin' | 'argument' | 'none' | 'call';
  cwd: string | null;
  /** Additions to the environment by plan and agent. */
  env: Record<string, string>;
  /** Where a model is asked. */
  endpoint: { url: string; model: string; keyFrom: string | null; headers: Record<string, string> } | null;
}

/** Finds programs, each at each place once: a plan of many tasks starts few of them. */
export function programFinder(): typeof findProgram {
  const found = new Map<string, Promise<string | null>>();
  return (program, env, cwd) => {
    const key = JSON.stringify([program, env?.PATH ?? env?.Path, env?.PATHEXT, cwd]);
    let path = found.get(key);
    if (!path) {
      path = findProgram(program, env, cwd);
      found.set(key, path);
    }
    return path;
  };
}

/** Describes the start of a task's attempt. */
export async function startOf(
  task: Task,
  agentId: string,
  spec: AgentSpec | undefined,
  kind: string,
  find: typeof findProgram,
): Promise<DryStart> {
  const nothing = { argv: null, program: null, promptVia: 'call' as const, cwd: null, env: {}, endpoint: null };
  if (!spec) return { agentId, kind, ...nothing };
  if (spec.kind === 'model') {
    const { baseURL: url, model, apiKeyEnv: keyFrom = null, headers = {} } = spec;
    return { agentId, kind: agentKind(spec), ...nothing, endpoint: { url, model, keyFrom, headers: { ...headers } } };
  }
  const command = commandOf(spec);
  const prompt = spec.kind === 'cli' ? CLI_TOOLS[spec.tool].prompt : spec.prompt;
  const hasPlace = command.some((one) => one.includes('{{prompt}}'));
  const promptVia = prompt ?? (hasPlace ? 'argument' : 'stdin');
  const [program = '', ...args] = command;
  const filled = args.map((one) => one.replaceAll('{{prompt}}', () => task.prompt));
  const argv = promptVia !== 'argument' ? [...command] : [program, ...filled, ...(hasPlace ? [] : [task.prompt])];
  const cwd = resolve(task.spec.cwd ?? spec.cwd ?? '.');
  const env = { ...spec.env, ...task.spec.env };
  const found = await find(program, { ...process.env, ...env }, cwd);
  return { agentId, kind: agentKind(spec), argv, program: found, promptVia, cwd, env, endpoint: null };
}

function commandOf(spec: Exclude<AgentSpec, { kind: 'model' }>): readonly string[] {
  if (spec.kind === 'command') return spec.command;
  const preset = CLI_TOOLS[spec.tool];
  const model = spec.model ?? preset.defaultModel;
  return preset.argv({ model: model === undefined ? [] : preset.model(model), extra: spec.args ?? [] });
}
