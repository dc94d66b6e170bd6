import type { RetryPolicy } from './policy.ts';

/**
 * How long to wait before retry `k` (1 is the first), whole milliseconds.
 *
 * `immediate` 0 · `fixed` base · `linear` base × (1 + factor × (k − 1)) · `exponential` base × factor^(k − 1); capped at
 * `maxDelayMs`, then varied by `jitter` either way. The cap holds after the jitter too, and no delay is negative.
 *
 * @param random A number in [0, 1).
 */
export function retryDelayMs(retry: RetryPolicy, k: number, random: () => number): number {
  const delay = plainDelayMs(retry, k);
  const varied = delay * (1 + retry.jitter * (2 * random() - 1));
  return Math.floor(Math.max(0, Math.min(varied, retry.maxDelayMs)));
}

/** Sum of the delays before all of a policy's retries, without jitter, milliseconds. */
export function totalBackoffMs(retry: RetryPolicy): number {
  const shrinks = retry.strategy === 'exponential' && retry.factor < 1;
  let total = 0;
  for (let k = 1; k <= retry.retries; k += 1) {
    const delay = plainDelayMs(retry, k);
    // Delays that do not shrink stay the same from the cap on, or from the first two that are equal.
    const settled = delay >= retry.maxDelayMs || delay === plainDelayMs(retry, k + 1);
    if (!shrinks && settled) return total + delay * (retry.retries - k + 1);
    if (delay === 0) return total;
    total += delay;
  }
  return total;
}

function plainDelayMs({ strategy, baseDelayMs, maxDelayMs, factor }: RetryPolicy, k: number): number {
  return Math.min(delayBeforeCap(strategy, baseDelayMs, factor, Math.max(1, k)), maxDelayMs);
}

function delayBeforeCap(strategy: RetryPolicy['strategy'], base: number, factor: number, k: number): number {
  switch (strategy) {
    case 'immediate':
      return 0;
    case 'fixed':
      return base;
    case 'linear':
      return base * (1 + factor * (k - 1));
    case 'exponential':
      // A base of 0 stays 0, also where the power has grown beyond any number.
      return base === 0 ? 0 : base * factor ** (k - 1);
  }
}
