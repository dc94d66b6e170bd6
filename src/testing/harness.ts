import {
  type Actor,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type EventObject,
  type InputFrom,
  type InspectionEvent,
  type SnapshotFrom,
} from 'xstate';
import { type ActorGates, gatedMachine, gatesOf } from './gated-actors.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A started actor of a machine with its invoked actors gated, on a clock of its own. */
export interface Driven<M extends AnyStateMachine> {
  readonly actor: Actor<M>;
  readonly gates: ActorGates;
  readonly clock: VirtualClock;
}

/** How an event comes about on the real actor. */
export type EventDriver<M extends AnyStateMachine> = (driven: Driven<M>, event: EventObject) => void | Promise<void>;

/** How a machine is driven and looked at. */
export interface Harness<M extends AnyStateMachine> {
  /** Input of each fresh actor; a function is asked anew for each. */
  input?: InputFrom<M> | (() => InputFrom<M>);
  /** Sources of invoked actors that stay real; of logic that is invoked by reference the id. Default none: all are gated. */
  real?: readonly string[];
  /**
   * How events come about, by type. Default: `xstate.done.actor.<id>` and `xstate.error.actor.<id>` end the gated actor,
   * `xstate.after.…` moves the clock until it comes, everything else is sent.
   */
  events?: Readonly<Record<string, EventDriver<M>>>;
  /** The part of a snapshot that is compared and distinguishes states. Default: status, value and context. */
  project?: (snapshot: SnapshotFrom<M>) => unknown;
  /** Called after each step with the real actor; throws when something that must hold does not. */
  invariant?: (driven: Driven<M>, event: EventObject | null) => void;
  inspect?: (event: InspectionEvent) => void;
}

/** Types of the events each driven actor has received. */
const receivedBy = new WeakMap<object, string[]>();

/**
 * Starts a machine with its invoked actors gated, on a virtual clock.
 *
 * @example
 * const { actor, gates, clock } = drive(flow, { input: { query: '?' } });
 * actor.send({ type: 'go' });
 * gates.done('fetch', { items: [] });
 * actor.getSnapshot().value; // 'done'
 */
export function drive<M extends AnyStateMachine>(machine: M, harness: Harness<M> = {}): Driven<M> {
  const { input, real, inspect } = harness;
  const clock = new VirtualClock();
  const received: string[] = [];
  const actor = createActor(gatedMachine(machine, real) as AnyStateMachine, {
    clock,
    input: inputOf(input) as never,
    inspect: (event) => {
      if (event.type === '@xstate.event' && event.actorRef === actor) received.push(event.event.type);
      inspect?.(event);
    },
  }) as unknown as Actor<M>;
  receivedBy.set(actor, received);
  // Without an observer an actor that breaks would end the host process.
  actor.subscribe({ error: () => {} });
  actor.start();
  return { actor, gates: gatesOf(actor.system), clock };
}

export function inputOf<I>(input: I | (() => I) | undefined): I | undefined {
  return typeof input === 'function' ? (input as () => I)() : input;
}

/** Makes an event happen; a promise only when its driver, or the clock, takes one. */
export function perform<M extends AnyStateMachine>(
  driven: Driven<M>,
  event: EventObject,
  { events = {} }: Pick<Harness<M>, 'events'>,
): void | Promise<void> {
  const driver = events[event.type];
  if (driver) return driver(driven, event);
  const { actorId, output, error } = event as EventObject & { actorId?: string; output?: unknown; error?: unknown };
  if (event.type.startsWith(DONE) && actorId !== undefined && driven.gates.waiting.includes(actorId)) {
    return driven.gates.done(actorId, output);
  }
  if (event.type.startsWith(ERROR) && actorId !== undefined && driven.gates.waiting.includes(actorId)) {
    return driven.gates.error(actorId, error);
  }
  if (event.type.startsWith(AFTER)) return untilReceived(driven, event.type);
  driven.actor.send(event as EventFromLogic<M>);
}

export const DONE = 'xstate.done.actor.';
export const ERROR = 'xstate.error.actor.';
export const AFTER = 'xstate.after.';

/** Fires timers until the actor got the event of a delay. */
async function untilReceived<M extends AnyStateMachine>(driven: Driven<M>, type: string): Promise<void> {
  const before = receivedOf(driven).length;
  const since = () => receivedOf(driven).slice(before);
  await driven.clock.runAll(() => since().includes(type));
  if (since().includes(type)) return;
  const others = since().join(', ');
  throw new Error(`No timer of the clock brought about \`${type}\`${others && `, only ${others}`}.`);
}

/** Types of the events an actor has received so far. */
export function receivedOf<M extends AnyStateMachine>({ actor }: Driven<M>): readonly string[] {
  return receivedBy.get(actor) ?? [];
}

/** Status, value and context. */
export function projectAll(snapshot: { status: string; value: unknown; context: unknown }): unknown {
  const { status, value, context } = snapshot;
  return { status, value, context };
}
