import type { ResolvedAgent } from '../agents/resolve.ts';
import type { AnswerStore } from '../journal/answers.ts';
import type { BreakerEvent } from '../machines/breaker/events.ts';
import type { GateEvent, ReleaseBreakers } from '../machines/gate/events.ts';
import type { GateLimits } from '../machines/gate/logic.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import type { StoredBreaker } from '../run/entries.ts';
import type { RunLog } from '../run/log.ts';
import type { BreakerMetrics } from '../run/result.ts';
import type { Wait } from '../run/wait.ts';
import type { Addressee } from '../xstate/messaging.ts';
import type { AttemptCommand } from './attempt.ts';
import type { Guarded } from './breakers.ts';

/** Makes sure that an agent has a breaker, judged by this policy. */
export interface EnsureBreaker {
  type: 'breaker.ensure';
  agent: Guarded;
  runId: string;
  policy: BreakerPolicy;
  /** As it was left, in a run that is resumed; of an agent that the run's plan made up. */
  stored?: StoredBreaker | undefined;
  /** Where the breaker of such an agent is kept; null: nowhere. */
  log?: RunLog | null;
}

export type EngineCommand = EnsureBreaker | ReleaseBreakers;

/** Services that all runs of one engine share, with the agents of one run. */
export interface Services {
  readonly gate: Addressee<GateEvent>;
  readonly executor: Addressee<AttemptCommand>;
  /** The actor all of these live under. */
  readonly engine: Addressee<EngineCommand>;
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  /** Ids of agents that a question may not ask, since they run their prompt as code; they are not among `agents`. Default: none. */
  readonly codeAgents?: ReadonlySet<string>;
  /** Made when first asked for. */
  breakerOf(agent: Guarded, runId: string): Addressee<BreakerEvent>;
  /** Null when the agent's breaker was never needed. */
  breakerMetrics(agent: Guarded, runId: string): BreakerMetrics | null;
  /** Answers of other runs; null when none are kept. */
  readonly answers: AnswerStore | null;
  /** Why a new attempt of an agent would wait now; null when it would start at once. Absent: unknown. */
  waitOf?(agent: ResolvedAgent, runId: string): Wait | null;
  /** Whether the budget of a run allows no further start. */
  isSpent(runId: string): boolean;
  readonly limits: GateLimits;
  /** Whether any agent was called; undefined where that is not asked. */
  readonly hasCalled?: boolean;
  /** 0 ≤ x < 1. */
  random(): number;
  /** How long a stopped attempt may take to end, milliseconds. */
  readonly killGraceMs: number;
}

/** The same for a run that has agents of its own: they come before those of the engine, and no other run knows them. */
export function withAgents(services: Services, own: ReadonlyMap<string, ResolvedAgent>): Services {
  return own.size === 0 ? services : changedAgents(services, new Map([...services.agents, ...own]));
}

/**
 * The same for a question: without the agents that run their prompt as code. Its tasks are texts that a model may have made, so no
 * phase, planner or plan of it can name such an agent, and none takes over as a fallback.
 */
export function withoutCode(services: Services): Services {
  const code = [...services.agents.values()].filter(({ promptIsCode }) => promptIsCode).map(({ id }) => id);
  if (code.length === 0) return services;
  const agents = new Map([...services.agents].filter(([id]) => !code.includes(id)));
  return changedAgents(services, agents, new Set([...(services.codeAgents ?? []), ...code]));
}

function changedAgents(
  services: Services,
  agents: Services['agents'],
  codeAgents: Services['codeAgents'] = services.codeAgents,
): Services {
  const { gate, executor, engine, answers, limits, killGraceMs } = services;
  return {
    ...{ gate, executor, engine, answers, limits, killGraceMs, agents },
    ...(codeAgents ? { codeAgents } : {}),
    breakerOf: (agent, runId) => services.breakerOf(agent, runId),
    breakerMetrics: (agent, runId) => services.breakerMetrics(agent, runId),
    waitOf: (agent, runId) => services.waitOf?.(agent, runId) ?? null,
    isSpent: (runId) => services.isSpent(runId),
    random: () => services.random(),
    get hasCalled() {
      return services.hasCalled === true;
    },
  };
}
