import { TurnoverMap } from '../base/turnover-map.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import type { StoredBreaker } from '../run/entries.ts';

/** Fewer than this many are not worth a look. */
const FEW = 64;

interface Left {
  breaker: StoredBreaker;
  /** From when on it means nothing any more, epoch milliseconds. */
  until: number;
}

/** Failures that breakers had recorded when they ended; each for as long as that means something, or until it is used. */
export class BreakerMemory {
  readonly #left = new TurnoverMap<string, Left>();
  /** Looked through once there are as many. */
  #many: number;

  /** @param stored The breakers of a journal, to be judged by a policy. */
  constructor(stored: ReadonlyMap<string, StoredBreaker>) {
    for (const [agentId, breaker] of stored) this.#left.set(agentId, { breaker, until: Number.POSITIVE_INFINITY });
    this.#many = Math.max(FEW, 2 * stored.size);
  }

  /** Nothing is kept of one that holds nothing against its agent. */
  add(breaker: StoredBreaker, { failureWindowMs }: BreakerPolicy, now: number): void {
    const { agentId, state, failures, retryAt } = breaker;
    if (state === 'closed' && failures.length === 0) return;
    if (this.#left.size >= this.#many) this.#forget(now);
    const last = failures.at(-1)?.at ?? now;
    this.#left.set(agentId, { breaker, until: Math.max(last, retryAt) + failureWindowMs });
  }

  take(agentId: string): StoredBreaker | undefined {
    const breaker = this.#left.get(agentId)?.breaker;
    if (breaker) this.#left.delete(agentId);
    return breaker;
  }

  #forget(now: number): void {
    for (const [agentId, { until }] of this.#left) if (until <= now) this.#left.delete(agentId);
    this.#many = Math.max(FEW, 2 * this.#left.size);
  }
}
