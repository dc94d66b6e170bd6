import type { TraceMode, TraceSink } from './sink.ts';
import type { RecordOf, TraceRecord } from './trace.schema.ts';

export interface RingSinkOptions {
  /** Most records kept, beside definitions, the plans of runs under way and the actors that are alive. Default 10000. */
  capacity?: number;
  mode?: TraceMode;
}

export interface RingSink extends TraceSink {
  /**
   * Records kept, in order: definitions, the plans of runs that continue, the actors that lived when the oldest kept record was written, each in the
   * state it had then, and the kept records. Enough for a replay that begins there.
   */
  records(): TraceRecord[];
  /** Records that were let go. */
  readonly dropped: number;
  /** Calls for every record from now on; gives a function that ends it. A listener that throws harms nothing else. */
  listen(listener: (record: TraceRecord) => void): () => void;
}

const DEFAULT_CAPACITY = 10_000;

/** An actor whose start was let go, and its last move that was. */
interface Alive {
  started: RecordOf<'actor.started'>;
  moved: RecordOf<'actor.moved'> | null;
}

/** As if it had begun in the state it was in by then. */
function asStarted({ started, moved }: Alive): RecordOf<'actor.started'> {
  return moved ? { ...started, state: moved.state, until: moved.until } : started;
}

function notifyAll(listeners: ReadonlySet<(record: TraceRecord) => void>, record: TraceRecord): void {
  for (const listener of listeners) {
    try {
      listener(record);
    } catch {
      // A view's own fault.
    }
  }
}

/** Keeps the last records in memory, for views that come late. */
export function ringSink({ capacity = DEFAULT_CAPACITY, mode }: RingSinkOptions = {}): RingSink {
  if (!(capacity >= 1)) throw new RangeError(`Expected \`capacity\` to be 1 or more, got ${capacity}.`);
  const size = Math.floor(capacity);
  const ring: TraceRecord[] = [];
  const definitions: TraceRecord[] = [];
  const plans = new Map<string, TraceRecord[]>();
  const alive = new Map<string, Alive>();
  const listeners = new Set<(record: TraceRecord) => void>();
  let head = 0;
  let dropped = 0;

  function letGo(record: TraceRecord): void {
    dropped += 1;
    switch (record.type) {
      case 'trace.started':
      case 'machine.defined':
        definitions.push(record);
        break;
      case 'run.started':
      case 'plan.compiled':
        plans.set(record.runId, [...(plans.get(record.runId) ?? []), record]);
        break;
      case 'run.settled':
        plans.delete(record.runId);
        break;
      case 'actor.started':
        alive.set(record.actor, { started: record, moved: null });
        break;
      case 'actor.ended':
        alive.delete(record.actor);
        break;
      case 'actor.moved': {
        if (record.status) {
          alive.delete(record.actor);
          break;
        }
        const actor = alive.get(record.actor);
        if (actor) actor.moved = record;
        break;
      }
    }
  }

  return {
    ...(mode ? { mode } : {}),
    write(record) {
      if (ring.length < size) ring.push(record);
      else {
        letGo(ring[head] as TraceRecord);
        ring[head] = record;
        head = (head + 1) % size;
      }
      if (listeners.size > 0) notifyAll(listeners, record);
    },
    records: () => {
      const before = [...definitions, ...[...plans.values()].flat(), ...[...alive.values()].map(asStarted)].sort(
        (a, b) => a.seq - b.seq,
      );
      return [...before, ...ring.slice(head), ...ring.slice(0, head)];
    },
    get dropped() {
      return dropped;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
