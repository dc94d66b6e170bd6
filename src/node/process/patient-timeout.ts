import { systemClock } from '../../base/clock.ts';
import { type Timer, timersOf } from '../../base/timers.ts';

/** A single queue for all graces of this process, apart from those of its engines. */
const clock = { ...systemClock };
const IGNORE = (): void => {};

/**
 * Calls back after `ms` in which this process ran: time in which it did not (a laptop asleep, SIGSTOP, a blocked event loop) is added,
 * and output that arrived meanwhile is read first. For what a process gets before it is killed or given up.
 *
 * @returns how to clear it.
 */
export function patientTimeout(fire: () => void, ms: number): () => void {
  const timers = timersOf(clock);
  const timer: Timer = timers.set(clock.now() + ms, fire, { granted: IGNORE });
  return () => timers.clear(timer);
}

/** A deadline that is looked at rather than waited for. */
export interface PatientDeadline {
  readonly isOver: boolean;
  clear(): void;
}

/** The same for code that looks again and again whether its time is up. */
export function patientDeadline(ms: number): PatientDeadline {
  let isOver = false;
  const clear = patientTimeout(() => {
    isOver = true;
  }, ms);
  return {
    get isOver() {
      return isOver;
    },
    clear,
  };
}
