import type { RecordOf, TraceRecord } from '../trace.schema.ts';
import { configOf } from './stately-definition.ts';

/** The version of `@statelyai/inspect` whose messages these are. */
export const STATELY_VERSION = '0.7.2';

interface StatelyBase {
  sessionId: string;
  rootId: string;
  /** Epoch milliseconds as text: when it happened, not when it was sent. */
  createdAt: string;
  id: string;
  _version: string;
}

interface StatelySnapshot {
  status: 'active' | 'done' | 'error' | 'stopped';
  value?: unknown;
  context?: unknown;
  error?: string;
}

interface StatelyEventObject {
  type: string;
  [key: string]: unknown;
}

/** Messages to Stately's inspectors. */
export type StatelyEvent = StatelyBase &
  (
    | {
        type: '@xstate.actor';
        name: string;
        parentId: string | undefined;
        /** A machine's config as JSON. */
        definition: string;
        snapshot: StatelySnapshot;
      }
    | { type: '@xstate.event'; sourceId: string | undefined; event: StatelyEventObject }
    | { type: '@xstate.snapshot'; event: StatelyEventObject; snapshot: StatelySnapshot }
  );

interface Known {
  rootId: string;
  state: unknown;
  context: Record<string, unknown>;
}

/**
 * Makes a converter from records to Stately's messages, for one trace from its beginning. Actors go by their task's
 * id, and come whole: with their machine's definition and the state they begin in, each after its parent.
 */
export function createStatelyConverter(): (record: TraceRecord) => StatelyEvent[] {
  const definitions = new Map<string, string>();
  const actors = new Map<string, Known>();
  let hasEvents = false;

  const base = (record: TraceRecord, sessionId: string, part = 0): StatelyBase => ({
    sessionId,
    rootId: actors.get(sessionId)?.rootId ?? sessionId,
    createdAt: String(record.at),
    id: part === 0 ? String(record.seq) : `${record.seq}.${part}`,
    _version: STATELY_VERSION,
  });

  function started(record: RecordOf<'actor.started'>): StatelyEvent[] {
    const { actor, parent, machine, state, id, runId, taskId, agentId, wave, data } = record;
    const name = taskId ?? id;
    const context = defined({ runId, taskId, agentId, wave, ...data });
    const rootId = (parent !== null && actors.get(parent)?.rootId) || parent || actor;
    actors.set(actor, { rootId, state, context });
    const definition = (machine !== null && definitions.get(machine)) || JSON.stringify({ id: name });
    const snapshot: StatelySnapshot = { status: 'active', ...(state === undefined ? {} : { value: state }), context };
    const parentId = parent ?? undefined;
    return [
      { type: '@xstate.actor', ...base(record, actor), name, parentId, definition, snapshot },
      { type: '@xstate.snapshot', ...base(record, actor, 1), event: { type: 'xstate.init' }, snapshot },
    ];
  }

  function moved(record: RecordOf<'actor.moved'>): StatelyEvent[] {
    const { actor, state, status = 'active', data } = record;
    const known = actors.get(actor);
    const context = { ...known?.context, ...data };
    if (known) {
      known.state = state;
      known.context = context;
    }
    const event = { type: record.event };
    const snapshot: StatelyEvent = {
      type: '@xstate.snapshot',
      ...base(record, actor),
      event,
      snapshot: { status, value: state, context },
    };
    const isAlways = record.keys.every((key) => key.split('|')[1] === '');
    if (hasEvents || isAlways) return [snapshot];
    return [
      { type: '@xstate.event', ...base(record, actor, 1), sourceId: undefined, event: { ...data, ...event } },
      snapshot,
    ];
  }

  return (record) => {
    switch (record.type) {
      case 'trace.started':
        hasEvents = record.mode === 'full';
        return [];
      case 'machine.defined':
        definitions.set(record.machine, JSON.stringify(configOf(record.chart)));
        return [];
      case 'actor.started':
        return started(record);
      case 'actor.moved': {
        const messages = moved(record);
        if (record.status) actors.delete(record.actor);
        return messages;
      }
      case 'actor.event': {
        const event = { ...record.data, type: record.event };
        return [{ type: '@xstate.event', ...base(record, record.actor), sourceId: record.from, event }];
      }
      case 'actor.ended': {
        const { actor, status, error } = record;
        const known = actors.get(actor);
        const snapshot: StatelySnapshot = { status, value: known?.state, context: known?.context };
        const event = { type: status === 'stopped' ? 'xstate.stop' : '' };
        const message: StatelyEvent = {
          type: '@xstate.snapshot',
          ...base(record, actor),
          event,
          snapshot: error === undefined ? snapshot : { ...snapshot, error },
        };
        actors.delete(actor);
        return [message];
      }
      default:
        return [];
    }
  };
}

function defined(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
