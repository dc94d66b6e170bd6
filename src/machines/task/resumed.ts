import { startingIn } from '../../xstate/starting-in.ts';
import type { TaskInput } from './events.ts';
import { taskMachine } from './machine.ts';

type Begun = typeof taskMachine;

const begunIn = new Map<string, Begun>();

/** The task's machine, begun where the task stood when its run was interrupted; else where every task begins. */
export function taskLogicFor({ resumed }: TaskInput): Begun {
  const state = resumed?.state ?? 'staggered';
  if (state === 'staggered' || state === 'circuitOpen') return taskMachine;
  let machine = begunIn.get(state);
  if (!machine) {
    // It was admitted as one that waits in the gate, and does not.
    machine = startingIn(taskMachine, state, ['leaveQueue']);
    begunIn.set(state, machine);
  }
  return machine;
}
