import type { AnyActorRef } from 'xstate';
import { captureContext } from '../base/async-context.ts';
import { guardedCall } from './guarded-call.ts';

/**
 * XState rethrows what a subscriber of an actor, or a listener to what it emits, throws: an uncaught exception, which would
 * end the host process. Here it is passed to `onFault`, for those who subscribe from now on. They are called in the async
 * context in which they subscribed.
 */
export function guardActor(actor: AnyActorRef, onFault: (error: unknown) => void): void {
  const { subscribe, on } = actor;
  const guarded = <T extends unknown[]>(call: ((...args: T) => unknown) | undefined, within = captureContext()) =>
    guardedCall(call && ((...args: T) => within(() => call(...args))), onFault);
  const safe = {
    subscribe(observer: unknown, error?: (error: unknown) => void, complete?: () => void) {
      const given = (typeof observer === 'function' ? { next: observer, error, complete } : observer) as Observer;
      const within = captureContext();
      return subscribe.call(actor, {
        next: guarded(given.next?.bind(given), within),
        error: guarded(given.error?.bind(given), within),
        complete: guarded(given.complete?.bind(given), within),
      } as never);
    },
    on: (type: string, listener: (event: unknown) => void) => on.call(actor, type as never, guarded(listener) as never),
  };
  Object.assign(actor, safe);
}

interface Observer {
  next?: (snapshot: unknown) => void;
  error?: (error: unknown) => void;
  complete?: () => void;
}
