import { TurnoverMap } from '../../base/turnover-map.ts';
import { isMoot, newPace, type Pace } from './pacing.ts';

/** Fewer than this many are not worth a look. */
const FEW = 64;

/**
 * Paces of providers, by name. An agent without a stated provider is its own, and ids come and go for as long as an engine
 * lives: what no start has to wait for any more is forgotten in time.
 */
export class KnownPaces {
  readonly #paces = new TurnoverMap<string, Pace>();
  #widestGapMs = 0;
  /** Looked through again once there are as many. */
  #many: number;

  constructor(paces: ReadonlyMap<string, Pace>) {
    for (const [provider, pace] of paces) this.#paces.set(provider, pace);
    this.#many = Math.max(FEW, 2 * paces.size);
  }

  get(provider: string): Pace | undefined {
    return this.#paces.get(provider);
  }

  set(provider: string, pace: Pace, now: number): void {
    if (this.#paces.size >= this.#many && !this.#paces.has(provider)) this.#forgetMoot(now);
    this.#paces.set(provider, pace);
  }

  /** @param gapMs To the next start at this provider. */
  started(provider: string, now: number, gapMs: number): void {
    this.#widestGapMs = Math.max(this.#widestGapMs, gapMs);
    const pace = this.#paces.get(provider);
    if (pace) pace.lastStart = now;
    else this.set(provider, newPace(now), now);
  }

  #forgetMoot(now: number): void {
    for (const [provider, pace] of this.#paces) {
      if (isMoot(pace, now, this.#widestGapMs)) this.#paces.delete(provider);
    }
    this.#many = Math.max(FEW, 2 * this.#paces.size);
  }
}
