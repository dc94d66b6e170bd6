import { startingIn } from '../../actors/starting-in.ts';
import type { ResumedQuery } from './events.ts';
import type { soarMachine } from './machine.ts';

/** The machine, begun in the first phase that was not completed. Collect completes again at once, from its settlements. */
export function soarLogicFor(machine: typeof soarMachine, resumed: ResumedQuery): typeof soarMachine {
  const { assessment, retrieval, decomposition, routing } = resumed;
  if (!assessment) return machine;
  if (!retrieval) return startingIn(machine, 'retrieve');
  if (!decomposition) return startingIn(machine, 'decompose');
  return startingIn(machine, routing ? 'collect' : 'route');
}
