import type { ActorLogic, ActorRef, EventObject, Snapshot } from 'xstate';
import { currentContext } from '../base/async-context.ts';
import { type Timer, timersOf } from '../base/timers.ts';
import { showValue } from '../errors/show-value.ts';
import { SoarError } from '../errors/soar-error.ts';
import { clockOf, parentOf, relay } from './messaging.ts';

export interface SleepInput {
  /** Absolute deadline, epoch milliseconds in the system's clock; `null` sleeps until stopped. */
  at: number | null;
  /** Keeps no process alive. Default false. */
  background?: boolean;
  /** Waits for all runs, so it wakes in the async context of none. Default false. */
  shared?: boolean;
  /** Time in which this process did not run moves the deadline; the parent receives `time.granted`. Default false. */
  patient?: boolean;
}

/** From a patient sleeper to its parent: its deadline has moved. */
export interface TimeGranted {
  type: 'time.granted';
  ms: number;
}

/** Moves the deadline of a sleeper. */
export interface SleepMoved {
  type: 'sleep.moved';
  at: number;
}

export type SleepSnapshot = Snapshot<undefined> & { input: SleepInput };

/** Named, so that the types of machines that sleep can be written down in declarations. */
export interface SleepLogic extends ActorLogic<SleepSnapshot, EventObject, SleepInput> {}

const sleeping = new WeakMap<object, Timer>();

type Sleeper = ActorRef<SleepSnapshot, EventObject>;

function fallAsleep(self: Sleeper, { at, background = false, patient, shared }: SleepInput): void {
  if (at === null) return;
  const within = currentContext();
  const send = (event: EventObject) => (shared ? self.send(event) : within(() => self.send(event)));
  const granted = (ms: number) => send({ type: 'time.granted', ms } as TimeGranted);
  const wake = () => send({ type: 'sleep.due' });
  sleeping.set(self, timersOf(clockOf(self)).set(at, wake, { background, ...(patient ? { granted } : {}) }));
}

/** Throws `invalid-options` where the deadline is missing or no number: such a sleeper would never wake, or at once. */
function requireDeadline(input: SleepInput | undefined): void {
  const at: unknown = input?.at;
  if (at === null || (typeof at === 'number' && Number.isFinite(at))) return;
  const got = `got ${showValue(at)}. Create the actor with it: createActor(sleepUntil, { input: { at } }).`;
  throw new SoarError(
    'invalid-options',
    `Expected \`input.at\` to be an instant in epoch milliseconds or null, ${got}`,
  );
}

/**
 * Done when its deadline has come. Absolute, so a restored sleeper wakes when the first one would have, and one heap
 * entry wide, where an `after` would be scanned at every stop of any actor of the system.
 */
export const sleepUntil: SleepLogic = {
  getInitialSnapshot: (_, input) => {
    requireDeadline(input);
    return { status: 'active', output: undefined, error: undefined, input };
  },
  start: ({ input }, { self }) => {
    fallAsleep(self, input);
  },
  transition: (snapshot, event, scope) => {
    const { self } = scope;
    if (event.type === 'sleep.due') return { ...snapshot, status: 'done', output: undefined } as SleepSnapshot;
    if (event.type === 'xstate.stop') {
      timersOf(clockOf(self)).clear(sleeping.get(self));
      return { ...snapshot, status: 'stopped' } as SleepSnapshot;
    }
    if (event.type === 'sleep.moved') {
      const input = { ...snapshot.input, at: (event as SleepMoved).at };
      timersOf(clockOf(self)).clear(sleeping.get(self));
      fallAsleep(self, input);
      return { ...snapshot, input };
    }
    if (event.type === 'time.granted') {
      const { ms } = event as TimeGranted;
      const parent = parentOf(self);
      if (parent) relay(scope, parent, event as TimeGranted);
      return { ...snapshot, input: { ...snapshot.input, at: (snapshot.input.at ?? 0) + ms } };
    }
    return snapshot;
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};
