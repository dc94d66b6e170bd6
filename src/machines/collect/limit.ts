import type { CollectSettings } from '../../run/settings.ts';
import type { CollectInput } from './events.ts';

/** The limit of a run's time. A derived one moves while the run waits for a provider. */
export class RunLimit {
  readonly timeoutMs: number;
  /** Whether it follows from the plan; `false`: the user has set it. */
  readonly isDerived: boolean;
  /** Longest cooling that a task of the run may wait for, milliseconds. */
  readonly #maxCoolingMs: () => number;
  #deadlineAt: number;
  #heldUntil: number | null;

  constructor(
    { resumed, within }: Pick<CollectInput, 'resumed' | 'within'>,
    settings: Pick<CollectSettings, 'timeoutMs'>,
    timeoutMs: number,
    now: number,
    maxCoolingMs: () => number,
  ) {
    const isSet = settings.timeoutMs !== null || resumed?.isLimitSet === true || (within?.deadlineAt ?? null) !== null;
    this.timeoutMs = timeoutMs;
    this.isDerived = !isSet;
    this.#maxCoolingMs = maxCoolingMs;
    this.#deadlineAt = resumed?.deadlineAt ?? within?.deadlineAt ?? now + timeoutMs;
    this.#heldUntil = resumed?.heldUntil ?? null;
  }

  /** Epoch milliseconds. */
  get deadlineAt(): number {
    return this.#deadlineAt;
  }

  /** Until then the time of a derived limit stands still, epoch milliseconds; null: it has never stood. */
  get heldUntil(): number | null {
    return this.#heldUntil;
  }

  /** Does not count the time until `until`, in which a provider asked to be left alone. Returns whether the deadline has moved. */
  hold(until: number, now: number): boolean {
    if (!this.isDerived) return false;
    const ms = heldMs(this.#heldUntil, until, this.#maxCoolingMs(), now);
    if (ms === 0) return false;
    this.#heldUntil = Math.max(now, this.#heldUntil ?? now) + ms;
    this.grant(ms);
    return true;
  }

  grant(ms: number): void {
    this.#deadlineAt += ms;
  }

  /** Why the run ends when its time is up, and how to give it more. */
  get timeUp(): string {
    const message = `The run did not finish within ${this.timeoutMs} ms`;
    if (!this.isDerived) return `${message}.`;
    return `${message}, a limit derived from its plan and policy (waiting for rate limits not counted). To allow more, set \`timeoutMs\` of the plan or the run (\`--timeout 2h\`).`;
  }
}

/**
 * How far a derived deadline moves when a provider asks to be left alone until `until`. Waits that overlap count once, and none for longer
 * than a task may wait.
 */
export function heldMs(heldUntil: number | null, until: number, maxCoolingMs: number, now: number): number {
  return Math.max(0, Math.min(until, now + maxCoolingMs) - Math.max(now, heldUntil ?? now));
}
