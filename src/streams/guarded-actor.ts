import type { AnyActorRef } from 'xstate';
import { guardedCall } from './guarded-call.ts';

/**
 * XState rethrows what a subscriber of an actor, or a listener to what it emits, throws: an uncaught exception, which would
 * end the host process. Here it is passed to `onFault`, for those who subscribe from now on.
 */
export function guardActor(actor: AnyActorRef, onFault: (error: unknown) => void): void {
  const { subscribe, on } = actor;
  const guarded = <T extends unknown[]>(call: ((...args: T) => unknown) | undefined) => guardedCall(call, onFault);
  const safe = {
    subscribe(observer: unknown, error?: (error: unknown) => void, complete?: () => void) {
      const given = (typeof observer === 'function' ? { next: observer, error, complete } : observer) as Observer;
      return subscribe.call(actor, {
        next: guarded(given.next?.bind(given)),
        error: guarded(given.error?.bind(given)),
        complete: guarded(given.complete?.bind(given)),
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
