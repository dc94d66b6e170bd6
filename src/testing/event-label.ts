import type { EventObject } from 'xstate';
import { DONE, ERROR } from './harness.ts';
import { stable } from './project.ts';

/** Longest payload in a label, characters. */
const SHOWN = 60;

const standIns = new WeakSet<Error>();

/** The error an invoked actor breaks with when the test gives none; it says nothing that its event does not. */
export function standInError(id: string): Error {
  const error = new Error(`${id} broke`);
  standIns.add(error);
  return error;
}

/** An event in names and messages: its type, and what it carries. `pay {"amount":10}`. */
export function labelOf(event: EventObject): string {
  const carried = carriedBy(event);
  if (carried === undefined) return event.type;
  const text = stable(carried);
  return `${event.type} ${text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text}`;
}

function carriedBy(event: EventObject): unknown {
  const { type, actorId, ...payload } = event as EventObject & Record<string, unknown>;
  if (type.startsWith(DONE)) return payload.output;
  if (!type.startsWith(ERROR)) return Object.keys(payload).length === 0 ? undefined : payload;
  const { error } = payload;
  if (!(error instanceof Error)) return error;
  return standIns.has(error) ? undefined : `${error.name}: ${error.message}`;
}
