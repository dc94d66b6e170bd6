import type { AnyActorRef } from 'xstate';
import type { RosterCommand } from '../../actors/roster.ts';
import { type Addressee, type Sender, tell } from '../../actors/scope.ts';
import type { EngineCommand } from '../../actors/services.ts';
import type { SleepMoved } from '../../actors/sleep-until.ts';
import type { GateEvent } from '../gate/events.ts';
import type { WaveEvent } from '../wave/events.ts';
import type { CollectContext } from './setup.ts';

/** A message of a run to another actor. */
export type Message =
  | { to: 'waves'; event: RosterCommand }
  | { to: 'gate'; event: GateEvent }
  | { to: 'engine'; event: EngineCommand }
  /** To the timer of the run's deadline; dropped where no state has started one. */
  | { to: 'deadline'; event: SleepMoved };

/** Sends messages in order, once the macrostep is over. */
export function deliver(args: Sender & { context: CollectContext }, messages: readonly Message[]): void {
  const { run, waves } = args.context;
  const { gate, engine } = run.services;
  for (const { to, event } of messages) {
    const addressee =
      to === 'deadline' ? (args.self as AnyActorRef).getSnapshot().children.deadline : { waves, gate, engine }[to];
    if (addressee) tell(args, addressee as Addressee<typeof event>, event);
  }
}

export function toWave(wave: number, event: WaveEvent): Message {
  return { to: 'waves', event: { type: 'child.tell', id: `wave.${wave}`, event } };
}
