import type { TraceMode, TraceSink } from './sink.ts';
import type { RecordOf, TraceRecord } from './trace.schema.ts';

export interface RingSinkOptions {
  /** Most records kept, beside definitions, plans and the actors that are alive. Default 10000. */
  capacity?: number;
  mode?: TraceMode;
}

export interface RingSink extends TraceSink {
  /**
   * What is known, in order: definitions, the actors that lived when the oldest kept record was written, each in the
   * state it had then, and the kept records. Enough for a replay that begins there.
   */
  records(): TraceRecord[];
  /** Records that were let go. */
  readonly dropped: number;
  /** Calls for every record from now on; gives a function that ends it. A listener that throws hurts nobody. */
  listen(listener: (record: TraceRecord) => void): () => void;
}

const DEFAULT_CAPACITY = 10_000;
const KEPT: ReadonlySet<TraceRecord['type']> = new Set([
  'trace.started',
  'machine.defined',
  'run.started',
  'plan.compiled',
  'run.settled',
]);

/** Keeps the last records in memory, for views that come late. */
export function ringSink({ capacity = DEFAULT_CAPACITY, mode }: RingSinkOptions = {}): RingSink {
  if (!(capacity >= 1)) throw new RangeError(`Expected \`capacity\` to be 1 or more, got ${capacity}.`);
  const size = Math.floor(capacity);
  const ring: TraceRecord[] = [];
  const kept: TraceRecord[] = [];
  const alive = new Map<string, RecordOf<'actor.started'>>();
  const listeners = new Set<(record: TraceRecord) => void>();
  let head = 0;
  let dropped = 0;

  function letGo(record: TraceRecord): void {
    dropped += 1;
    if (KEPT.has(record.type)) kept.push(record);
    else if (record.type === 'actor.started') alive.set(record.actor, record);
    else if (record.type === 'actor.ended') alive.delete(record.actor);
    else if (record.type === 'actor.moved') {
      const actor = alive.get(record.actor);
      if (record.status) alive.delete(record.actor);
      else if (actor) alive.set(record.actor, { ...actor, state: record.state, until: record.until });
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
      for (const listener of listeners) {
        try {
          listener(record);
        } catch {
          // A view's own fault.
        }
      }
    },
    records: () => {
      const before = [...kept, ...alive.values()].sort((a, b) => a.seq - b.seq);
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
