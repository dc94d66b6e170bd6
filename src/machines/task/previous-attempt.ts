import { usageOf } from '../../policy/usage.ts';
import type { PreviousAttempt } from '../../types/agent.ts';
import type { AttemptRecord } from '../../types/task.ts';

/**
 * The agent's last attempt, when its session may be continued. Not that of an abandoned one, which may still be at work; and
 * every second failure in a row begins afresh, in case the session itself is what fails.
 */
export function previousAttempt(attempts: readonly AttemptRecord[], agentId: string): PreviousAttempt | null {
  const own = attempts.filter((attempt) => attempt.agentId === agentId);
  const last = own.at(-1);
  if (!last?.session || last.result === 'abandoned' || last.result === 'succeeded') return null;
  const failures = own.length - 1 - own.findLastIndex(({ result }) => result !== 'failed');
  if (failures > 0 && failures % 2 === 0) return null;
  const { session } = last;
  const usage = usageOf(own.filter((attempt) => attempt.session === session));
  return { session, attempt: last.n, error: last.error, ...(usage ? { usage } : {}) };
}
