import type { Clock } from '../base/clock.ts';
import { copyOf, deepFreeze } from '../base/frozen.ts';
import { errorText } from './plain.ts';
import type { TraceMode, TraceSink } from './sink.ts';
import type { TraceRecord } from './trace.schema.ts';
import { TRACE_VERSION } from './version.ts';

export type Redact = (record: TraceRecord) => TraceRecord | null;

interface Target {
  readonly sink: TraceSink;
  readonly mode: TraceMode;
}

/** The way from a recorder to its sinks: stamps, redaction, and nothing that throws gets out. */
export class Outlet {
  readonly wantsFull: boolean;
  readonly #clock: Clock;
  readonly #redact: Redact | undefined;
  readonly #sinks: readonly Target[];
  #seq = -1;
  /** When the last record was stamped. */
  at = Number.NEGATIVE_INFINITY;
  #faults = 0;
  #isClosed = false;

  constructor(
    { sinks, mode = 'compact', redact }: { sinks: readonly TraceSink[]; mode?: TraceMode; redact?: Redact },
    clock: Clock,
    trace: string,
  ) {
    this.#clock = clock;
    this.#redact = redact;
    this.#sinks = sinks.map((sink) => ({ sink, mode: sink.mode ?? mode }));
    this.wantsFull = this.#sinks.some((one) => one.mode === 'full');
    const stamp = this.stamp();
    for (const one of this.#sinks) {
      this.#send({ type: 'trace.started', ...stamp, v: TRACE_VERSION, trace, mode: one.mode }, [one], false);
    }
  }

  /** Time never runs backwards in a trace, whatever the clock does: order by `seq` and by `at` agree. */
  stamp(): { seq: number; at: number } {
    return { seq: this.next(), at: this.at };
  }

  /** As `stamp`, for records made by the thousand: gives the number, and leaves the instant in `at`. */
  next(): number {
    const now = this.#clock.now();
    if (now > this.at) this.at = now;
    this.#seq += 1;
    return this.#seq;
  }

  get mode(): TraceMode {
    return this.wantsFull ? 'full' : 'compact';
  }

  /** @param fullOnly For the sinks that want everything. Default false. */
  write(record: TraceRecord, fullOnly = false): void {
    if (!this.#isClosed) this.#send(record, this.#sinks, fullOnly);
  }

  #send(record: TraceRecord, to: readonly Target[], fullOnly: boolean): void {
    const sent = deepFreeze(this.#redact ? this.#redacted(copyOf(record)) : record);
    if (!sent) return;
    for (let i = 0; i < to.length; i += 1) {
      const target = to[i] as Target;
      if (fullOnly && target.mode !== 'full') continue;
      try {
        const returned: unknown = target.sink.write(sent);
        if (returned instanceof Promise) returned.catch((error) => this.#fault('A sink', error));
      } catch (error) {
        this.#fault('A sink', error);
      }
    }
  }

  #redacted(record: TraceRecord): TraceRecord | null {
    try {
      const redacted: unknown = this.#redact?.(record);
      if (!(redacted instanceof Promise)) return (redacted as TraceRecord | null | undefined) ?? null;
      redacted.catch(() => {});
      throw new TypeError('It gave a promise, and records do not wait.');
    } catch (error) {
      this.#fault('The redaction hook', error);
      return null;
    }
  }

  /** Makes an observer that cannot hurt what it observes. */
  guard<E>(observe: (event: E) => void): (event: E) => void {
    return (event) => {
      if (this.#isClosed) return;
      try {
        observe(event);
      } catch (error) {
        this.#fault('The recorder', error);
      }
    };
  }

  #fault(who: string, error: unknown): void {
    this.#faults += 1;
    // Once: what fails tends to fail again, and a reader of the trace needs to know it only once.
    if (this.#faults > 1) return;
    this.write({ type: 'warning', ...this.stamp(), message: `${who} failed: ${errorText(error, (text) => text)}` });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.write({ type: 'trace.ended', ...this.stamp(), faults: this.#faults });
    this.#isClosed = true;
    for (const { sink } of this.#sinks) {
      try {
        await sink.close?.();
      } catch {
        // Its own affair: the others are still to be closed.
      }
    }
  }
}
