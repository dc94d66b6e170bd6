import type { EngineCommand } from '../../actors/services.ts';
import type { RosterCommand } from '../../xstate/roster.ts';
import type { SleepMoved } from '../../xstate/sleep-until.ts';
import type { GateEvent } from '../gate/events.ts';
import type { WaveEvent } from '../wave/events.ts';
import type { CollectEvent } from './events.ts';

/** A message of a run to another actor. */
export type Message =
  | { to: 'waves'; event: RosterCommand }
  | { to: 'gate'; event: GateEvent }
  | { to: 'engine'; event: EngineCommand }
  | { to: 'self'; event: CollectEvent }
  /** To the timer of the run's deadline; dropped where no state has started one. */
  | { to: 'deadline'; event: SleepMoved };

export function toWave(wave: number, event: WaveEvent): Message {
  return { to: 'waves', event: { type: 'child.send', id: `wave.${wave}`, event } };
}
