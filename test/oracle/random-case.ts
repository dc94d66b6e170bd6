import type { OnDependencyFailure, Schedule } from '../../src/plan/types.ts';

/** What one attempt of a task does, when it is not stopped. */
export interface Behaviour {
  /** How long it takes, milliseconds. */
  ms: number;
  does: 'succeed' | 'transient' | 'permanent' | 'limit' | 'hang';
  /** `limit`: what the provider says; null: nothing. */
  retryAfterMs: number | null;
}

export interface CaseTask {
  id: string;
  agent: string;
  dependsOn: string[];
  critical: boolean;
  timeoutMs?: number;
  /** Its own; wins over that of the run. */
  onDependencyFailure?: OnDependencyFailure;
  /** By attempt, the last one for all that follow. */
  script: Behaviour[];
}

export interface CaseAgent {
  staggerMs: number;
  maxConcurrent: number | null;
}

/** A plan, its agents and settings: everything an outcome depends on. */
export interface Case {
  agents: Record<string, CaseAgent>;
  tasks: CaseTask[];
  fallback: string | null;
  maxConcurrent: number;
  staggerMs: number | null;
  schedule: Schedule;
  onDependencyFailure: OnDependencyFailure;
  retries: number;
  backoff: { strategy: 'immediate' | 'fixed' | 'linear' | 'exponential'; baseDelayMs: number; factor: number };
  maxTimeoutMs: number;
  killGraceMs: number;
  breaker: { enabled: boolean; failureThreshold: number; onOpen: 'fail' | 'wait'; maxOpenWaitMs: number };
  maxRateLimits: number;
  maxCoolingMs: number;
  cancelAt: number | null;
  timeoutMs: number | null;
  budgetAttempts: number | null;
  /** How long a breaker stays open. */
  resetMs: number;
}

/** A small generator of random numbers; the same seed gives the same numbers. */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random case. Times are odd numbers out of many, so that two things rarely happen at the same instant. */
export function randomCase(seed: number): Case {
  const random = randomBy(seed);
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const chance = (share: number) => random() < share;
  const pick = <T>(from: readonly T[]): T => from[between(0, from.length - 1)] as T;
  const ids = ['a', 'b', 'c'].slice(0, between(1, 3));
  const trouble = pick([0, 0.2, 0.5, 0.8]);
  const script = (): Behaviour[] =>
    Array.from({ length: between(1, 4) }, () => {
      const does = chance(trouble)
        ? pick(['transient', 'transient', 'permanent', 'limit', 'limit', 'hang'] as const)
        : 'succeed';
      return { ms: between(1, 40_000), does, retryAfterMs: chance(0.5) ? between(1, 30_000) : null };
    });
  const count = between(1, 8);
  const density = pick([0, 0.2, 0.5]);
  const criticals = pick([0, 0, 0.2]);
  const tasks = Array.from({ length: count }, (_, i): CaseTask => {
    const dependsOn = Array.from({ length: i }, (_, j) => `t${j}`).filter(() => chance(density));
    const own = {
      ...(chance(0.1) ? { timeoutMs: between(10_000, 50_000) } : {}),
      ...(chance(0.15) ? { onDependencyFailure: pick(['proceed', 'skip', 'abort'] as const) } : {}),
    };
    return { id: `t${i}`, agent: pick(ids), dependsOn, critical: chance(criticals), script: script(), ...own };
  });
  return {
    agents: Object.fromEntries(
      ids.map((id) => [
        id,
        { staggerMs: chance(0.3) ? between(1, 5000) : 0, maxConcurrent: chance(0.2) ? between(1, 2) : null },
      ]),
    ),
    tasks,
    fallback: chance(0.4) ? pick(ids) : null,
    maxConcurrent: between(1, 4),
    staggerMs: chance(0.3) ? between(0, 5000) : null,
    schedule: pick(['wave', 'eager']),
    onDependencyFailure: pick(['proceed', 'proceed', 'skip', 'abort']),
    retries: between(0, 3),
    backoff: {
      strategy: pick(['immediate', 'fixed', 'linear', 'exponential']),
      baseDelayMs: between(1, 3000),
      factor: pick([1, 1.5, 2]),
    },
    maxTimeoutMs: between(30_000, 60_000),
    killGraceMs: between(1000, 6000),
    breaker: {
      enabled: chance(0.7),
      failureThreshold: between(1, 4),
      onOpen: pick(['fail', 'wait']),
      maxOpenWaitMs: between(1000, 300_000),
    },
    maxRateLimits: between(0, 3),
    maxCoolingMs: between(1000, 60_000),
    cancelAt: chance(0.15) ? between(1, 80_000) : null,
    timeoutMs: chance(0.15) ? between(20_000, 120_000) : null,
    budgetAttempts: chance(0.15) ? between(1, 10) : null,
    resetMs: chance(0.3) ? 120_000 : between(100, 20_000),
  };
}
