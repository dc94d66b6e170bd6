import {
  type ActorLogic,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type EventObject,
  type NonReducibleUnknown,
  type Snapshot,
} from 'xstate';
import { TurnoverMap } from '../base/turnover-map.ts';
import { collectable } from './collectable.ts';
import { isOver, parentOf, relay } from './messaging.ts';

/** Commands of a roster. Any other event comes from a child and goes up to the roster's parent. */
export type RosterCommand =
  | { type: 'child.start'; id: string; input: unknown }
  | { type: 'child.send'; id: string; event: EventObject }
  | { type: 'children.send'; event: EventObject };

/** Events a roster sends its parent. */
export type RosterReport =
  | { type: 'child.done'; id: string; output: unknown }
  | { type: 'child.failed'; id: string; error: unknown };

/** Ours also takes events from its children, which it passes on. */
export type RosterLogic = ActorLogic<RosterSnapshot, RosterCommand | { type: `xstate.${string}` }, NonReducibleUnknown>;

export type RosterSnapshot = Snapshot<undefined> & { live: TurnoverMap<string, AnyActorRef> };

/**
 * Creates actors of one logic, or of the one their input asks for, and passes on how they ended. It stands between a chart and its many children because a
 * machine copies its `children` map at every start and stop, and remembers every child's own done event for ever.
 */
export function createRoster(logicOf: AnyActorLogic | ((input: never) => AnyActorLogic)): RosterLogic {
  return {
    getInitialSnapshot: (): RosterSnapshot => ({
      status: 'active',
      output: undefined,
      error: undefined,
      live: new TurnoverMap(),
    }),
    transition: (snapshot, event: EventObject, scope) => {
      const { live } = snapshot;
      const parent = parentOf(scope.self);
      switch (event.type) {
        case 'child.start': {
          const { id, input } = event as Extract<RosterCommand, { type: 'child.start' }>;
          const logic = collectable(typeof logicOf === 'function' ? logicOf(input as never) : logicOf);
          const child = createActor(logic, { id, input: input as never, parent: scope.self as AnyActorRef });
          live.set(id, child);
          child.start();
          return snapshot;
        }
        case 'child.send': {
          const { id, event: inner } = event as Extract<RosterCommand, { type: 'child.send' }>;
          const child = live.get(id);
          if (child && !isOver(child)) relay(scope, child, inner);
          return snapshot;
        }
        case 'children.send': {
          const { event: inner } = event as Extract<RosterCommand, { type: 'children.send' }>;
          for (const child of [...live.values()]) if (!isOver(child)) relay(scope, child, inner);
          return snapshot;
        }
        case 'xstate.stop':
          for (const child of live.values()) scope.stopChild(child);
          live.clear();
          return { ...snapshot, status: 'stopped' } as RosterSnapshot;
      }
      if (event.type.startsWith('xstate.done.actor.')) {
        const { actorId: id, output } = event as unknown as { actorId: string; output: unknown };
        live.delete(id);
        if (parent) relay(scope, parent, { type: 'child.done', id, output } as RosterReport);
      } else if (event.type.startsWith('xstate.error.actor.')) {
        const { actorId: id, error } = event as unknown as { actorId: string; error: unknown };
        live.delete(id);
        if (parent) relay(scope, parent, { type: 'child.failed', id, error } as RosterReport);
      } else if (parent && !event.type.startsWith('xstate.')) {
        relay(scope, parent, event);
      }
      return snapshot;
    },
    getPersistedSnapshot: ({ status, output, error }) => ({ status, output, error }) as Snapshot<unknown>,
  };
}
