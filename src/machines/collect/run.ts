import type { Services } from '../../actors/services.ts';
import { withAdHoc } from '../../agents/act-as.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import { NO_PLAN } from '../../plan/no-plan.ts';
import type { CompiledPlan, Task } from '../../plan/types.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Publish, publishNothing, type RunEventBody } from '../../run/events.ts';
import { COLLECT_SETTINGS, type CollectSettings, policiesOf } from '../../run/settings.ts';
import type { TaskReport } from '../../run/task-report.ts';
import type { TaskError } from '../../types/task.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { GateNotice } from '../gate/events.ts';
import type { WaveReport } from '../wave/events.ts';
import { RunBook } from './book.ts';
import { watchCosts } from './costs.ts';
import type { CollectInput } from './events.ts';
import { RunLimit } from './limit.ts';
import { doneReports, endsRun, runTimeoutMs, tryCompile } from './logic.ts';

/** The actor of a run, as its run sees it. */
export interface RunActor {
  /** Where its waves and the gate report to. */
  readonly ref: Addressee<WaveReport | GateNotice>;
  /** Epoch milliseconds. */
  now(): number;
}

/** Everything about a run of a plan that does not depend on how far it is, and the book of what has settled. */
export interface CollectRun {
  readonly runId: string;
  readonly input: CollectInput;
  readonly settings: CollectSettings;
  readonly services: Services;
  readonly actor: RunActor;
  /** The engine's agents, and those that the plan makes up. */
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  readonly publish: Publish;
  /** Attempts in flight, and the most there were at a time. */
  readonly inFlight: { now: number; peak: number };
  readonly plan: CompiledPlan;
  /** Set when the plan is invalid; then nothing runs. */
  readonly fault: TaskError | null;
  readonly policyOf: (task: Task) => Policy;
  readonly book: RunBook;
  readonly startedAt: number;
  readonly limit: RunLimit;
  /** When the budget of time is spent; null without one. */
  readonly budgetAt: number | null;
  /** Most tasks waiting in the gate at a time. */
  readonly room: number;
  /** A failure that had ended the run when it was interrupted: it ends it again. It is in the journal, and not yet in the book. */
  readonly ending: TaskReport | null;
}

export function createRun(input: CollectInput, services: Services, actor: RunActor): CollectRun {
  const now = actor.now();
  const settings: CollectSettings = { ...COLLECT_SETTINGS, ...input.settings };
  const compiled = tryCompile(input.plan, services);
  const isFaulty = 'kind' in compiled;
  const plan = isFaulty ? NO_PLAN : compiled;
  const policyOf = policiesOf(plan, settings);
  const timeoutMs = runTimeoutMs(plan, settings, policyOf, {
    maxConcurrent: services.limits.maxConcurrent,
    staggerMs: services.limits.staggerMs ?? 0,
  });
  const book = new RunBook(plan, settings.onDependencyFailure, now, settings.contextBudgetChars ?? undefined);
  const { resumed, within, settled = [] } = input;
  const ending = settled.find((report) => endsRun(plan, report, settings)) ?? null;
  for (const report of settled) if (report !== ending) book.settle(report);
  // In a run that is resumed they are among those that have settled.
  for (const report of doneReports(plan, now)) book.settle(report);
  const agents = withAdHoc(services.agents, plan.plan.agents);
  const budgetMs = settings.budget?.timeMs;
  const inFlight = { now: 0, peak: 0 };
  const publish = watchCosts(settings.budget, agents, input.publish ?? publishNothing);
  return {
    runId: input.runId ?? 'run',
    input,
    settings,
    services,
    actor,
    agents,
    inFlight,
    publish: (body, at) => {
      countAttempts(inFlight, body);
      publish(body, at);
    },
    plan,
    fault: isFaulty ? compiled : null,
    policyOf,
    book,
    startedAt: resumed?.startedAt ?? now,
    limit: new RunLimit(input, settings, timeoutMs, now, () => longestCoolingMs(plan, policyOf)),
    budgetAt: resumed?.budgetAt ?? within?.budgetAt ?? (budgetMs === undefined ? null : now + budgetMs),
    room: Math.min(settings.maxConcurrent ?? Number.POSITIVE_INFINITY, services.limits.maxConcurrent),
    ending,
  };
}

function longestCoolingMs({ tasks }: CompiledPlan, policyOf: CollectRun['policyOf']): number {
  return tasks.reduce((most, task) => Math.max(most, policyOf(task).cooling.maxCoolingMs), 0);
}

function countAttempts(inFlight: CollectRun['inFlight'], { type }: RunEventBody): void {
  if (type === 'attempt.ended') inFlight.now -= 1;
  if (type !== 'attempt.started') return;
  inFlight.now += 1;
  inFlight.peak = Math.max(inFlight.peak, inFlight.now);
}
