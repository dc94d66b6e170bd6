import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { SoarError } from '../../errors/soar-error.ts';
import { quoted } from '../../text/foreign-text.ts';
import { TRACE_VERSION } from '../../trace/version.ts';
import { MAX_BYTES, openRegularFile } from '../files/read-file.ts';
import type { ViewerSource } from './viewer-source.ts';

const POLL_MS = 200;
const CHUNK = 1024 * 1024;
/** A longer line is passed over where a file is followed, bytes. */
const LONGEST_LINE = 64 * CHUNK;
/** The first line of a trace is shorter, bytes. */
const LONGEST_FIRST = 64 * 1024;
const NEWLINE = 10;

/**
 * A trace file, followed while it grows. Read afresh, in parts, so that a file that is written to at any time is seen whole and
 * never stands in memory.
 *
 * @param pollMs How often it is looked at, milliseconds. Default 200.
 * @throws {SoarError} `usage` when it cannot be read, is not a trace, or is larger than 512 MiB.
 */
export async function traceFileSource(path: string, { pollMs = POLL_MS } = {}): Promise<ViewerSource> {
  await withTrace(path, async (file, size) => checkTrace(path, await startOf(file), size));
  return {
    name: basename(path),
    async read() {
      const end = await withTrace(path, endOfLines);
      return { parts: partsOfFile(path, end), next: String(end) };
    },
    follow(from, onLines, onReset) {
      const reader = new LineReader(path, Number.parseInt(from, 10) || 0);
      let isBusy = false;
      let isOver = false;
      const look = async () => {
        if (isBusy || isOver) return;
        isBusy = true;
        try {
          for (let lines = await reader.next(); lines !== null && !isOver; lines = await reader.next()) {
            if (lines === 'reset') onReset();
            else if (lines.length > 0) await onLines(lines, String(reader.place));
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

/** The lines of a file that grows, some at a time. */
class LineReader {
  readonly #path: string;
  /** Where the next line begins. */
  place: number;
  /** Within a line that is passed over. */
  #isPassing = false;

  constructor(path: string, place: number) {
    this.#path = path;
    this.place = place;
  }

  /** The next lines; none where one was passed over; null when there is no complete line, `reset` when the file was begun anew. */
  async next(): Promise<string[] | 'reset' | null> {
    return withTrace(this.#path, async (file, size) => {
      if (size < this.place) {
        this.place = 0;
        this.#isPassing = false;
        return 'reset';
      }
      return this.#lines(file, size);
    });
  }

  async #lines(file: FileHandle, size: number): Promise<string[] | null> {
    const parts: Buffer[] = [];
    let read = 0;
    while (this.place + read < size && read < LONGEST_LINE) {
      const part = await chunkAt(file, this.place + read, size);
      if (part.length === 0) break;
      const end = part.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        parts.push(part.subarray(0, end));
        this.place += read + end;
        return this.#complete(Buffer.concat(parts));
      }
      parts.push(part);
      read += part.length;
    }
    if (read < LONGEST_LINE && !(this.#isPassing && read > 0)) return null;
    this.#isPassing = true;
    this.place += read;
    return [];
  }

  #complete(bytes: Buffer): string[] {
    const from = this.#isPassing ? bytes.indexOf(NEWLINE) + 1 : 0;
    this.#isPassing = false;
    const text = bytes.toString('utf8', from, bytes.length);
    return text === '' ? [] : text.slice(0, -1).split('\n');
  }
}

async function withTrace<T>(path: string, use: (file: FileHandle, size: number) => Promise<T> | T): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await openRegularFile(path);
    const { size } = await file.stat();
    if (size > MAX_BYTES.trace) {
      const message =
        'it is larger than 512 MiB, the most that a browser can show. Trace a shorter run, or view the run by its id';
      throw new Error(message);
    }
    return await use(file, size);
  } catch (cause) {
    if (SoarError.isInstance(cause)) throw cause;
    throw new SoarError('usage', `Cannot read the trace ${quoted(path)}: ${(cause as Error).message}.`, { cause });
  } finally {
    await file?.close();
  }
}

/** Bytes from a place on, one chunk at most. */
async function chunkAt(file: FileHandle, place: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - place));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, place);
  return buffer.subarray(0, bytesRead);
}

async function startOf(file: FileHandle): Promise<Buffer> {
  return chunkAt(file, 0, LONGEST_FIRST);
}

/** Where the last complete line ends. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= CHUNK) {
    const from = Math.max(0, end - CHUNK);
    const at = (await chunkAt(file, from, end)).lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
  }
  return 0;
}

/** Opened when the first part is asked for, and closed with the last. */
async function* partsOfFile(path: string, end: number): AsyncGenerator<Buffer> {
  if (end === 0) return;
  const file = await openRegularFile(path);
  try {
    for (let place = 0; place < end; ) {
      const part = await chunkAt(file, place, end);
      if (part.length === 0) return;
      place += part.length;
      yield part;
    }
  } finally {
    await file.close();
  }
}

const BEGINNING = '{"type":"trace.started"';

/** A file that is empty yet may become a trace, and so may one whose first line is being written. */
function checkTrace(path: string, start: Buffer, size: number): void {
  const end = start.indexOf(NEWLINE);
  const text = start.toString('utf8', 0, end < 0 ? start.length : end);
  if (end < 0 && size <= LONGEST_FIRST && (text.startsWith(BEGINNING) || BEGINNING.startsWith(text))) return;
  let first: Partial<{ type: unknown; v: unknown }> | null = null;
  try {
    first = JSON.parse(text);
  } catch {
    // Reported below.
  }
  if (first?.type !== 'trace.started' || typeof first.v !== 'number') {
    throw new SoarError(
      'usage',
      `${quoted(path)} is not a trace: its first line is no \`trace.started\` record. Write one with --trace.`,
    );
  }
  if (first.v > TRACE_VERSION) {
    const message = `${quoted(path)} is a trace of format ${first.v}; this version reads format ${TRACE_VERSION}. Update soar-machine to see it.`;
    throw new SoarError('usage', message);
  }
}
