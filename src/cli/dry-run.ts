import { actAsPrompt } from '../agents/act-as.prompt.ts';
import { withAdHoc } from '../agents/act-as.ts';
import { resolveAgents } from '../agents/resolve.ts';
import { failureRule } from '../machines/collect/book.ts';
import { runTimeoutMs } from '../machines/collect/logic.ts';
import { GATE_LIMITS } from '../machines/gate/machine.ts';
import { readEntry } from '../node/search/read-entry.ts';
import { agentsFromSpecs } from '../node/tools/agents-from-spec.ts';
import { settingsOf } from '../options.ts';
import { compilePlan } from '../plan/compile.ts';
import { runFallback, taskFallback } from '../plan/fallback.ts';
import { ownAgents } from '../plan/plan-agents.ts';
import { withReading } from '../plan/reading.ts';
import type { OnDependencyFailure, Plan, Task } from '../plan/types.ts';
import type { Policy } from '../policy/policy.ts';
import { policiesOf } from '../run/settings.ts';
import { escaped, oneLine } from '../text/foreign-text.ts';
import { type DryStart, programFinder, startOf } from './dry-start.ts';
import type { RunFlags } from './flags.ts';
import { counted, formatDuration, shellLine } from './format.ts';
import { type Paint, paintFor } from './paint.ts';
import type { PreparedRun } from './resolve-run.ts';
import { print, printJson } from './stdout.ts';
import { clip } from './text-width.ts';

/** A task as it would be started. */
export interface DryTask extends DryStart {
  taskId: string;
  prompt: string;
  dependsOn: string[];
  /** Files that are read and given to the agent. */
  read: string[];
  policy: string;
  retries: number;
  /** Longest time of one attempt, milliseconds. */
  maxAttemptMs: number;
  fallback: string | null;
  /** Description of its start. */
  fallbackStart: DryStart | null;
  critical: boolean;
  /** Rule for a failed dependency. */
  onDependencyFailure: OnDependencyFailure;
}

export interface DryRun {
  dryRun: true;
  goal?: string;
  /** Tasks in the order of their start, by wave. */
  waves: DryTask[][];
  /** Ticked: not run. */
  doneBefore: string[];
  schedule: string;
  /** The rule of tasks that state none. */
  onDependencyFailure: OnDependencyFailure;
  maxConcurrent: number;
  timeoutMs: number;
  /** Whether the user set `timeoutMs`. */
  timeoutFrom: 'given' | 'derived';
  budget: object | null;
}

/** Describes what a run would do, by the functions that the run itself uses. Throws as the run would. */
export async function dryRunOf({ plan: given, options, run, specs }: PreparedRun & { plan: Plan }): Promise<DryRun> {
  const plan = withReading(given, (entry) => readEntry(process.cwd(), entry));
  const own = agentsFromSpecs(ownAgents(plan.agents));
  const agents = withAdHoc(resolveAgents({ ...options.agents, ...own }), plan.agents);
  const byDefault = runFallback(run.fallback, plan.fallback, options.fallback);
  const compiled = compilePlan(byDefault === null ? plan : { ...plan, fallback: byDefault }, {
    agents: [...agents.keys()],
  });
  const settings = settingsOf(options, compiled.plan, run, 'skip');
  const policyOf = policiesOf(compiled, settings);
  const maxConcurrent = settings.maxConcurrent ?? options.maxConcurrent ?? GATE_LIMITS.maxConcurrent;
  const pace = { maxConcurrent, staggerMs: settings.staggerMs ?? options.staggerMs ?? 0 };
  const find = programFinder();
  const started = (task: Task, agentId: string): Promise<DryStart> => {
    const part = plan.agents?.[agentId];
    const isPart = part?.kind === 'adHoc';
    const prompt = isPart ? actAsPrompt(part, task.prompt) : task.prompt;
    const spec = specs[isPart ? part.base : agentId];
    return startOf({ ...task, prompt }, agentId, spec, agents.get(agentId)?.kind ?? 'function', find);
  };
  const dryTask = async (task: Task): Promise<DryTask> => {
    const policy = policyOf(task);
    const { spec } = task;
    const fallback = taskFallback(task, settings.fallback);
    return {
      taskId: task.id,
      ...(await started(task, task.agent)),
      prompt: task.prompt,
      read: [...(spec.read ?? [])],
      dependsOn: [...task.dependsOn],
      policy: policy.name,
      retries: policy.retry.retries,
      maxAttemptMs: spec.timeoutMs ?? longestAttemptMs(policy),
      fallback,
      fallbackStart: fallback === null ? null : await started(task, fallback),
      critical: task.critical,
      onDependencyFailure: failureRule(task, settings.onDependencyFailure),
    };
  };
  const waves = await Promise.all(
    compiled.waves.map((wave) => Promise.all(wave.filter(({ spec }) => !spec.done).map(dryTask))),
  );
  return {
    dryRun: true,
    ...(compiled.goal === undefined ? {} : { goal: compiled.goal }),
    waves: waves.filter((wave) => wave.length > 0),
    doneBefore: compiled.tasks.filter(({ spec }) => spec.done).map(({ id }) => id),
    schedule: settings.schedule,
    onDependencyFailure: settings.onDependencyFailure,
    maxConcurrent,
    timeoutMs: runTimeoutMs(compiled, settings, policyOf, pace),
    timeoutFrom: settings.timeoutMs === null ? 'derived' : 'given',
    budget: settings.budget,
  };
}

function longestAttemptMs({ clocks }: Policy): number {
  return clocks.maxTimeoutMs;
}

/** Prints what would be run; nothing is. Returns the exit code. */
export async function printDryRun(prepared: PreparedRun & { plan: Plan }, flags: RunFlags): Promise<number> {
  const dry = await dryRunOf(prepared);
  if (flags.json) printJson(JSON.stringify(dry));
  else print(`${dryRunLines(dry, paintFor(process.stdout)).join('\n')}\n`);
  return 0;
}

export function dryRunLines(dry: DryRun, paint: Paint): string[] {
  const tasks = dry.waves.flat();
  const head = [
    `${counted(tasks.length, 'task')} in ${counted(dry.waves.length, 'wave')}`,
    `schedule ${dry.schedule}`,
    `after a failure ${dry.onDependencyFailure}`,
    `at most ${dry.maxConcurrent} at a time`,
    `timeout ${formatDuration(dry.timeoutMs)} (${dry.timeoutFrom})`,
    ...(dry.budget ? [`budget ${JSON.stringify(dry.budget)}`] : []),
  ];
  const lines = [`${paint('bold', 'dry run')} · nothing is run · ${head.join(' · ')}`];
  if (dry.goal !== undefined) lines.push(`goal: ${oneLine(dry.goal)}`);
  if (dry.doneBefore.length > 0) lines.push(`done before: ${dry.doneBefore.map(escaped).join(', ')}`);
  dry.waves.forEach((wave, i) => {
    lines.push(
      '',
      paint('bold', `wave ${i + 1}`),
      ...wave.flatMap((task) => taskLines(task, dry.onDependencyFailure, paint)),
    );
  });
  return lines;
}

function taskLines(task: DryTask, ofRun: OnDependencyFailure, paint: Paint): string[] {
  const { dependsOn, promptVia, fallback, fallbackStart, read } = task;
  const prompt = `${clip(oneLine(task.prompt), 200)}${dependsOn.length > 0 ? ` + what ${dependsOn.map(escaped).join(', ')} said` : ''}`;
  const policy = [
    task.policy,
    `${counted(task.retries, 'retry').replace(/ys$/, 'ies')}`,
    `at most ${formatDuration(task.maxAttemptMs)} an attempt`,
    ...(task.critical ? ['critical'] : []),
    ...(task.onDependencyFailure === ofRun ? [] : [`after a failure ${task.onDependencyFailure}`]),
    ...(fallback === null ? [] : [`fallback ${escaped(fallback)}`]),
  ];
  return [
    `  ${paint('cyan', escaped(task.taskId))}  ${escaped(task.agentId)} (${task.kind})`,
    ...startLines(task, ''),
    `    prompt  ${promptVia === 'none' ? '(not passed on) ' : `(${promptVia}) `}${prompt}`,
    ...(read.length === 0 ? [] : [`    reads   ${escaped(read.join(', '))}`]),
    `    policy  ${policy.join(', ')}`,
    ...(fallbackStart ? startLines(fallbackStart, `${escaped(fallbackStart.agentId)}: `) : []),
  ];
}

/** The command line and its input, as it would be typed. */
function startLines({ argv, program, cwd, env, endpoint }: DryStart, whose: string): string[] {
  const added = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const key = endpoint?.keyFrom ? `, with the key in ${endpoint.keyFrom}` : '';
  const headers = Object.entries(endpoint?.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return [
    ...(argv ? [`    run     ${whose}${escaped(shellLine(argv))}`] : []),
    ...(argv ? [`    program ${whose}${program ? escaped(program) : `there is no ${escaped(argv[0] ?? '')}`}`] : []),
    ...(endpoint ? [`    asks    ${whose}${escaped(`${endpoint.model} at ${endpoint.url}${key}`)}`] : []),
    ...(headers.length === 0 ? [] : [`    headers ${whose}${escaped(headers.join(', '))}`]),
    ...(cwd === null ? [] : [`    cwd     ${whose}${escaped(cwd)}`]),
    ...(added.length === 0 ? [] : [`    env     ${whose}${escaped(shellLine(added))}`]),
  ];
}
