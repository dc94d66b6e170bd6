import { Observable, type Observer, type Operator, type Subscription } from 'rxjs';
import { captureContext } from '../base/async-context.ts';
import { guardedCall } from './guarded-call.ts';
import { iterate } from './iterate.ts';

/** Events of a run, to subscribe to, or to iterate over with `for await`. */
export interface RunStream<T> extends Observable<T>, AsyncIterable<T> {}

/**
 * RxJS rethrows what a subscriber throws as an uncaught exception, which would end the host process; a run must outlive
 * its spectators. Here it is passed to `onFault`, also when it is thrown behind operators or by them, or by an async
 * subscriber. A subscriber, and the operators before it, are called in the async context in which it subscribed.
 */
export class GuardedObservable<T> extends Observable<T> implements RunStream<T> {
  readonly #onFault: (error: unknown) => void;

  constructor(source: Observable<T> | null, onFault: (error: unknown) => void) {
    super(source ? (subscriber) => source.subscribe(inOwnContext(subscriber)) : undefined);
    this.#onFault = onFault;
  }

  /** How RxJS derives an observable in `pipe`: what is derived is guarded too. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(null, this.#onFault);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observer?: Partial<Observer<T>> | ((value: T) => void) | null, ...rest: unknown[]): Subscription {
    const given: Partial<Observer<T>> =
      typeof observer === 'function'
        ? { next: observer, error: rest[0] as Observer<T>['error'], complete: rest[1] as Observer<T>['complete'] }
        : (observer ?? {});
    // An operator passes its own subscriber on: its errors travel down the pipe, to the guard at its end.
    if ('closed' in given) return super.subscribe(given);
    const guarded = <A extends unknown[]>(call: ((...args: A) => unknown) | undefined) =>
      guardedCall(call?.bind(given), this.#onFault);
    return super.subscribe({
      next: guarded(given.next),
      error: guarded(given.error) ?? this.#onFault,
      complete: guarded(given.complete),
    });
  }

  /**
   * `for await (const event of run.events$)`: what comes from now on, kept until it is asked for. Leaving the loop unsubscribes.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(this);
  }
}

function inOwnContext<T>(subscriber: Observer<T>): Observer<T> {
  const within = captureContext();
  return {
    next: (value) => within(() => subscriber.next(value)),
    error: (error) => within(() => subscriber.error(error)),
    complete: () => within(() => subscriber.complete()),
  };
}
