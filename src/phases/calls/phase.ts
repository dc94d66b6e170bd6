import type { ActorLogic, AnyActorRef, EventObject, Snapshot } from 'xstate';
import { currentContext } from '../../base/async-context.ts';
import { copyOf } from '../../base/frozen.ts';
import type { TaskReport } from '../../run/task-report.ts';
import { isOver, relay } from '../../xstate/messaging.ts';
import type { Phase } from '../types.ts';
import type { PhaseScope } from './calls.ts';
import { Desk } from './phase-calls.ts';
import type { InnerEvent, PhaseCommand } from './phase-events.ts';

/** Input of a phase's actor: the input of the phase, and the run in which it asks agents. */
export type PhaseInput<I> = I & { scope?: PhaseScope };

export type PhaseSnapshot<O> = Snapshot<O> & { output: O | undefined; desk: Desk };

export interface PhaseLogic<I, O> extends ActorLogic<PhaseSnapshot<O>, EventObject, PhaseInput<I>> {}

/**
 * A phase as an actor: runs the function, and every agent that it calls is a task machine of its own under it, with all that a
 * task goes through. It ends when the function has ended *and* no call is under way; whatever the function did not wait
 * for is command to stop.
 */
export function phaseLogic<I, O>(run: Phase<I, O>): PhaseLogic<I, O> {
  return {
    getInitialSnapshot: (_, input) => {
      const desk = new Desk(input.scope ?? null);
      return { status: 'active', output: undefined, error: undefined, input, desk } as PhaseSnapshot<O>;
    },
    start: (snapshot, scope) => {
      const { input, desk } = snapshot as PhaseSnapshot<O> & { input: PhaseInput<I> };
      const { scope: _, ...own } = input;
      const send = (event: InnerEvent) => {
        if (!isOver(scope.self)) relay(scope, scope.self as AnyActorRef, event);
      };
      const controls = desk.controls(scope, send);
      const within = currentContext();
      // On a later microtask: the gate must know the run and its limits before anything is asked.
      Promise.resolve()
        .then(() => {
          controls.signal.throwIfAborted();
          return within(() => run(copyOf(own) as I, controls));
        })
        .then(
          (output) => within(() => send({ type: 'phase.returned', output })),
          (error) => within(() => send({ type: 'phase.threw', error })),
        );
    },
    transition: (snapshot, event, scope) => {
      const { desk } = snapshot;
      const command = event as PhaseCommand | InnerEvent | { type: 'xstate.stop' };
      switch (command.type) {
        case 'phase.call':
          desk.open(command, scope);
          return snapshot;
        case 'run.cancel':
          desk.cancel(command, scope);
          return desk.finish(snapshot, scope);
        case 'task.skip':
          desk.sendToCalls(command, scope);
          return snapshot;
        case 'phase.returned':
          desk.ended({ status: 'done', output: command.output, error: undefined }, scope);
          return desk.finish(snapshot, scope);
        case 'phase.threw':
          desk.ended({ status: 'error', output: undefined, error: command.error }, scope);
          return desk.finish(snapshot, scope);
        case 'xstate.stop':
          desk.abandon(scope.stopChild);
          return { ...snapshot, status: 'stopped' } as PhaseSnapshot<O>;
      }
      const { actorId, output, error } = event as unknown as { actorId: string; output?: TaskReport; error?: unknown };
      if (event.type.startsWith('xstate.done.actor.')) desk.settle(actorId, output as TaskReport, scope);
      else if (event.type.startsWith('xstate.error.actor.')) desk.lose(actorId, error, scope);
      else return snapshot;
      return desk.finish(snapshot, scope);
    },
    getPersistedSnapshot: ({ status, output, error }) => ({ status, output, error }) as Snapshot<unknown>,
  };
}
