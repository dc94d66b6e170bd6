import { startingIn } from '../../xstate/starting-in.ts';
import type { SoarInput } from './events.ts';
import { goesAsItIs } from './logic.ts';
import type { soarMachine } from './machine.ts';

/** The machine, begun in the first phase that was not completed. Collect completes again at once, from its settlements. */
export function soarLogicFor(machine: typeof soarMachine, input: SoarInput): typeof soarMachine {
  const { resumed, approve } = input;
  if (!resumed?.assessment) return machine;
  const { assessment, retrieval, decomposition, routing, approved } = resumed;
  if (routing) return startingIn(machine, approve && !approved ? 'approve' : 'collect');
  if (!retrieval) return startingIn(machine, 'retrieve');
  if (decomposition) return startingIn(machine, 'route');
  return goesAsItIs(input, assessment)
    ? startingIn(machine, 'route', ['decideAlone'])
    : startingIn(machine, 'decompose');
}
