import type { RingSink } from '../../trace/ring-sink.ts';
import type { TraceRecord } from '../../trace/trace.schema.ts';

/** Parts of a text, as they are asked for. */
export type TextParts = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Where a viewer gets its records: a trace file, or a run in this process. */
export interface ViewerSource {
  /** Shown in the page. */
  readonly name: string;
  /** The complete lines there are, and the place from which to follow. */
  read(): Promise<{ parts: TextParts; next: string }>;
  /**
   * Calls with complete lines as they come, each time with the place to continue from; `onReset` when what was read no
   * longer holds. Waits for what `onLines` returns before it calls again. Gives a function that ends it.
   */
  follow(from: string, onLines: OnLines, onReset: () => void): () => void;
}

export type OnLines = (lines: readonly string[], next: string) => Promise<void> | void;

/** Most lines that are passed on at once. */
export const BATCH_LINES = 500;
/** More records than that do not wait for a reader: it reads everything anew. */
const MOST_WAITING = 20_000;

/** A run of this process, by a ring that its recorder writes to. */
export function ringSource(ring: RingSink, name = 'live'): ViewerSource {
  const line = (record: TraceRecord) => JSON.stringify(record);
  const seqOf = (records: readonly TraceRecord[]) => String(records.at(-1)?.seq ?? -1);
  return {
    name,
    async read() {
      const records = ring.records();
      return { parts: partsOf(records, line), next: seqOf(records) };
    },
    follow(from, onLines, onReset) {
      let waiting: TraceRecord[] = ring.records().filter(({ seq }) => seq > Number(from));
      let isAsked = false;
      let isOver = false;
      const flush = async () => {
        while (waiting.length > 0 && !isOver) {
          const batch = waiting.splice(0, BATCH_LINES);
          await onLines(batch.map(line), seqOf(batch));
        }
        isAsked = false;
      };
      const ask = () => {
        if (isAsked) return;
        isAsked = true;
        setImmediate(() => void flush());
      };
      ask();
      const stop = ring.listen((record) => {
        if (waiting.length >= MOST_WAITING) {
          waiting = [];
          onReset();
        }
        waiting.push(record);
        ask();
      });
      return () => {
        isOver = true;
        stop();
      };
    },
  };
}

/** Lines in parts of some length, made as they are asked for. */
export function* partsOf<T>(all: readonly T[], line: (one: T) => string, count = all.length): Generator<string> {
  for (let at = 0; at < count; at += BATCH_LINES) {
    const part = all.slice(at, Math.min(at + BATCH_LINES, count));
    yield part.map((one) => `${line(one)}\n`).join('');
  }
}
