import { type AnyActorScope, type AnyMachineSnapshot, type AnyStateMachine, StateMachine } from 'xstate';
import { SoarError } from '../errors/soar-error.ts';

interface SecondStart {
  /** Whether it did anything that must not be done again unasked. Default: never. */
  hasWorked?: (context: never) => boolean;
  /** Converts a persisted snapshot to one an actor can continue from. Default: such a snapshot is refused. */
  revive?: (snapshot: AnyMachineSnapshot) => object;
}

interface Restarting {
  options: { input?: unknown };
  _snapshot: AnyMachineSnapshot;
}

const started = new WeakSet<object>();
const refused = new WeakMap<object, SoarError>();

/**
 * The machine, for actors that are started twice. React's StrictMode stops an actor at once and starts it again: one that has
 * asked no agent yet begins anew. Any other, and one that is created from a persisted snapshot under way, is refused with an
 * error, since attempts, timers and the gate are in no snapshot; it would wait for ever.
 *
 * @throws {SoarError} `not-supported`, as the error of the actor, not of this call.
 */
export function withSecondStart<M extends AnyStateMachine>(machine: M, answers: SecondStart): M {
  const { hasWorked, revive } = answers;
  const plain = StateMachine.prototype as AnyStateMachine;
  const own = {
    start(this: AnyStateMachine, snapshot: AnyMachineSnapshot, scope?: AnyActorScope): void {
      const self = scope?.self as unknown as Restarting | undefined;
      const error = self && refused.get(self);
      if (error) throw error;
      let current = snapshot;
      if (self && started.has(self) && hasWorked) {
        if (hasWorked(snapshot.context as never)) throw new SoarError('not-supported', lost(machine.id, 'restarted'));
        current = this.getInitialSnapshot(scope as never, self.options.input as never) as AnyMachineSnapshot;
        self._snapshot = current;
      }
      if (self) started.add(self);
      plain.start.call(this, current as never);
    },
    restoreSnapshot(this: AnyStateMachine, snapshot: AnyMachineSnapshot, scope: AnyActorScope): AnyMachineSnapshot {
      const restore = (given: unknown) => plain.restoreSnapshot.call(this, given as never, scope) as AnyMachineSnapshot;
      if (snapshot.status !== 'active') return restore({ ...snapshot, children: {} });
      if (revive) return restore(revive(snapshot));
      refused.set(scope.self, new SoarError('not-supported', lost(machine.id, 'created from a persisted snapshot')));
      return restore({ ...snapshot, children: {}, context: {} });
    },
    provide: (implementations: never) => withSecondStart(plain.provide.call(machine, implementations) as M, answers),
  };
  return Object.assign(machine, own);
}

function lost(id: string, how: string): string {
  return `An actor of the machine \`${id}\` was ${how} while it was under way. A snapshot has no attempts and no timers, so it cannot continue. To survive a restart, give the engine a journal (createSoar({ journal })) and call soar.resume(runId); in React, make the engine outside of components and follow run.actor.`;
}
