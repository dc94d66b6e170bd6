import type { Services } from '../../actors/services.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import { elapsedMs } from '../../base/clock.ts';
import { SoarError } from '../../errors/soar-error.ts';
import { compilePlan } from '../../plan/compile.ts';
import { taskFallback } from '../../plan/fallback.ts';
import { soleAgent } from '../../plan/sole-agent.ts';
import type { CompiledPlan, Plan, Task } from '../../plan/types.ts';
import type { Policy } from '../../policy/policy.ts';
import { deriveRunTimeoutMs } from '../../policy/run-timeout.ts';
import type { ParkedTask } from '../../run/parked-task.ts';
import type { RunStatus } from '../../run/result.ts';
import type { CollectSettings } from '../../run/settings.ts';
import type { TaskReport } from '../../run/task-report.ts';
import type { TaskError } from '../../types/task.ts';
import { unstartedReport } from '../wave/logic.ts';
import { failureRule, isFailure, type RunBook, type Skip } from './book.ts';
import type { CollectInput } from './events.ts';

export function isCompiled(plan: CollectInput['plan']): plan is CompiledPlan {
  return 'byId' in plan && 'waves' in plan;
}

/** Compiles, and gives the error instead of throwing it: a machine's context cannot throw. */
export function tryCompile(
  plan: Plan | CompiledPlan,
  { agents, codeAgents = new Set() }: Pick<Services, 'agents' | 'codeAgents'>,
): CompiledPlan | TaskError {
  try {
    if (isCompiled(plan)) return plan;
    return compilePlan(plan, agents.size + codeAgents.size > 0 ? { agents: [...agents.keys()], codeAgents } : {});
  } catch (error) {
    const message = SoarError.isInstance(error) ? error.message : `The plan could not be compiled: ${String(error)}`;
    return { kind: 'invalid_request', message, retryable: false };
  }
}

export function runTimeoutMs(
  plan: CompiledPlan,
  settings: CollectSettings,
  policyOf: (task: Task) => Policy,
  engine: { maxConcurrent: number; staggerMs: number },
): number {
  if (settings.timeoutMs !== null) return settings.timeoutMs;
  // What the engine grants all its runs bounds each of them, however much wider its own settings are.
  const maxConcurrent = Math.min(settings.maxConcurrent ?? Number.POSITIVE_INFINITY, engine.maxConcurrent);
  const staggerMs = Math.max(settings.staggerMs ?? 0, engine.staggerMs);
  // Tasks may have policies of their own; the slowest of them bounds the run.
  let longest = 0;
  const seen = new Map<Policy, Set<string>>();
  for (const task of plan.tasks) {
    const policy = policyOf(task);
    const hasFallback = taskFallback(task, settings.fallback) !== null;
    const key = `${hasFallback}|${task.spec.timeoutMs}`;
    if (seen.get(policy)?.has(key)) continue;
    seen.set(policy, (seen.get(policy) ?? new Set()).add(key));
    const maxTimeoutMs = task.spec.timeoutMs ?? policy.clocks.maxTimeoutMs;
    const judged = { ...policy, clocks: { ...policy.clocks, maxTimeoutMs } };
    const timeoutMs = deriveRunTimeoutMs({
      tasks: plan.tasks.length,
      maxConcurrent,
      policy: judged,
      staggerMs,
      hasFallback,
    });
    longest = Math.max(longest, timeoutMs);
  }
  return longest;
}

type Agents = ReadonlyMap<string, ResolvedAgent>;

/** The agent of a task, or the report of a task whose agent does not exist: no task is dropped silently. */
export function agentOf(task: Task, agents: Agents): ResolvedAgent | null {
  if (task.agent !== '') return agents.get(task.agent) ?? null;
  const sole = soleAgent(agents.keys());
  return sole === null ? null : (agents.get(sole) ?? null);
}

export function fallbackOf(task: Task, settings: CollectSettings, agents: Agents): ResolvedAgent | null {
  const id = taskFallback(task, settings.fallback);
  return id === null ? null : (agents.get(id) ?? null);
}

/** Tasks that never run, because a dependency failed or their agent does not exist. */
export function skipsOf(tasks: readonly Task[], book: RunBook, agents: Agents): Skip[] {
  return tasks.flatMap((task) => {
    const skip = book.skipOf(task);
    if (skip) return [skip];
    if (agentOf(task, agents)) return [];
    const message = task.agent === '' ? 'The task names no agent.' : `There is no agent \`${task.agent}\`.`;
    return [{ taskId: task.id, kind: 'not_found' as const, message }];
  });
}

/** A ticked task: done before the run began, its dependents see its output. */
export function doneReports(plan: CompiledPlan, now: number): TaskReport[] {
  return plan.tasks.flatMap((task) => {
    const { done } = task.spec;
    return done ? [unstartedReport(task, 'succeeded', null, now, { output: done.output })] : [];
  });
}

/** The report of a task that did not run any more in a resumed run, with what it went through before. */
export function withHistory(report: TaskReport, parked: ParkedTask | undefined): TaskReport {
  const { outcome } = report;
  const [first] = parked?.attempts ?? [];
  if (!parked || !first || outcome.attempts.length > 0) return report;
  const { attempts, notes, answer } = parked;
  const { settledAt } = outcome;
  const times = { startedAt: first.startedAt, durationMs: elapsedMs(first.startedAt, settledAt) };
  const kept = { output: answer.output, outputTruncated: answer.truncated };
  return { outcome: { ...outcome, ...kept, ...times, attempts: [...attempts] }, notes };
}

/** Whether an outcome ends the run: the failure of a critical task, or of one that a task under `abort` depends on. */
export function endsRun(plan: CompiledPlan, { outcome }: TaskReport, settings: CollectSettings): boolean {
  const task = plan.byId.get(outcome.taskId);
  if (!task || !isFailure(outcome)) return false;
  if (outcome.status === 'failed' && task.critical) return true;
  return task.dependents.some((id) => {
    const dependent = plan.byId.get(id);
    return dependent !== undefined && failureRule(dependent, settings.onDependencyFailure) === 'abort';
  });
}

/** The run's status; the first that matches. */
export function statusOf(run: { cancelled: boolean; broke: boolean; succeeded: number; total: number }): RunStatus {
  if (run.cancelled) return 'cancelled';
  if (run.broke) return 'failed';
  if (run.succeeded === run.total) return 'succeeded';
  return run.succeeded > 0 ? 'partial' : 'failed';
}
