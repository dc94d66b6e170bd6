import { type AnyActorLogic, fromPromise } from 'xstate';
import type { Phase, Phases } from '../../actors/phases/types.ts';
import type { soarMachine } from './machine.ts';

/** The machine with some of its phases replaced, each by a function or by an actor logic of its own. */
export function providePhases(
  machine: typeof soarMachine,
  phases: Partial<{ [K in keyof Phases]: Phases[K] | AnyActorLogic }>,
): typeof soarMachine {
  const actors = Object.fromEntries(
    Object.entries(phases).map(([name, phase]) => [name, typeof phase === 'function' ? fromPhase(phase) : phase]),
  );
  return machine.provide({ actors: actors as never });
}

function fromPhase(phase: Phase<never, unknown>): AnyActorLogic {
  return fromPromise(async ({ input, signal }) => phase(input as never, { signal }));
}
