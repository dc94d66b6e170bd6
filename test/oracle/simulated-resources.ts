import type { Case } from './random-case.ts';

const [FAIL_WINDOW, FAST_GAP] = [300_000, 10_000];
const NEVER = Number.NEGATIVE_INFINITY;

/** How an attempt ended, as far as others care. */
export interface Ended {
  agentId: string;
  startedAt: number;
  endedAt: number;
  result: string;
  kind: string | null;
  retryAt: number | null;
}

/** When one provider may be asked again. How much a rate limit widens a gap is as the docs say: the design has no figure. */
export class SimulatedPace {
  #lastStart = NEVER;
  #extra = 0;
  #cooledAt = NEVER;
  #streak = 0;
  coolUntil = NEVER;

  started(now: number): void {
    this.#lastStart = now;
  }

  startAt(gap: number): number {
    return Math.max(this.coolUntil, gap + this.#extra > 0 ? this.#lastStart + gap + this.#extra : NEVER);
  }

  ended({ result, startedAt, endedAt: now, retryAt }: Ended, gap: number): void {
    if (result === 'succeeded') {
      this.#streak = 0;
      this.#extra = this.#extra < 250 ? 0 : this.#extra * 0.75;
    }
    if (result !== 'rate_limited') return;
    // Attempts that are limited together count as one.
    const isNews = startedAt >= this.#cooledAt;
    if (isNews) [this.#streak, this.#cooledAt] = [this.#streak + 1, now];
    const guess = now + Math.min(300_000, 5000 * 2 ** Math.max(0, this.#streak - 1));
    if (retryAt !== null) this.coolUntil = Math.max(this.coolUntil, retryAt);
    else if (isNews || this.coolUntil <= now) this.coolUntil = Math.max(this.coolUntil, guess);
    this.#extra = Math.min(60_000, this.#extra + Math.max(500, gap + this.#extra));
  }
}

/** One agent's breaker: closed, open for a while, then half-open for one probe at a time. */
export class SimulatedBreaker<Waiter> {
  state: 'closed' | 'open' | 'half' = 'closed';
  waiters: Waiter[] = [];
  /** When the probe that is out has ended at the latest. */
  probeUntil = 0;
  #probe: object | null = null;
  #failures: { at: number; fatal: boolean }[] = [];
  readonly #settings: Case['breaker'];

  constructor(settings: Case['breaker']) {
    this.#settings = settings;
  }

  /** The attempt that tests the agent. */
  get isProbing(): boolean {
    return this.state === 'half' && this.#probe !== null;
  }

  get permits(): boolean {
    return !this.#settings.enabled || this.state === 'closed' || (this.state === 'half' && this.#probe === null);
  }

  /** Whether it is the probe. */
  started(attempt: object): boolean {
    if (this.state === 'half') this.#probe = attempt;
    return this.state === 'half';
  }

  /** What an attempt's end comes to: it opens, or its waiters are to be called, all or one. */
  ended(attempt: object, { result, kind, endedAt: now }: Ended, isNeutral: boolean): 'opens' | 'all' | 'one' | null {
    const failed = !isNeutral && result !== 'succeeded';
    if (this.state === 'closed') {
      if (result === 'succeeded') this.#failures = [];
      return failed && this.#opensOn(now, kind === 'auth') ? this.#open() : null;
    }
    if (this.#probe !== attempt) return null;
    this.#probe = null;
    if (failed) return this.#open();
    if (isNeutral) return 'one';
    [this.state, this.#failures] = ['closed', []];
    return 'all';
  }

  #opensOn(now: number, fatal: boolean): boolean {
    const recent = this.#failures.filter(({ at }) => now - at < FAIL_WINDOW);
    const before = recent.at(-1);
    this.#failures = [...recent, { at: now, fatal }];
    const isFast = fatal && before?.fatal === true && now - before.at < FAST_GAP;
    return isFast || this.#failures.length >= this.#settings.failureThreshold;
  }

  #open(): 'opens' {
    this.state = 'open';
    return 'opens';
  }
}

interface Try {
  agentId: string;
  from: number;
  to: number;
  succeeded: boolean;
}

/** Attempts that were in flight together: a 401 counts once all others have ended, and not when one of them has succeeded. */
export class SimulatedLogins<Attempt extends object> {
  readonly #tries = new Map<Attempt, Try>();
  readonly #pending = new Map<Attempt, Try[]>();
  #turn = 0;

  started(attempt: Attempt, agentId: string): void {
    this.#turn += 1;
    this.#tries.set(attempt, { agentId, from: this.#turn, to: Number.POSITIVE_INFINITY, succeeded: false });
  }

  /** What the end says of the attempt itself when it was denied, and of those that waited. */
  ended(attempt: Attempt, succeeded: boolean, isDenied: boolean) {
    const own = this.#tries.get(attempt) as Try;
    this.#turn += 1;
    own.to = this.#turn;
    own.succeeded = succeeded;
    const judged: { attempt: Attempt; isRefuted: boolean }[] = [];
    for (const [waiting, others] of this.#pending) {
      const isRefuted = succeeded && this.#tries.get(waiting)?.agentId === own.agentId;
      if (!isRefuted && others.some(({ to }) => to === Number.POSITIVE_INFINITY)) continue;
      this.#pending.delete(waiting);
      judged.push({ attempt: waiting, isRefuted });
    }
    const beside = [...this.#tries.values()].filter(
      (one) => one !== own && one.agentId === own.agentId && one.to > own.from,
    );
    const flying = beside.filter(({ to }) => to === Number.POSITIVE_INFINITY);
    const isRefuted = beside.some((one) => one.succeeded);
    let verdict: 'pending' | 'refuted' | null = null;
    if (isDenied) verdict = isRefuted ? 'refuted' : flying.length > 0 ? 'pending' : null;
    if (verdict === 'pending') this.#pending.set(attempt, flying);
    return { verdict, judged };
  }
}
