import type { AgentInfo } from '../../actors/phases/types.ts';
import type { Services } from '../../actors/services.ts';
import { toTaskError } from '../../errors/classify.ts';
import type { PhaseName } from '../../streams/events.ts';
import type { TaskError } from '../../types.ts';
import { buildMetadata } from '../collect/metadata.ts';
import type { SoarContext, SoarOutput } from './events.ts';

/** What the decompose and route phases may know of the agents. */
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

/** What a phase found, as a journal keeps it; what collect found, its tasks' own records say. */
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
      return synthesis ? `confidence ${synthesis.confidence}` : '';
  }
}

/** Of a run that ended before it had a plan. */
const NO_METADATA = buildMetadata({ goal: undefined, plan: { tasks: [] }, tasks: [], byId: new Map(), waves: [] }, [], {
  startedAt: 0,
  endedAt: 0,
  peakConcurrency: 0,
  breakers: {},
});

/** The result of a run of a query, in whichever final state it ended. */
export function resultOf(context: SoarContext, ended: 'done' | 'failed' | 'cancelled', now: number): SoarOutput {
  const { input, assessment, routing, collected, synthesis, startedAt } = context;
  const error = context.error ?? collected?.error ?? null;
  const status =
    ended === 'cancelled' && error?.kind !== 'internal'
      ? 'cancelled'
      : context.error
        ? 'failed'
        : (collected?.status ?? 'failed');
  return {
    status,
    outcomes: collected?.outcomes ?? [],
    metadata: { ...(collected?.metadata ?? NO_METADATA), totalDurationMs: now - startedAt },
    ...(error ? { error } : {}),
    query: input.query,
    ...(assessment ? { complexity: assessment.complexity } : {}),
    ...(routing ? { plan: routing.plan } : {}),
    ...(synthesis ? { answer: synthesis.answer, confidence: synthesis.confidence, sources: synthesis.sources } : {}),
  };
}
