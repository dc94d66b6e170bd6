import { resolve } from 'node:path';
import { actAsPrompt } from '../agents/act-as.prompt.ts';
import { withAdHoc } from '../agents/act-as.ts';
import { resolveAgents } from '../agents/resolve.ts';
import { COLLECT_SETTINGS, policiesOf, runTimeoutMs } from '../machines/collect/logic.ts';
import { GATE_LIMITS } from '../machines/gate/machine.ts';
import { agentsFromSpecs } from '../node/agents-from-spec.ts';
import { CLI_TOOLS } from '../node/cli-tools.ts';
import { readEntry } from '../node/read-entry.ts';
import { settingsOf } from '../options.ts';
import { compilePlan } from '../plan/compile.ts';
import { ownAgents } from '../plan/plan-agents.ts';
import { withReading } from '../plan/reading.ts';
import type { AgentSpec, Plan, Task } from '../plan/types.ts';
import type { Policy } from '../policy/policy.ts';
import { oneLine } from './clean-text.ts';
import type { RunFlags } from './flags.ts';
import { agentKind, counted, formatDuration, shellLine } from './format.ts';
import { type Paint, paintFor } from './paint.ts';
import type { PreparedRun } from './resolve-run.ts';
import { claimStdout, print } from './stdout.ts';
import { clip } from './text-width.ts';

/** One task as it would be started. */
export interface DryTask {
  taskId: string;
  agentId: string;
  /** `command`, `cli claude`, `function`, … */
  kind: string;
  /** The command with the task's own prompt in it; null when no process is started. */
  argv: string[] | null;
  /** How the prompt reaches the agent. */
  promptVia: 'stdin' | 'argument' | 'none' | 'call';
  prompt: string;
  dependsOn: string[];
  cwd: string | null;
  /** Names alone: values may be secrets. */
  env: string[];
  policy: string;
  retries: number;
  /** Longest time of one attempt, milliseconds. */
  maxAttemptMs: number;
  fallback: string | null;
  critical: boolean;
}

export interface DryRun {
  dryRun: true;
  goal?: string;
  /** Tasks in the order of their start, by wave. */
  waves: DryTask[][];
  /** Ticked: not run. */
  doneBefore: string[];
  schedule: string;
  maxConcurrent: number;
  timeoutMs: number;
  /** Whether the user set `timeoutMs`. */
  timeoutFrom: 'given' | 'derived';
  budget: object | null;
}

/** What a run would do, from the same functions that the run itself uses. Throws what the run would throw. */
export function dryRunOf({ plan: given, options, run, specs }: PreparedRun & { plan: Plan }): DryRun {
  const plan = withReading(given, (entry) => readEntry(process.cwd(), entry));
  const own = agentsFromSpecs(ownAgents(plan.agents));
  const agents = withAdHoc(resolveAgents({ ...options.agents, ...own }), plan.agents);
  const fallback = run.fallback ?? plan.fallback ?? false;
  const compiled = compilePlan(fallback === false ? plan : { ...plan, fallback }, { agents: [...agents.keys()] });
  const settings = { ...COLLECT_SETTINGS, ...settingsOf(options, compiled.plan, run, fallback) };
  const policyOf = policiesOf(compiled, settings);
  const maxConcurrent = settings.maxConcurrent ?? options.maxConcurrent ?? GATE_LIMITS.maxConcurrent;
  const pace = { maxConcurrent, staggerMs: settings.staggerMs ?? options.staggerMs ?? 0 };
  const dryTask = (task: Task): DryTask => {
    const policy = policyOf(task);
    const { spec } = task;
    const part = plan.agents?.[task.agent];
    const isPart = part?.kind === 'adHoc';
    const started = specs[isPart ? part.base : task.agent];
    const prompt = isPart ? actAsPrompt(part, task.prompt) : task.prompt;
    return {
      taskId: task.id,
      ...startOf({ ...task, prompt }, started, agents.get(task.agent)?.kind ?? 'function'),
      prompt: task.prompt,
      dependsOn: [...task.dependsOn],
      env: Object.keys({ ...envOf(started), ...spec.env }),
      policy: policy.name,
      retries: policy.retry.retries,
      maxAttemptMs: spec.timeoutMs ?? longestAttemptMs(policy),
      fallback: fallbackOf(task, settings.fallback),
      critical: task.critical,
    };
  };
  const waves = compiled.waves.map((wave) => wave.filter(({ spec }) => !spec.done).map(dryTask));
  return {
    dryRun: true,
    ...(compiled.goal === undefined ? {} : { goal: compiled.goal }),
    waves: waves.filter((wave) => wave.length > 0),
    doneBefore: compiled.tasks.filter(({ spec }) => spec.done).map(({ id }) => id),
    schedule: settings.schedule,
    maxConcurrent,
    timeoutMs: runTimeoutMs(compiled, settings, policyOf, pace),
    timeoutFrom: settings.timeoutMs === null ? 'derived' : 'given',
    budget: settings.budget,
  };
}

function longestAttemptMs({ clocks }: Policy): number {
  return clocks.maxTimeoutMs;
}

function fallbackOf({ spec, agent }: Task, byDefault: string | null): string | null {
  const fallback = spec.fallback === undefined ? byDefault : spec.fallback || null;
  return fallback === agent ? null : fallback;
}

function envOf(spec: AgentSpec | undefined): Record<string, string> {
  return spec && spec.kind !== 'model' ? (spec.env ?? {}) : {};
}

function startOf(
  task: Task,
  spec: AgentSpec | undefined,
  kind: string,
): Pick<DryTask, 'agentId' | 'kind' | 'argv' | 'promptVia' | 'cwd'> {
  const agentId = task.agent;
  if (!spec || spec.kind === 'model') {
    return { agentId, kind: spec ? agentKind(spec) : kind, argv: null, promptVia: 'call', cwd: null };
  }
  const command = commandOf(spec);
  const prompt = spec.kind === 'cli' ? CLI_TOOLS[spec.tool].prompt : spec.prompt;
  const hasPlace = command.some((one) => one.includes('{{prompt}}'));
  const promptVia = prompt ?? (hasPlace ? 'argument' : 'stdin');
  const [program = '', ...args] = command;
  const filled = args.map((one) => one.replaceAll('{{prompt}}', () => task.prompt));
  const argv = promptVia !== 'argument' ? [...command] : [program, ...filled, ...(hasPlace ? [] : [task.prompt])];
  return { agentId, kind: agentKind(spec), argv, promptVia, cwd: resolve(task.spec.cwd ?? spec.cwd ?? '.') };
}

function commandOf(spec: Exclude<AgentSpec, { kind: 'model' }>): readonly string[] {
  if (spec.kind === 'command') return spec.command;
  const preset = CLI_TOOLS[spec.tool];
  const model = spec.model ?? preset.defaultModel;
  return preset.argv({ model: model === undefined ? [] : preset.model(model), extra: spec.args ?? [] });
}

/** Prints what would be run; nothing is. Returns the exit code. */
export function printDryRun(prepared: PreparedRun & { plan: Plan }, flags: RunFlags): number {
  const dry = dryRunOf(prepared);
  claimStdout();
  print(flags.json ? `${JSON.stringify(dry)}\n` : `${dryRunLines(dry, paintFor(process.stdout)).join('\n')}\n`);
  return 0;
}

export function dryRunLines(dry: DryRun, paint: Paint): string[] {
  const tasks = dry.waves.flat();
  const head = [
    `${counted(tasks.length, 'task')} in ${counted(dry.waves.length, 'wave')}`,
    `schedule ${dry.schedule}`,
    `at most ${dry.maxConcurrent} at a time`,
    `timeout ${formatDuration(dry.timeoutMs)} (${dry.timeoutFrom})`,
    ...(dry.budget ? [`budget ${JSON.stringify(dry.budget)}`] : []),
  ];
  const lines = [`${paint('bold', 'dry run')} · nothing is run · ${head.join(' · ')}`];
  if (dry.goal !== undefined) lines.push(`goal: ${oneLine(dry.goal)}`);
  if (dry.doneBefore.length > 0) lines.push(`done before: ${dry.doneBefore.join(', ')}`);
  dry.waves.forEach((wave, i) => {
    lines.push('', paint('bold', `wave ${i + 1}`), ...wave.flatMap((task) => taskLines(task, paint)));
  });
  return lines;
}

function taskLines(task: DryTask, paint: Paint): string[] {
  const { argv, cwd, env, dependsOn, promptVia, fallback } = task;
  const prompt = `${clip(oneLine(task.prompt), 200)}${dependsOn.length > 0 ? ` + what ${dependsOn.join(', ')} said` : ''}`;
  const policy = [
    task.policy,
    `${counted(task.retries, 'retry').replace(/ys$/, 'ies')}`,
    `at most ${formatDuration(task.maxAttemptMs)} an attempt`,
    ...(task.critical ? ['critical'] : []),
    ...(fallback === null ? [] : [`fallback ${fallback}`]),
  ];
  return [
    `  ${paint('cyan', task.taskId)}  ${task.agentId} (${task.kind})`,
    ...(argv ? [`    run     ${oneLine(shellLine(argv))}`] : []),
    `    prompt  ${promptVia === 'none' ? '(not passed on) ' : `(${promptVia}) `}${prompt}`,
    ...(cwd === null ? [] : [`    cwd     ${cwd}`]),
    ...(env.length === 0 ? [] : [`    env     ${env.join(', ')}`]),
    `    policy  ${policy.join(', ')}`,
  ];
}
