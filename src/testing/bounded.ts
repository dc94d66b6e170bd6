import type { AnyStateMachine } from 'xstate';

/** Microsteps after which a machine is taken to go round in circles. */
const MOST_MICROSTEPS = 10_000;

/** A copy of a machine that says so when it goes round in circles, where XState would continue until memory is full. */
export function bounded<M extends AnyStateMachine>(machine: M): M {
  return withBound(machine.provide({}) as M);
}

/** Sets the bound of {@link bounded}, unless the machine has one of its own. */
export function withBound<M extends AnyStateMachine>(copy: M): M {
  const { maxIterations = Number.POSITIVE_INFINITY } = copy.options ?? {};
  copy.options = { ...copy.options, maxIterations: Math.min(maxIterations, MOST_MICROSTEPS) };
  return copy;
}
