import type { EventObject } from 'xstate';
import { AFTER } from './harness.ts';

/** A deadline of the chart that was set and has not come. */
export interface Timer {
  readonly type: string;
  readonly delayMs: number;
  /** How many events had come when it was set. */
  readonly setAt: number;
}

/** An action of XState's own, as an actor would carry it out. */
export interface BuiltInAction {
  type: string;
  params?: { event?: EventObject; delay?: number; sendId?: string } | undefined;
}

/** The deadlines that are left after an event and the actions it caused. */
export function timersAfter(
  timers: readonly Timer[],
  event: EventObject | null,
  actions: readonly BuiltInAction[],
  setAt: number,
): readonly Timer[] {
  let left = timers.filter(({ type }) => type !== event?.type);
  for (const { type, params } of actions) {
    if (type === 'xstate.cancel') left = left.filter((timer) => timer.type !== params?.sendId);
    if (type !== 'xstate.raise' || !params?.event?.type.startsWith(AFTER)) continue;
    const set = params.event.type;
    left = [...left.filter((timer) => timer.type !== set), { type: set, delayMs: params.delay ?? 0, setAt }];
  }
  return left;
}

/** Whether a deadline can be the next to come: none was set earlier, or with it, for a shorter time. `null`: who knows. */
export function areNext(type: string, timers: readonly Timer[] | null): boolean {
  if (timers === null) return true;
  const timer = timers.find((one) => one.type === type);
  return timer !== undefined && before(timer, timers).length === 0;
}

/** Distinguishes two sets of deadlines: which there are, and which of them certainly come before others. */
export function keyOfTimers(timers: readonly Timer[] | null): string {
  const keys = (timers ?? []).map((timer) => [timer.type, ...before(timer, timers ?? [])].sort().join(' < '));
  return keys.sort().join('\n');
}

function before(timer: Timer, timers: readonly Timer[]): string[] {
  const place = timers.indexOf(timer);
  return timers
    .filter((other, i) => {
      if (other === timer || other.setAt > timer.setAt || other.delayMs > timer.delayMs) return false;
      return other.setAt < timer.setAt || other.delayMs < timer.delayMs || i < place;
    })
    .map(({ type }) => type);
}
