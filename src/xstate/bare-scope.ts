import { type ActorScope, createActor, fromCallback } from 'xstate';
import type { Clock } from '../base/clock.ts';

/** A scope for a machine's pure functions: what they would do goes to `execute`, and no actor starts. */
export function bareScope(clock: Clock, execute: (action: never) => void): ActorScope<never, never> {
  const self = createActor(
    fromCallback(() => {}),
    { clock },
  );
  return {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: execute,
  } as unknown as ActorScope<never, never>;
}
