import type { ResolvedAgent } from '../agents/resolve.ts';
import type { AnswerStore } from '../journal/answers.ts';
import type { BreakerEvent } from '../machines/breaker/events.ts';
import type { GateEvent } from '../machines/gate/events.ts';
import type { GateLimits } from '../machines/gate/logic.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import type { BreakerMetrics } from '../types.ts';
import type { AttemptCommand } from './attempt.ts';
import type { Addressee } from './scope.ts';

/** Makes sure that an agent has a breaker, judged by this policy. */
export type EngineCommand = {
  type: 'breaker.ensure';
  agentId: string;
  policy: BreakerPolicy;
  /** Whether the agent is ad-hoc: one that a plan makes up is known to its run alone. */
  adHoc: boolean;
};

/** What all runs of one engine share. */
export interface Services {
  readonly gate: Addressee<GateEvent>;
  readonly executor: Addressee<AttemptCommand>;
  /** The actor all of these live under. */
  readonly engine: Addressee<EngineCommand>;
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  /** Made when first asked for. */
  breakerOf(agentId: string): Addressee<BreakerEvent>;
  /** Null when the agent's breaker was never needed. */
  breakerMetrics(agentId: string): BreakerMetrics | null;
  /** Answers of other runs; null when none are kept. */
  readonly answers: AnswerStore | null;
  /** Whether the budget of a run allows no further start. */
  isSpent(runId: string): boolean;
  readonly limits: GateLimits;
  /** 0 ≤ x < 1. */
  random(): number;
  /** How long a stopped attempt may take to end, milliseconds. */
  readonly killGraceMs: number;
}
