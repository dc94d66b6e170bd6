import type { Services } from '../../actors/services.ts';
import { withAdHoc } from '../../agents/act-as.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import { NO_PLAN } from '../../plan/no-plan.ts';
import type { CompiledPlan, Task } from '../../plan/types.ts';
import type { Policy } from '../../policy/policy.ts';
import { Queue } from '../../queue.ts';
import { type Publish, publishNothing, type RunNews } from '../../streams/events.ts';
import type { TaskError } from '../../types.ts';
import type { StopReason, TaskReport } from '../task/events.ts';
import { RunBook } from './book.ts';
import { watchCosts } from './costs.ts';
import type { CollectInput, CollectSettings } from './events.ts';
import { openLimit, type RunLimit } from './limit.ts';
import { COLLECT_SETTINGS, doneReports, endsRun, policiesOf, runTimeoutMs, tryCompile } from './logic.ts';
import { Twins } from './twins.ts';

/** Why a run stopped before its plan was through. */
export type StopCause = 'told' | 'time' | 'failure' | 'budget';

/** All a run of a plan knows; held by reference in the machine's context, and rebuilt from a journal on resume. */
export interface CollectRun {
  readonly runId: string;
  readonly input: CollectInput;
  readonly settings: CollectSettings;
  readonly services: Services;
  /** The agents there are, and those that the plan makes up. */
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  readonly publish: Publish;
  /** Attempts in flight, and how many there were at most. */
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
  /** Controllers at work, by number of their wave. */
  readonly activeWaves: Set<number>;
  /** The next wave of the `wave` schedule, from 0. */
  nextWave: number;
  /** `eager`: ready tasks for which there is no room yet, first come first served. */
  readonly ready: Queue<Task>;
  /** `eager`: tasks handed to their waves that still wait in the gate. */
  readonly queued: Set<string>;
  /** Null when every task runs by itself. */
  readonly twins: Twins | null;
  stop: (StopReason & { cause: StopCause }) | null;
  /** A failure that had ended the run when it was interrupted; entered once the run is open, so that it ends it again. */
  readonly ending: TaskReport | null;
}

export function createRun(input: CollectInput, services: Services, now: number): CollectRun {
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
  const runId = input.runId ?? 'run';
  const query = input.query === undefined ? {} : { query: input.query };
  const twins = settings.cache ? new Twins({ runId, agents, answers: services.answers, book, ...query }) : null;
  const startedAt = resumed?.startedAt ?? now;
  const budgetMs = settings.budget?.timeMs;
  const inFlight = { now: 0, peak: 0 };
  const publish = watchCosts(settings.budget, agents, input.publish ?? publishNothing);
  return {
    runId,
    input,
    settings,
    services,
    agents,
    inFlight,
    publish: (news, at) => {
      countAttempts(inFlight, news);
      publish(news, at);
    },
    plan,
    fault: isFaulty ? compiled : null,
    policyOf,
    book,
    startedAt,
    limit: openLimit(input, settings, timeoutMs, now),
    budgetAt: resumed?.budgetAt ?? within?.budgetAt ?? (budgetMs === undefined ? null : now + budgetMs),
    room: Math.min(settings.maxConcurrent ?? Number.POSITIVE_INFINITY, services.limits.maxConcurrent),
    activeWaves: new Set(),
    nextWave: 0,
    ready: new Queue(),
    queued: new Set(),
    twins,
    stop: null,
    ending,
  };
}

function countAttempts(inFlight: CollectRun['inFlight'], { type }: RunNews): void {
  if (type === 'attempt.ended') inFlight.now -= 1;
  if (type !== 'attempt.started') return;
  inFlight.now += 1;
  inFlight.peak = Math.max(inFlight.peak, inFlight.now);
}
