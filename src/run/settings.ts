import { frozenCopy } from '../base/frozen.ts';
import type { CompiledPlan, OnDependencyFailure, RunSettings, Schedule, Task } from '../plan/types.ts';
import type { Budget } from '../policy/budget.ts';
import type { Policy } from '../policy/policy.ts';
import { POLICIES, resolvePolicy } from '../policy/presets.ts';

/** Settings of one run with every default filled in. */
export interface CollectSettings {
  schedule: Schedule;
  onDependencyFailure: OnDependencyFailure;
  policy: Policy;
  /** Limit of the whole run, milliseconds; `null`: derived from the plan and the policy. */
  timeoutMs: number | null;
  /** Most attempts of this run in flight; `null`: the engine's limit alone. Also bounds who waits in the gate. */
  maxConcurrent: number | null;
  staggerMs: number | null;
  budget: Budget | null;
  /** Agent that takes over, by id; `null`: none. */
  fallback: string | null;
  retries: number | null;
  /** Whether what tasks ask alike is asked once, and answers of other runs are used again. */
  cache: boolean;
  /** Most characters of context in a prompt; null: the default. */
  contextBudgetChars: number | null;
  /** Settings of the engine for all its runs, whatever a task's policy is. */
  bounds: PolicyBounds;
}

export interface PolicyBounds {
  maxCoolingMs?: number;
  maxRateLimits?: number;
  maxOpenWaitMs?: number;
  onOpen?: 'fail' | 'wait';
}

/** When a run must be over, and when its budget of time is spent, epoch milliseconds; null: no such bound is known. */
export interface RunBounds {
  deadlineAt: number | null;
  budgetAt: number | null;
}

/** Defaults of a run's settings. */
export const COLLECT_SETTINGS: CollectSettings = Object.freeze({
  schedule: 'wave',
  onDependencyFailure: 'skip',
  policy: POLICIES.patient,
  timeoutMs: null,
  maxConcurrent: null,
  staggerMs: null,
  budget: null,
  fallback: null,
  retries: null,
  cache: false,
  contextBudgetChars: null,
  bounds: {},
});

/** Settings as an engine, a plan or a run states them. */
export type StatedSettings = RunSettings & { fallback?: string | false };

/** The settings that one layer states, in the form of a run's. Throws `invalid-options` for a bad policy. */
function statedBy(layer: StatedSettings): Partial<CollectSettings> {
  const { schedule, onDependencyFailure, timeoutMs, maxConcurrent, staggerMs, retries, cache } = layer;
  const { policy, budget, fallback, contextBudgetChars } = layer;
  const stated: { [Key in keyof CollectSettings]?: CollectSettings[Key] | undefined } = {
    ...{ schedule, onDependencyFailure, timeoutMs, maxConcurrent, staggerMs, retries, cache, contextBudgetChars },
    policy: policy === undefined ? undefined : resolvePolicy(policy),
    budget: budget === undefined ? undefined : frozenCopy(budget),
    fallback: fallback === undefined ? undefined : fallback || null,
  };
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
}

/**
 * Merges settings in the one order that holds everywhere: a later layer wins, key by key. A budget and a policy are one
 * key each.
 *
 * @param layers From the weakest on: the engine, the plan, the run's own options.
 */
export function mergeSettings(
  base: Partial<CollectSettings>,
  ...layers: readonly StatedSettings[]
): Partial<CollectSettings> {
  return Object.assign({ ...base }, ...layers.map(statedBy));
}

/** A policy with the bounds that an engine sets for all its runs. */
export function withBounds(
  policy: Policy,
  { maxCoolingMs, maxRateLimits, maxOpenWaitMs, onOpen }: PolicyBounds,
): Policy {
  if ((maxCoolingMs ?? maxRateLimits ?? maxOpenWaitMs ?? onOpen) === undefined) return policy;
  const { breaker, cooling } = policy;
  return {
    ...policy,
    breaker: {
      ...breaker,
      onOpen: onOpen ?? breaker.onOpen,
      maxOpenWaitMs: maxOpenWaitMs ?? breaker.maxOpenWaitMs,
    },
    cooling: {
      ...cooling,
      maxCoolingMs: maxCoolingMs ?? cooling.maxCoolingMs,
      maxRateLimits: maxRateLimits ?? cooling.maxRateLimits,
    },
  };
}

/** The policy of each task: its own over the plan's default over the run's, with retries overridden. */
export function policiesOf(plan: CompiledPlan, settings: CollectSettings): (task: Task) => Policy {
  const cache = new Map<string, Policy>();
  const { defaults } = plan.plan;
  return ({ spec }) => {
    const own = spec.policy ?? defaults?.policy;
    const retries = spec.retries ?? settings.retries;
    const key = `${typeof own === 'object' ? JSON.stringify(own) : (own ?? '')}|${retries}`;
    const known = cache.get(key);
    if (known) return known;
    const base = own === undefined ? settings.policy : resolvePolicy(own);
    const bound = withBounds(base, settings.bounds);
    const policy = retries === null || retries === undefined ? bound : { ...bound, retry: { ...bound.retry, retries } };
    cache.set(key, policy);
    return policy;
  };
}

/** Limits from a run's own settings, whatever its plan. */
export function runBounds({ timeoutMs, budget }: Partial<CollectSettings>, startedAt: number): RunBounds {
  const budgetMs = budget?.timeMs;
  return {
    deadlineAt: timeoutMs === null || timeoutMs === undefined ? null : startedAt + timeoutMs,
    budgetAt: budgetMs === undefined ? null : startedAt + budgetMs,
  };
}
