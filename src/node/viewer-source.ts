import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { SoarError } from '../errors/soar-error.ts';
import type { RingSink } from '../trace/ring-sink.ts';
import type { TraceRecord } from '../trace/trace.schema.ts';
import { TRACE_VERSION } from '../trace/version.ts';
import { pathFault } from './path-fault.ts';

/** Where a viewer gets its records: a trace file, or a run in this process. */
export interface ViewerSource {
  /** Shown in the page. */
  readonly name: string;
  /** The complete lines there are, and the place from which to follow. */
  read(): Promise<{ text: string; next: string }>;
  /**
   * Calls with complete lines as they come, each time with the place to go on from; `onReset` when what was read no
   * longer holds. Gives a function that ends it.
   */
  follow(from: string, onLines: (lines: readonly string[], next: string) => void, onReset: () => void): () => void;
}

const POLL_MS = 200;
const CHUNK = 1024 * 1024;
const NEWLINE = 10;

/**
 * A trace file, followed while it grows. Read afresh, so that a file that is written to at any time is seen whole.
 *
 * @param pollMs How often it is looked at, milliseconds. Default 200.
 * @throws {SoarError} `usage` when it cannot be read or is no trace.
 */
export async function traceFileSource(path: string, { pollMs = POLL_MS } = {}): Promise<ViewerSource> {
  const { text, rest } = await linesFrom(path, 0);
  checkTrace(path, text, rest);
  return {
    name: basename(path),
    async read() {
      const { text, next } = await linesFrom(path, 0);
      return { text, next: String(next) };
    },
    follow(from, onLines, onReset) {
      let place = Number.parseInt(from, 10) || 0;
      let isBusy = false;
      let isOver = false;
      const look = async () => {
        if (isBusy || isOver) return;
        isBusy = true;
        try {
          const { text, next, size } = await linesFrom(path, place);
          if (isOver) return;
          if (size < place) {
            onReset();
            place = 0;
          } else if (text !== '') {
            place = next;
            onLines(text.trimEnd().split('\n'), String(next));
          }
        } catch {
          // Gone for a moment, while it is being replaced: the next look finds it again.
        } finally {
          isBusy = false;
        }
      };
      const timer = setInterval(look, pollMs);
      void look();
      return () => {
        isOver = true;
        clearInterval(timer);
      };
    },
  };
}

/** A run of this process, by a ring that its recorder writes to. */
export function ringSource(ring: RingSink, name = 'live'): ViewerSource {
  const line = (record: TraceRecord) => JSON.stringify(record);
  const seqOf = (records: readonly TraceRecord[]) => String(records.at(-1)?.seq ?? -1);
  return {
    name,
    async read() {
      const records = ring.records();
      return { text: records.map((record) => `${line(record)}\n`).join(''), next: seqOf(records) };
    },
    follow(from, onLines) {
      let waiting: TraceRecord[] = ring.records().filter(({ seq }) => seq > Number(from));
      let isAsked = false;
      const flush = () => {
        isAsked = false;
        const records = waiting;
        waiting = [];
        if (records.length > 0) onLines(records.map(line), seqOf(records));
      };
      const ask = () => {
        if (isAsked) return;
        isAsked = true;
        setImmediate(flush);
      };
      ask();
      return ring.listen((record) => {
        waiting.push(record);
        ask();
      });
    },
  };
}

/** The complete lines of a file from a byte on, and the beginning of one that is still being written. */
async function linesFrom(
  path: string,
  from: number,
): Promise<{ text: string; rest: string; next: number; size: number }> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new SoarError('usage', `Cannot read the trace \`${path}\`: ${pathFault(cause)}.`, { cause });
  }
  try {
    const { size } = await file.stat();
    const parts: Buffer[] = [];
    let place = from;
    while (place < size) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(CHUNK, size - place)), 0, undefined, place);
      if (bytesRead === 0) break;
      parts.push(buffer.subarray(0, bytesRead));
      place += bytesRead;
    }
    const bytes = Buffer.concat(parts);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const rest = bytes.toString('utf8', end);
    return { text: bytes.toString('utf8', 0, end), rest, next: from + end, size };
  } catch (cause) {
    throw new SoarError('usage', `Cannot read the trace \`${path}\`: ${(cause as Error).message}.`, { cause });
  } finally {
    await file.close();
  }
}

const BEGINNING = '{"type":"trace.started"';

/** A file that is empty yet may become a trace, and so may one whose first line is being written. */
function checkTrace(path: string, text: string, rest: string): void {
  if (text === '' && (rest.startsWith(BEGINNING) || BEGINNING.startsWith(rest))) return;
  let first: Partial<{ type: unknown; v: unknown }> | null = null;
  try {
    first = JSON.parse(text.slice(0, text.indexOf('\n')));
  } catch {
    // Told below.
  }
  if (first?.type !== 'trace.started' || typeof first.v !== 'number') {
    throw new SoarError(
      'usage',
      `\`${path}\` is no trace: its first line is no \`trace.started\` record. Write one with --trace.`,
    );
  }
  if (first.v > TRACE_VERSION) {
    const message = `\`${path}\` is a trace of format ${first.v}; this version reads format ${TRACE_VERSION}. Update soar-machine to see it.`;
    throw new SoarError('usage', message);
  }
}
