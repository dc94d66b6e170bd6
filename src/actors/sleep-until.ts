import type { ActorLogic, EventObject, Snapshot } from 'xstate';
import { currentContext } from '../async-context.ts';
import { clockOf } from './scope.ts';
import { type Timer, timersOf } from './timers.ts';

export interface SleepInput {
  /** Absolute deadline, epoch milliseconds in the system's clock; `null` sleeps until stopped. */
  at: number | null;
  /** Keeps no process alive. Default false. */
  background?: boolean;
  /** Waits for all runs, so it wakes in the async context of none. Default false. */
  shared?: boolean;
}

export type SleepSnapshot = Snapshot<undefined> & { input: SleepInput };

/** Named, so that the types of machines that sleep can be written down in declarations. */
export interface SleepLogic extends ActorLogic<SleepSnapshot, EventObject, SleepInput> {}

const sleeping = new WeakMap<object, Timer>();

/**
 * Done when its deadline has come. Absolute, so a restored sleeper wakes when the first one would have, and one heap
 * entry wide, where an `after` would be scanned at every stop of any actor of the system.
 */
export const sleepUntil: SleepLogic = {
  getInitialSnapshot: (_, input) => ({ status: 'active', output: undefined, error: undefined, input }),
  start: ({ input }, { self }) => {
    if (input.at === null) return;
    const within = currentContext();
    const send = () => self.send({ type: 'sleep.due' });
    const wake = input.shared ? send : () => within(send);
    sleeping.set(self, timersOf(clockOf(self)).set(input.at, wake, input.background));
  },
  transition: (snapshot, event, { self }) => {
    if (event.type === 'sleep.due') return { ...snapshot, status: 'done', output: undefined } as SleepSnapshot;
    if (event.type === 'xstate.stop') {
      timersOf(clockOf(self)).clear(sleeping.get(self));
      return { ...snapshot, status: 'stopped' } as SleepSnapshot;
    }
    return snapshot;
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};
