import { createActor, type EventObject, fromCallback } from 'xstate';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Addressee } from '../../src/xstate/messaging.ts';

/** An actor that does nothing but keep what it is sent. */
export function ear<E extends EventObject>(clock: VirtualClock) {
  const heard: E[] = [];
  const logic = fromCallback(({ receive }) => receive((event) => heard.push(event as E)));
  const actor = createActor(logic, { clock }).start();
  return { heard, last: () => heard.at(-1), ref: actor as unknown as Addressee<E> };
}
