import type { AnyActorLogic } from 'xstate';
import { SoarError } from '../../errors/soar-error.ts';
import { phaseLogic } from '../../phases/calls/phase.ts';
import type { Phase, Phases } from '../../phases/types.ts';
import type { soarMachine } from './machine.ts';

/** The machine with some of its phases replaced, each by a function or by an actor logic of its own. */
export function providePhases(
  machine: typeof soarMachine,
  phases: Partial<{ [K in keyof Phases]: Phases[K] | AnyActorLogic }>,
): typeof soarMachine {
  const actors = Object.fromEntries(
    Object.entries(phases).map(([name, phase]) => [
      name,
      typeof phase === 'function' ? fromPhase(name as keyof Phases, phase) : phase,
    ]),
  );
  return machine.provide({ actors: actors as never });
}

function fromPhase(name: keyof Phases, phase: Phase<never, unknown>): AnyActorLogic {
  return phaseLogic(async (input, controls) => {
    const found = await phase(input as never, controls);
    const { expected, isUsable } = SHAPES[name];
    if (typeof found === 'object' && found !== null && isUsable(found as Record<string, never>)) return found;
    throw new SoarError('phase-failed', `Expected phase ${name} to give ${expected}, got something else.`);
  });
}

type Shape = { expected: string; isUsable: (found: Record<string, unknown>) => boolean };

/** The least that the next phases need. A user's phase is a boundary: what it gives is looked at once, here. */
const SHAPES: Record<keyof Phases, Shape> = {
  assess: {
    expected: '{ complexity, score, confidence, reasons }',
    isUsable: ({ complexity }) => ['simple', 'medium', 'complex', 'critical'].includes(complexity as string),
  },
  retrieve: {
    expected: '{ passages, budget, searched, notes }',
    isUsable: ({ passages, notes }) => Array.isArray(passages) && Array.isArray(notes),
  },
  decompose: {
    expected: '{ goal, subgoals: [{ id, title, prompt, dependsOn }], notes }',
    isUsable: ({ subgoals, notes }) => Array.isArray(subgoals) && subgoals.every(isSubgoal) && Array.isArray(notes),
  },
  route: {
    expected: '{ plan: { tasks }, matches }',
    isUsable: ({ plan, matches }) =>
      Array.isArray((plan as { tasks?: unknown } | undefined)?.tasks) && Array.isArray(matches),
  },
  synthesize: {
    expected: '{ answer, sources }',
    isUsable: ({ answer }) => typeof answer === 'string',
  },
};

function isSubgoal(value: unknown): boolean {
  const { id, prompt, dependsOn } = (value ?? {}) as Record<string, unknown>;
  return typeof id === 'string' && typeof prompt === 'string' && Array.isArray(dependsOn);
}
