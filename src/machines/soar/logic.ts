import { type Services, withAgents, withoutCode } from '../../actors/services.ts';
import { elapsedMs } from '../../base/clock.ts';
import { toTaskError } from '../../errors/classify.ts';
import { callNotes, type PhaseScope } from '../../phases/calls/calls.ts';
import { foundNothing } from '../../phases/synthesize/synthesize.ts';
import type { AgentInfo } from '../../phases/types.ts';
import { NO_PLAN } from '../../plan/no-plan.ts';
import type { OnDependencyFailure, Plan } from '../../plan/types.ts';
import { sumUsage } from '../../policy/usage.ts';
import { type PhaseName, publishNothing } from '../../run/events.ts';
import type { Assessment, Routing, Synthesis } from '../../run/phase-outputs.ts';
import type { PhaseRecord, RunMetadata } from '../../run/result.ts';
import { COLLECT_SETTINGS, type CollectSettings, mergeSettings, runBounds } from '../../run/settings.ts';
import type { StopReason } from '../../run/task-report.ts';
import { asksOneThing } from '../../text/questions.ts';
import type { TaskError, TaskOutcome } from '../../types/task.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import { watchCosts } from '../collect/costs.ts';
import { tryCompile } from '../collect/logic.ts';
import { buildMetadata } from '../collect/metadata.ts';
import type { GateNotice, RunOpened } from '../gate/events.ts';
import { openedRun } from '../gate/opened-run.ts';
import type { Decision, SoarContext, SoarInput, SoarOutput } from './events.ts';

/** State in which a run begins or resumes. */
export function initialContext(input: SoarInput, given: Services, now: number): SoarContext {
  const services = withoutCode(given);
  const { resumed } = input;
  const startedAt = resumed?.startedAt ?? now;
  const publish = input.publish ?? publishNothing;
  return {
    input,
    runId: input.runId ?? 'run',
    services,
    publish,
    publishCalls: watchCosts(input.settings?.budget ?? null, services.agents, publish),
    startedAt,
    bounds: resumed ?? runBounds(input.settings ?? {}, startedAt),
    phaseAt: now,
    report: null,
    phases: resumed?.phases ?? [],
    called: resumedNotes(resumed),
    assessment: resumed?.assessment ?? null,
    retrieval: resumed?.retrieval ?? null,
    decomposition: resumed?.decomposition ?? null,
    routing: resumedRouting(resumed),
    edited: resumed?.approved ?? null,
    collected: null,
    synthesis: null,
    error: null,
  };
}

/** Agents that completed phases asked; the others ask again and report it themselves. */
function resumedNotes(resumed: SoarInput['resumed']): SoarContext['called'] {
  if (!resumed) return [];
  const calls = [...resumed.calls.settled.values()];
  return resumed.phases.map(({ phase }) => ({ phase, ...callNotes(calls.filter((call) => call.phase === phase)) }));
}

function resumedRouting(resumed: SoarInput['resumed']): Routing | null {
  if (!resumed) return null;
  const { routing, approved } = resumed;
  return approved ? { matches: [], ...routing, plan: approved } : routing;
}

/** Opens the run at the gate: from its first phase on, its attempts count. */
export function runOpened(context: SoarContext, ref: Addressee<GateNotice>, now: number): RunOpened {
  const { input, runId, bounds } = context;
  const settings = { ...COLLECT_SETTINGS, ...input.settings };
  return openedRun({ runId, settings, budgetAt: bounds.budgetAt, resumed: input.resumed, ref, now });
}

/** Services for a phase that asks agents. */
export function scopeOf(
  { input, runId, services, publishCalls: publish }: SoarContext,
  phase: PhaseRecord['phase'],
): PhaseScope {
  const { query, log = null, settings = {}, resumed } = input;
  return { phase, runId, query, services, publish, log, settings, resumed: resumed?.calls ?? null };
}

/** Report of a phase; none for collect, whose tasks report themselves. A user's actor gives none. */
export function phaseRecord(phase: PhaseName, { report, phaseAt }: SoarContext, now: number): PhaseRecord[] {
  if (phase === 'collect') return [];
  const { by, calls, attempts, ...more } = report ?? { by: 'offline', calls: 0, attempts: 0 };
  return [{ phase, by, calls, attempts, durationMs: elapsedMs(phaseAt, now), ...more }];
}

/** Why what a phase still wants to ask is not asked. */
export const SPENT: StopReason = Object.freeze({ kind: 'budget', message: 'The budget of the run is spent.' });

export function timeoutReason({ bounds, startedAt }: SoarContext, now: number): StopReason {
  const timeoutMs = elapsedMs(startedAt, bounds.deadlineAt ?? now);
  return { kind: 'timeout', message: `The run did not finish within ${timeoutMs} ms.` };
}

/** Fault of an edited plan; null when it can run. */
export function faultOf({ services }: SoarContext, { plan, agents = new Map() }: Approval): TaskError | null {
  if (!plan) return null;
  const compiled = tryCompile(plan, withoutCode(withAgents(services, agents)));
  if ('kind' in compiled) return compiled;
  try {
    editedSettings({}, plan);
    return null;
  } catch (error) {
    return {
      kind: 'invalid_request',
      message: error instanceof Error ? error.message : String(error),
      retryable: false,
    };
  }
}

/** Rule for dependents of a failed task in the plan of a question: an answer from what there is beats none. */
export const QUESTION_RULE: OnDependencyFailure = 'proceed';

/** The plan as it is shown and given away: it states its rule, because a written plan has another default. */
export function withRule(plan: Plan, { settings }: SoarInput): Plan {
  return { onDependencyFailure: settings?.onDependencyFailure ?? QUESTION_RULE, ...plan };
}

/** Settings of the run with those of an edited plan, whose editor decided last; its limits come too late. */
export function editedSettings(settings: Partial<CollectSettings>, edited: Plan | null): Partial<CollectSettings> {
  if (!edited) return settings;
  const { timeoutMs: _, budget: __, ...stated } = edited;
  return mergeSettings(settings, stated);
}

/** Settings of an edited plan that come too late, as the run and its limits have begun; null without any. */
export function tooLate({ timeoutMs, budget }: Plan): string | null {
  if (timeoutMs === undefined && budget === undefined) return null;
  return 'The `timeoutMs` and `budget` of the edited plan are not used: those of the run hold, and began with its first phase.';
}

/** Context after a person's decision: the plan to run, and its agents. */
export function adopted({ routing, services }: SoarContext, { plan, agents }: Approval): Partial<SoarContext> {
  if (!plan) return { edited: null };
  const brought = agents ? { services: withoutCode(withAgents(services, agents)) } : {};
  return { routing: { matches: [], ...routing, plan }, edited: plan, ...brought };
}

type Approval = Extract<Decision, { type: 'plan.approve' }>;

/** Whether a query is put to an agent without being taken apart: one that asks several things never is. */
export function goesAsItIs({ decompose, query }: SoarInput, assessment: Assessment | null): boolean {
  return decompose === 'unlessSimple' && assessment?.complexity === 'simple' && asksOneThing(query);
}

/** View of the agents for the decompose and route phases. */
export function agentInfos(services: Services): AgentInfo[] {
  return [...services.agents.values()].map(({ id, description, capabilities, kind }) => ({
    id,
    description,
    capabilities,
    kind,
  }));
}

/** A phase that failed breaks the run; the message names it. */
export function phaseError(phase: PhaseName, thrown: unknown, now: number): TaskError {
  const { kind, message } = toTaskError(thrown, now);
  return { kind, message: `Phase ${phase} failed: ${message}`, retryable: false };
}

/** Result of a phase, as a journal keeps it; results of collect are the records of its tasks. */
export function foundBy(phase: PhaseName, context: SoarContext): unknown {
  const { assessment, retrieval, decomposition, routing, synthesis } = context;
  const found = {
    assess: assessment,
    retrieve: retrieval,
    decompose: decomposition,
    route: routing,
    synthesize: synthesis,
  };
  return phase === 'collect' ? null : found[phase];
}

/** A line for logs and viewers about what a phase found. */
export function summaryOf(phase: PhaseName, context: SoarContext): string {
  try {
    return summarised(phase, context);
  } catch {
    // A phase that an actor logic of the user's stands in for may give anything; a summary is not worth a run.
    return '';
  }
}

function summarised(phase: PhaseName, context: SoarContext): string {
  const { assessment, retrieval, decomposition, routing, collected, synthesis } = context;
  switch (phase) {
    case 'assess':
      return assessment ? `${assessment.complexity} (score ${assessment.score})` : '';
    case 'retrieve':
      return retrieval
        ? [`${retrieval.passages.length} passages from ${retrieval.searched} files`, ...retrieval.notes].join('; ')
        : '';
    case 'decompose':
      return decomposition ? [`${decomposition.subgoals.length} subgoals`, ...decomposition.notes].join('; ') : '';
    case 'route':
      return routing
        ? routing.matches.map(({ taskId, agentId, quality }) => `${taskId} → ${agentId} (${quality})`).join(', ')
        : '';
    case 'collect':
      return collected ? `${collected.metadata.succeeded} of ${collected.metadata.totalTasks} succeeded` : '';
    case 'synthesize':
      return synthesis?.confidence === undefined ? '' : `confidence ${synthesis.confidence}`;
  }
}

/** Of a run that ended before it had a plan. */
const NO_METADATA = buildMetadata(NO_PLAN, [], {
  startedAt: 0,
  endedAt: 0,
  peakConcurrency: 0,
  breakers: {},
});

/** The result of a run of a query, in whichever final state it ended. */
export function resultOf(
  context: SoarContext,
  ended: 'done' | 'planned' | 'failed' | 'cancelled',
  now: number,
): SoarOutput {
  const { input, assessment, routing, collected, synthesis } = context;
  const error = context.error ?? collected?.error ?? notFound(collected?.outcomes ?? []);
  const status =
    ended === 'cancelled' && error?.kind !== 'internal'
      ? 'cancelled'
      : context.error
        ? 'failed'
        : (collected?.status ?? (ended === 'planned' ? 'succeeded' : 'failed'));
  return {
    status,
    outcomes: collected?.outcomes ?? [],
    metadata: withPhases(collected?.metadata ?? NO_METADATA, context, now),
    ...(error ? { error } : {}),
    query: input.query,
    ...(assessment ? { complexity: assessment.complexity } : {}),
    ...(routing ? { plan: withRule(routing.plan, input) } : {}),
    ...(synthesis ? answerOf(synthesis) : {}),
  };
}

function answerOf({ answer, confidence, sources }: Synthesis): Pick<SoarOutput, 'answer' | 'confidence' | 'sources'> {
  return { answer, ...(confidence === undefined ? {} : { confidence }), sources };
}

/** The error of a question for which no task found anything. */
function notFound(outcomes: readonly TaskOutcome[]): TaskError | null {
  return foundNothing(outcomes)
    ? { kind: 'not_found', message: 'Nothing was found for the question.', retryable: false }
    : null;
}

/** The metadata of the plan's tasks, with what the phases did around them: the run used what both used, and asked whom both asked. */
function withPhases(metadata: RunMetadata, context: SoarContext, now: number): RunMetadata {
  const { phases, called, startedAt, services, runId } = context;
  const usage = sumUsage([metadata.usage, ...phases.map((phase) => phase.usage)]);
  const breakers = { ...metadata.breakers };
  for (const id of called.flatMap(({ agents }) => agents)) {
    const metrics = services.breakerMetrics(services.agents.get(id) ?? { id }, runId);
    if (metrics) breakers[id] ??= metrics;
  }
  const limitsOf = (isLast: boolean) =>
    called.filter(({ phase }) => (phase === 'synthesize') === isLast).flatMap(({ rateLimits }) => rateLimits);
  const rateLimits = [...limitsOf(false), ...metadata.rateLimits, ...limitsOf(true)];
  return { ...metadata, breakers, rateLimits, phases: [...phases], usage, totalDurationMs: elapsedMs(startedAt, now) };
}
