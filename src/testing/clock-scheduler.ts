import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../base/clock.ts';

/**
 * An RxJS scheduler on a clock, so that `interval`, `debounceTime` or `auditTime` move with a `VirtualClock` as the
 * machines do.
 *
 * @example
 * run.progress$.pipe(auditTime(100, schedulerOf(clock))).subscribe(draw);
 */
export function schedulerOf(clock: Clock): SchedulerLike {
  return {
    now: () => clock.now(),
    schedule<T>(work: (this: SchedulerAction<T>, state: T) => void, delay = 0, state?: T): Subscription {
      const action = new ClockAction<T>(clock, work);
      return action.schedule(state, delay);
    },
  };
}

/** Work that may schedule itself again, as RxJS's own operators do. */
class ClockAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: Clock;
  readonly #work: (this: SchedulerAction<T>, state: T) => void;
  #handle: unknown = null;

  constructor(clock: Clock, work: (this: SchedulerAction<T>, state: T) => void) {
    super(() => this.#clear());
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.#clear();
    this.#handle = this.#clock.setTimeout(() => {
      this.#handle = null;
      this.#work.call(this, state as T);
    }, delay);
    return this;
  }

  #clear(): void {
    if (this.#handle !== null) this.#clock.clearTimeout(this.#handle);
    this.#handle = null;
  }
}
