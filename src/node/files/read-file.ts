import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { pathFault } from './path-fault.ts';

const MIB = 1024 * 1024;

/** Largest content that is read, bytes, by what it is read for. */
export const MAX_BYTES = Object.freeze({
  /** A plan from a file, stdin or an editor; a question from stdin. */
  plan: 64 * MIB,
  /** A configuration. */
  config: 4 * MIB,
  /** A `.gitignore` file. */
  ignore: MIB,
  /** A file that a task names in `read`. */
  task: MIB,
  /** A file that a question names with `--context`. */
  context: 8 * MIB,
  /** A trace; more does not fit into a browser. */
  trace: 512 * MIB,
  /** A file that an earlier answer cites. */
  cited: 16 * MIB,
});

/** Thrown when a file or stream cannot be read. The message ends a sentence, without its full stop. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  /** Code of the system, or `NOT_A_FILE`, `TOO_LARGE`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Neither waits for the other end of a pipe, nor makes a terminal that of this process. Absent on Windows. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a regular file. Anything else at the path is refused at once: folders, pipes, sockets and devices. Files that grow, or
 * say that they are empty (`/proc`), are read to their end.
 *
 * @param maxBytes Larger content is refused, also when the file grows past it.
 * @throws {UnreadableError}
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    const parts = new Parts(await file.stat(), maxBytes);
    for (;;) {
      const { bytesRead } = await file.read(parts.room(), 0, undefined, null);
      if (!parts.take(bytesRead)) return parts.whole();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file.close();
  }
}

/** As {@link readRegularFile}, without waiting for anything else. */
export function readRegularFileSync(path: string, maxBytes: number): Buffer {
  return withFileSync(path, (file, stats) => {
    const parts = new Parts(stats, maxBytes);
    while (parts.take(readSync(file, parts.room()))) {}
    return parts.whole();
  });
}

/** The first bytes of a regular file; fewer where it is shorter. Throws {@link UnreadableError}. */
export function readStartSync(path: string, bytes: number): Buffer {
  return withFileSync(path, (file) => {
    const start = Buffer.alloc(bytes);
    return start.subarray(0, readSync(file, start));
  });
}

function withFileSync<T>(path: string, read: (file: number, stats: Stats) => T): T {
  let file: number | undefined;
  try {
    requireRegular(statSync(path));
    file = openSync(path, FLAGS);
    return read(file, requireRegular(fstatSync(file)));
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Opens a regular file for reading. Close it. Throws {@link UnreadableError}, as the others. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    requireRegular(await stat(path));
    file = await open(path, FLAGS);
    requireRegular(await file.stat());
    return file;
  } catch (cause) {
    await file?.close();
    throw unreadable(path, cause);
  }
}

/** Reads a stream, such as stdin, to its end. Throws {@link UnreadableError} once it exceeds `maxBytes`. */
export async function readStream(stream: AsyncIterable<string | Uint8Array>, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytes += part.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      parts.push(part);
    }
  } catch (cause) {
    throw unreadable('', cause);
  }
  return Buffer.concat(parts);
}

/** Why a path cannot be read as a regular file, as the end of a sentence; null when it can. */
export async function readingFault(path: string): Promise<string | null> {
  try {
    await (await openRegularFile(path)).close();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Part of a file read so far, and the place of the rest. */
class Parts {
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #room: Buffer;

  constructor({ size }: Stats, maxBytes: number) {
    if (size > maxBytes) throw tooLarge(maxBytes);
    this.#maxBytes = maxBytes;
    // One more byte than it should have, so a file that has grown is noticed. Files of `/proc` have no size.
    this.#room = Buffer.allocUnsafe(size > 0 ? size + 1 : CHUNK_BYTES);
  }

  room(): Buffer {
    return this.#room;
  }

  /** Takes what was read into the room. False at the end of the file. */
  take(bytes: number): boolean {
    if (bytes === 0) return false;
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) throw tooLarge(this.#maxBytes);
    this.#parts.push(this.#room.subarray(0, bytes));
    const left = this.#room.subarray(bytes);
    this.#room = left.length > 0 ? left : Buffer.allocUnsafe(CHUNK_BYTES);
    return true;
  }

  whole(): Buffer {
    const [first = Buffer.alloc(0), ...others] = this.#parts;
    return others.length === 0 ? first : Buffer.concat(this.#parts);
  }
}

function requireRegular(stats: Stats): Stats {
  if (stats.isFile()) return stats;
  const what = kindOf(stats);
  throw new UnreadableError(stats.isDirectory() ? 'EISDIR' : 'NOT_A_FILE', what);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'it is a folder, not a file';
  if (stats.isFIFO()) return 'it is a pipe, not a regular file';
  if (stats.isSocket()) return 'it is a socket, not a regular file';
  return 'it is a device, not a regular file';
}

function tooLarge(maxBytes: number): UnreadableError {
  return new UnreadableError('TOO_LARGE', `it is larger than ${sized(maxBytes)}, the most that is read`);
}

function sized(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB} MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}

function unreadable(path: string, cause: unknown): UnreadableError {
  if (cause instanceof UnreadableError) return cause;
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new UnreadableError(code, code === 'ENOENT' ? missing(path) : pathFault(cause), { cause });
}

function missing(path: string): string {
  return isLink(path) ? 'it is a link to a file that is not there' : 'there is no such file';
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
