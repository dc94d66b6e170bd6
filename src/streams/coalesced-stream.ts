import { Observable, Subject } from 'rxjs';
import type { Clock } from '../base/clock.ts';
import type { RunEventBody } from '../run/events.ts';

/** At most one progress in this time, milliseconds of the run's clock: ten thousand tasks may settle in a second. */
export const PROGRESS_MS = 50;

/** Counts events in place, and gives the state they come to. */
export interface Tally<T> {
  /** Enters an event. False when it changes nothing. */
  note(body: RunEventBody, at: number): boolean;
  snapshot(): T;
}

/**
 * The state of a tally, coalesced: the first change is emitted at once, then at most one state every {@link PROGRESS_MS}, each as it is
 * by then, so that the last change of a burst is never held back for longer; the end is emitted at once. Costs a count when
 * nothing subscribes.
 */
export class CoalescedStream<T> {
  readonly #tally: Tally<T>;
  readonly #clock: Clock;
  readonly #out = new Subject<T>();
  #hasBegun = false;
  #isPending = false;
  #emittedAt = Number.NEGATIVE_INFINITY;
  #timer: unknown = null;

  constructor(clock: Clock, tally: Tally<T>) {
    this.#clock = clock;
    this.#tally = tally;
  }

  /** Multicast. Begins with the present state, if there is one, also after the end. */
  readonly state$: Observable<T> = new Observable((subscriber) => {
    let last: T | null = null;
    if (this.#hasBegun) {
      last = this.#tally.snapshot();
      subscriber.next(last);
    }
    return this.#out.subscribe({
      next: (state) => {
        // A subscriber that came while a state was held back has it already.
        if (state === last) return;
        last = state;
        subscriber.next(state);
      },
      complete: () => subscriber.complete(),
    });
  });

  note(body: RunEventBody, at: number): void {
    if (!this.#tally.note(body, at)) return;
    this.#hasBegun = true;
    if (!this.#out.observed) return;
    this.#isPending = true;
    if (body.type === 'run.settled') this.#emit(at);
    else if (this.#timer === null) {
      const waitMs = this.#emittedAt + PROGRESS_MS - at;
      if (waitMs <= 0) this.#emit(at);
      // A time from before, as a resumed run has it, must not make it wait for longer.
      else this.#timer = this.#clock.setTimeout(() => this.#due(), Math.min(waitMs, PROGRESS_MS));
    }
  }

  complete(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    if (this.#isPending) this.#emit(this.#emittedAt);
    this.#out.complete();
  }

  #due(): void {
    this.#timer = null;
    if (this.#isPending) this.#emit(this.#clock.now());
  }

  #emit(at: number): void {
    this.#isPending = false;
    this.#emittedAt = at;
    this.#out.next(this.#tally.snapshot());
  }
}
