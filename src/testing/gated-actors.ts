import type { ActorLogic, AnyActorLogic, AnyActorRef, AnyStateMachine, EventObject, Snapshot } from 'xstate';
import { nodesOf } from './chart-transitions.ts';

/** Stand-ins of a machine's invoked actors: each waits until the test ends it. */
export interface ActorGates {
  /** Ids of the invoked actors that wait, oldest first. */
  readonly waiting: readonly string[];
  /** What the waiting actor was invoked with. Throws when none of this id waits. */
  inputOf(id: string): unknown;
  /** Ends the actor with an output: its parent gets `xstate.done.actor.<id>`. */
  done(id: string, output?: unknown): void;
  /** Ends the actor with an error: its parent gets `xstate.error.actor.<id>`. */
  error(id: string, error: unknown): void;
  /** What the machine sent to its waiting actors, oldest first. */
  readonly told: readonly { id: string; event: EventObject }[];
}

type GateCommand = { type: 'gate.done'; output: unknown } | { type: 'gate.error'; error: unknown };

/**
 * The machine with every actor it invokes by name replaced by one that waits for the test. What it spawns stays real.
 *
 * @param real Sources that are not replaced.
 * @example
 * const { machine, gates } = gatedActors(flow);
 * const actor = createActor(machine).start();
 * gates.done('fetch', { items: [] });
 */
export function gatedActors<M extends AnyStateMachine>(
  machine: M,
  real: readonly string[] = [],
): { machine: M; gates: ActorGates } {
  const open: AnyActorRef[] = [];
  const inputs = new WeakMap<AnyActorRef, unknown>();
  const told: { id: string; event: EventObject }[] = [];
  const close = (self: AnyActorRef) => {
    const place = open.indexOf(self);
    if (place >= 0) open.splice(place, 1);
  };
  const logic: ActorLogic<Snapshot<unknown>, EventObject> = {
    getInitialSnapshot: ({ self }, input) => {
      inputs.set(self as AnyActorRef, input);
      return { status: 'active', output: undefined, error: undefined };
    },
    start: (_, { self }) => {
      open.push(self as AnyActorRef);
    },
    transition: (snapshot, event, { self }) => {
      const command = event as GateCommand | { type: 'xstate.stop' };
      if (command.type === 'gate.done') {
        close(self as AnyActorRef);
        return { status: 'done', output: command.output, error: undefined };
      }
      if (command.type === 'gate.error') {
        close(self as AnyActorRef);
        return { status: 'error', output: undefined, error: command.error };
      }
      if (command.type === 'xstate.stop') {
        close(self as AnyActorRef);
        return { ...snapshot, status: 'stopped' } as Snapshot<unknown>;
      }
      told.push({ id: self.id, event });
      return snapshot;
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
  const find = (id: string): AnyActorRef => {
    const found = open.find((actor) => actor.id === id);
    if (found) return found;
    const others = open.map((actor) => actor.id).join(', ') || 'none';
    throw new Error(`No invoked actor \`${id}\` waits; waiting: ${others}.`);
  };
  const sources = nodesOf(machine)
    .flatMap(({ invoke }) => invoke.map(({ src }) => src))
    .filter((src): src is string => typeof src === 'string' && !real.includes(src));
  const actors = Object.fromEntries(sources.map((src) => [src, logic as AnyActorLogic]));
  return {
    machine: machine.provide({ actors: actors as never }) as M,
    gates: {
      get waiting() {
        return open.map(({ id }) => id);
      },
      inputOf: (id) => inputs.get(find(id)),
      done: (id, output) => find(id).send({ type: 'gate.done', output }),
      error: (id, error) => find(id).send({ type: 'gate.error', error }),
      told,
    },
  };
}
