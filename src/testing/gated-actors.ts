import type { ActorLogic, AnyActorLogic, AnyActorRef, AnyStateMachine, EventObject, Snapshot } from 'xstate';
import { withBound } from './bounded.ts';
import { type ChartNode, nodesOf } from './chart-transitions.ts';

/** Stand-ins of a machine's invoked actors: each waits until the test ends it. */
export interface ActorGates {
  /** Ids of the invoked actors that wait, oldest first. */
  readonly waiting: readonly string[];
  /** Input of the waiting actor. Throws when none of this id waits. */
  inputOf(id: string): unknown;
  /** Ends the actor with an output: its parent gets `xstate.done.actor.<id>`. */
  done(id: string, output?: unknown): void;
  /** Ends the actor with an error: its parent gets `xstate.error.actor.<id>`. */
  error(id: string, error: unknown): void;
  /** Events sent to the waiting actors, oldest first. */
  readonly told: readonly { id: string; event: EventObject }[];
}

type GateCommand =
  | { type: 'gate.done'; output: unknown }
  | { type: 'gate.error'; error: unknown }
  | { type: 'xstate.stop' };

/**
 * The machine with every actor it invokes replaced by one that waits for the test. What it spawns stays real.
 *
 * @param real Sources that are not replaced; of logic that is invoked by reference the id.
 * @example
 * const { machine, gates } = gatedActors(flow);
 * const actor = createActor(machine).start();
 * actor.send({ type: 'go' });
 * gates.done('fetch', { items: [] });
 * actor.getSnapshot().value; // 'done'
 */
export function gatedActors<M extends AnyStateMachine>(
  machine: M,
  real: readonly string[] = [],
): { machine: M; gates: ActorGates } {
  const gates = new Gates();
  return { machine: withGates(machine, real, () => gates), gates };
}

/** A gated machine for many actors; each actor system has gates of its own. */
export function gatedMachine<M extends AnyStateMachine>(machine: M, real: readonly string[] = []): M {
  const known = gatedMachines.get(machine) ?? new Map<string, AnyStateMachine>();
  gatedMachines.set(machine, known);
  const key = real.join('\n');
  const gated = known.get(key) ?? withGates(machine, real, gatesOf);
  known.set(key, gated);
  return gated as M;
}

/** The gates of an actor system that runs a {@link gatedMachine}. */
export function gatesOf(system: object): ActorGates & Gates {
  const gates = gatesBySystem.get(system) ?? new Gates();
  gatesBySystem.set(system, gates);
  return gates;
}

const gatedMachines = new WeakMap<AnyStateMachine, Map<string, AnyStateMachine>>();
const gatesBySystem = new WeakMap<object, Gates>();

class Gates implements ActorGates {
  readonly open: AnyActorRef[] = [];
  readonly told: { id: string; event: EventObject }[] = [];
  readonly inputs = new WeakMap<AnyActorRef, unknown>();

  get waiting(): string[] {
    return this.open.map(({ id }) => id);
  }

  inputOf(id: string): unknown {
    return this.inputs.get(this.#find(id));
  }

  done(id: string, output?: unknown): void {
    this.#find(id).send({ type: 'gate.done', output });
  }

  error(id: string, error: unknown): void {
    this.#find(id).send({ type: 'gate.error', error });
  }

  close(actor: AnyActorRef): void {
    const place = this.open.indexOf(actor);
    if (place >= 0) this.open.splice(place, 1);
  }

  #find(id: string): AnyActorRef {
    const found = this.open.find((actor) => actor.id === id);
    if (found) return found;
    throw new Error(`No invoked actor \`${id}\` waits; waiting: ${this.waiting.join(', ') || 'none'}.`);
  }
}

function withGates<M extends AnyStateMachine>(
  machine: M,
  real: readonly string[],
  gatesIn: (system: object) => Gates,
): M {
  const logic = gatedLogic(gatesIn) as AnyActorLogic;
  const isGated = (src: string) => !real.includes(src);
  const sources = nodesOf(machine).flatMap(({ invoke }) => invoke.map(({ src }) => src));
  const named = sources.filter((src): src is string => typeof src === 'string' && isGated(src));
  const gated = machine.provide({ actors: Object.fromEntries(named.map((src) => [src, logic])) as never }) as M;
  for (const node of nodesOf(gated)) gateInline(node, isGated, logic);
  return withBound(gated);
}

/** Looks up references of invoked actors in the configuration of their state. Each machine has nodes of its own. */
function gateInline(node: ChartNode, isGated: (id: string) => boolean, logic: AnyActorLogic): void {
  const { invoke } = node.config;
  if (invoke === undefined) return;
  const gated = [invoke].flat().map((one, i) => {
    return typeof one.src === 'string' || !isGated(node.invoke[i]?.id ?? '') ? one : { ...one, src: logic };
  });
  node.config = { ...node.config, invoke: gated };
}

function gatedLogic(gatesIn: (system: object) => Gates): ActorLogic<Snapshot<unknown>, EventObject> {
  return {
    getInitialSnapshot: ({ self, system }, input) => {
      gatesIn(system).inputs.set(self as AnyActorRef, input);
      return { status: 'active', output: undefined, error: undefined };
    },
    start: (_, { self, system }) => {
      gatesIn(system).open.push(self as AnyActorRef);
    },
    transition: (snapshot, event, { self, system }) => {
      const gates = gatesIn(system);
      const command = event as GateCommand;
      switch (command.type) {
        case 'gate.done':
          gates.close(self as AnyActorRef);
          return { status: 'done', output: command.output, error: undefined };
        case 'gate.error':
          gates.close(self as AnyActorRef);
          return { status: 'error', output: undefined, error: command.error };
        case 'xstate.stop':
          gates.close(self as AnyActorRef);
          return { ...snapshot, status: 'stopped' } as Snapshot<unknown>;
      }
      gates.told.push({ id: self.id, event });
      return snapshot;
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
}
