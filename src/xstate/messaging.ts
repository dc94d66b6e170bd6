import type { AnyActorRef, EventObject } from 'xstate';
import type { Within } from '../base/async-context.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import type { TurnoverMap } from '../base/turnover-map.ts';

interface Relaying {
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void;
}

/** The part of an actor's scope, or of an action's arguments, that says who sends. */
export interface Sender {
  self: unknown;
  system: unknown;
}

/** An actor seen as somewhere to send to. */
export interface Addressee<E> {
  send(event: E): void;
}

/**
 * Sends at once and with the sender's name on it, so that an inspector sees who sent what; nothing to who has ended.
 * `system._relay` is what XState's own logic creators use for this; there is no public equivalent.
 */
export function relay<E extends EventObject>(sender: Sender, target: Addressee<E>, event: E): void {
  // It would be dropped, with a warning on the user's console.
  if (isOver(target)) return;
  (sender.system as Relaying)._relay(sender.self as AnyActorRef, target as unknown as AnyActorRef, event);
}

/** The actor that an actor was created under; undefined for a root. */
export function parentOf(actor: unknown): AnyActorRef | undefined {
  return (actor as { _parent?: AnyActorRef })._parent;
}

/** Whether an actor takes no more events; false for what is not an actor. */
export function isOver(target: object): boolean {
  const snapshot = (target as Partial<AnyActorRef>).getSnapshot?.() as { status: string } | undefined;
  return snapshot !== undefined && snapshot.status !== 'active';
}

interface Registering {
  _register(sessionId: string, actor: AnyActorRef): string;
}

/**
 * Keeps a system from entering its actors into a map that it never reads, and whose outgrown tables would keep them beyond their
 * end (see {@link TurnoverMap}).
 */
export function registerNoActors(system: unknown): void {
  (system as Registering)._register = (sessionId) => sessionId;
}

interface Deferring {
  _deferred: (() => void)[];
}

/**
 * Sends from an action of a machine once its macrostep is over, as `sendTo` does: the receiver sees the sender's new
 * state, and nothing is processed in the middle of an action. For what `sendTo` costs, which resolves its target and
 * its event anew each time, a task would pay a third more.
 */
export function send<E extends EventObject>(sender: Sender, target: Addressee<E>, event: E, within?: Within): void {
  const deliver = () => relay(sender, target, event);
  (sender.self as Deferring)._deferred.push(within ? () => within(deliver) : deliver);
}

const clocks = new WeakMap<object, Clock>();

/** The clock an actor system was started with; one that only has timeouts reads the system's time. */
export function clockOf(self: unknown): Clock {
  const clock = (self as { clock: Clock }).clock;
  if (typeof clock.now === 'function') return clock;
  let completed = clocks.get(clock);
  if (!completed) {
    completed = {
      now: systemClock.now,
      setTimeout: (fn, ms) => (clock as Clock).setTimeout(fn, ms),
      clearTimeout: (handle) => (clock as Clock).clearTimeout(handle),
    };
    clocks.set(clock, completed);
  }
  return completed;
}

export function nowOf(self: unknown): number {
  return clockOf(self).now();
}
