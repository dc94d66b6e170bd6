import { shownJson } from '../../src/text/foreign-text.ts';
import { TraceIndex } from '../../src/trace/replay/trace-index.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { type Mishap, mishapOf } from './troubles.ts';

/** The trace that the page shows: its index, what went wrong in it, and what could not be read of it. */
export class TraceStore extends TraceIndex {
  /** Mishaps, in order. */
  readonly mishaps: Mishap[] = [];
  /** How many lines could not be read. */
  damaged = 0;

  /** Takes in complete lines. A line that cannot be read is counted and passed over. */
  addLines(lines: readonly string[]): void {
    for (const line of lines) {
      if (line === '') continue;
      try {
        const record = JSON.parse(shownJson(line)) as TraceRecord;
        if (typeof record.type === 'string' && typeof record.seq === 'number') this.add(record);
        else this.damaged += 1;
      } catch {
        this.damaged += 1;
      }
    }
  }

  protected override added(record: TraceRecord): void {
    const mishap = mishapOf(record, 'actor' in record ? this.actors.get(record.actor) : undefined);
    if (mishap) this.mishaps.push(mishap);
  }
}
