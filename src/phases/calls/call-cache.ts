import { isAnswer } from '../../machines/collect/duplicate-tasks.ts';
import { lastingKey, workKey } from '../../plan/identity.ts';
import type { SettledCall } from '../../run/calls.ts';
import type { TaskReport } from '../../run/task-report.ts';
import type { PhaseAnswer, PhaseCall } from '../controls.ts';
import { answerOf, callTaskId, type PhaseScope, resumedCall } from './calls.ts';

/**
 * Cache key of the answer to a call; null when it is not cached: no cache is wanted, or its agent does not say what its
 * answers depend on. The whole prompt counts, secrets and all, and only as a hash.
 */
export function callKey({ settings, services, query }: PhaseScope, { agentId, prompt }: PhaseCall): string | null {
  if (!settings.cache || !services.answers) return null;
  const version = services.agents.get(agentId)?.version({}) ?? null;
  if (version === null) return null;
  return lastingKey(workKey({ agentId, prompt, question: prompt, dependencies: {}, query }), version);
}

/**
 * The call as answered by another run; null without an answer that the phase accepts. A call that had an attempt before continues
 * by itself, as a task does: what that used is not forgotten.
 */
export function cachedCall(scope: PhaseScope, call: PhaseCall, key: string | null, now: number): SettledCall | null {
  const { phase } = scope;
  const { name, prompt, agentId } = call;
  const taskId = callTaskId(phase, name);
  const stored = key === null || resumedCall(scope.resumed, taskId) ? null : scope.services.answers?.find(key, now);
  if (!stored) return null;
  const { output, data } = stored;
  const settled: SettledCall = {
    ...{ phase, taskId, prompt, agentId },
    ...{ status: 'succeeded', via: 'cache', output, error: null, attempts: [] },
    ...(data === undefined ? {} : { data }),
  };
  return isTaken(call, answerOf(settled)) ? settled : null;
}

/**
 * Keeps an answer for other runs: its agent's own, whole, and one that the phase takes.
 *
 * @param asked The call that is answered by it: a repair answers the one it repairs.
 * @param key That call's key when it was put; when it is another one now, what the answer was given in has changed.
 */
export function keepCall(
  scope: PhaseScope,
  { call, asked, key }: { call: PhaseCall; asked: PhaseCall; key: string | null },
  { outcome }: TaskReport,
): void {
  if (key === null || !isAnswer(outcome)) return;
  const { taskId, agentId, output, data, attempts, settledAt: at } = outcome;
  const given = data === undefined ? { output } : { output, data };
  if (!isTaken(call, { ...given, agentId }) || callKey(scope, asked) !== key) return;
  const usage = attempts.at(-1)?.usage;
  const about = { key, agentId, runId: scope.runId, taskId, at };
  scope.services.answers?.save({ ...about, ...given, ...(usage ? { usage } : {}) });
}

function isTaken({ accepts }: PhaseCall, answer: PhaseAnswer): boolean {
  try {
    return accepts?.(answer) ?? true;
  } catch {
    // A phase that breaks over an answer has no use for it in another run either.
    return false;
  }
}
