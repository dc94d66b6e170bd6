import type { BreakerPolicy } from '../../policy/policy.ts';
import type { BreakerMetrics } from '../../run/result.ts';
import { type ErrorKind, isPermanent } from '../../types/error-kind.ts';

export interface Failure {
  at: number;
  kind: ErrorKind | null;
}

/** Failures that still count at `now`; never more than a hundred, or than the thresholds could need. */
export function recentFailures(failures: readonly Failure[], policy: BreakerPolicy, now: number): Failure[] {
  const { failureThreshold, adHocFailureThreshold, fastFailThreshold } = policy;
  const most = Math.max(MOST_REMEMBERED, failureThreshold, adHocFailureThreshold, fastFailThreshold);
  return failures.filter((failure) => now - failure.at < policy.failureWindowMs).slice(-most);
}

const MOST_REMEMBERED = 100;

/**
 * Whether a failure at `now` opens the breaker: as many in the window as the threshold says, or permanent errors one
 * right after the other. Agents made up for one plan are judged by their own, lenient figures in both.
 */
export function opensOn(
  failures: readonly Failure[],
  failure: Failure,
  policy: BreakerPolicy,
  adHoc: boolean,
): boolean {
  const recent = [...recentFailures(failures, policy, failure.at), failure];
  if (recent.length >= (adHoc ? policy.adHocFailureThreshold : policy.failureThreshold)) return true;
  const gapMs = adHoc ? policy.adHocFastFailGapMs : policy.fastFailGapMs;
  let run = 0;
  let previous: Failure | null = null;
  for (const one of recent) {
    const permanent = one.kind !== null && isPermanent(one.kind);
    run = !permanent ? 0 : previous && run > 0 && one.at - previous.at < gapMs ? run + 1 : 1;
    previous = one;
  }
  return run >= (adHoc ? Math.max(policy.fastFailThreshold, policy.adHocFailureThreshold) : policy.fastFailThreshold);
}

export function refusalReason(agentId: string, failures: number, retryAt: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return `Circuit open for ${agentId}: ${failures} ${failures === 1 ? 'failure' : 'failures'}, retry in ${seconds}s`;
}

export function probeReason(agentId: string): string {
  return `Circuit half-open for ${agentId}: one attempt tests it, the others wait for its end`;
}

export const NO_METRICS: Omit<BreakerMetrics, 'state'> = Object.freeze({
  failures: 0,
  opened: 0,
  halfOpened: 0,
  closed: 0,
  rejected: 0,
});

/** Increments one of the counts. */
export function counted<K extends keyof typeof NO_METRICS>(
  context: { metrics: Omit<BreakerMetrics, 'state'> },
  key: K,
): { metrics: Omit<BreakerMetrics, 'state'> } {
  return { metrics: { ...context.metrics, [key]: context.metrics[key] + 1 } };
}
