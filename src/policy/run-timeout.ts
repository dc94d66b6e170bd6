import { totalBackoffMs } from './backoff.ts';
import type { Policy } from './policy.ts';

/** Time a run gets beyond what its attempts may take, milliseconds. */
export const RUN_TIMEOUT_BUFFER_MS = 120_000;

export interface RunTimeoutInput {
  /** Tasks that will run. */
  tasks: number;
  maxConcurrent: number;
  policy: Policy;
  /** Gap between two starts, milliseconds. Default 0. */
  staggerMs?: number;
  hasFallback: boolean;
  /** Default {@link RUN_TIMEOUT_BUFFER_MS}. */
  bufferMs?: number;
}

/**
 * The limit of a run that sets none, milliseconds: as long as its tasks may take at worst, by the policy's own limits.
 *
 * ceil(n / maxConcurrent) × (attempts × maxTimeout + Σ backoff + the fallback's maxTimeout) + (n − 1) × stagger + buffer,
 * with attempts = retries + 1 and the backoff without jitter. A run without tasks gets the buffer alone.
 *
 * @example
 * deriveRunTimeoutMs({ tasks: 5, maxConcurrent: 3, policy: POLICIES.patient, staggerMs: 2000, hasFallback: true }); // 3_732_000
 */
export function deriveRunTimeoutMs(input: RunTimeoutInput): number {
  const { tasks, maxConcurrent, policy, staggerMs = 0, hasFallback, bufferMs = RUN_TIMEOUT_BUFFER_MS } = input;
  if (tasks <= 0) return bufferMs;
  const { retry, clocks } = policy;
  const executions = retry.retries + 1 + (hasFallback ? 1 : 0);
  const rounds = Math.max(1, Math.ceil(tasks / maxConcurrent));
  return Math.ceil(
    rounds * (executions * clocks.maxTimeoutMs + totalBackoffMs(retry)) + (tasks - 1) * staggerMs + bufferMs,
  );
}
