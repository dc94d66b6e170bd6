import { SoarError } from '../errors/soar-error.ts';
import { missingKeys } from '../node/models/model-agent.ts';
import { runFallback } from '../plan/fallback.ts';
import type { AgentSpec, Plan } from '../plan/types.ts';
import type { RunOptions } from '../soar-types.ts';

/** Ids of the agents a plan can come to use. */
export function usedAgents(plan: Plan, fallback: RunOptions['fallback']): Set<string> {
  const { tasks, defaults } = plan;
  const byDefault = runFallback(fallback, plan.fallback);
  const named = tasks.flatMap((task) => [
    task.agent ?? defaults?.agent,
    fallback === false ? null : runFallback(task.fallback, byDefault ?? undefined),
  ]);
  return new Set(named.filter((id) => typeof id === 'string'));
}

/** Throws `invalid-options`, before anything runs, when the key of a model is not there. */
export function requireKeys(specs: Readonly<Record<string, AgentSpec>>, ids: Iterable<string>): void {
  const missing = missingKeys(specs, ids);
  if (missing.length === 0) return;
  const issues = missing.map((message) => ({ path: '', message, code: 'missing-key' }));
  throw new SoarError('invalid-options', missing.join('\n'), { issues });
}
