import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { captureContext } from '../../base/async-context.ts';
import { SoarError } from '../../errors/soar-error.ts';
import type { TraceMode, TraceSink } from '../../trace/sink.ts';
import { ownFile } from '../files/folder-state.ts';
import { pathFault } from '../files/path-fault.ts';
import { readStartSync } from '../files/read-file.ts';
import { requireReader } from '../files/write-target.ts';

export interface FileSinkOptions {
  mode?: TraceMode;
  /** Longest time a record waits in memory, milliseconds. Default 200. */
  flushMs?: number;
}

export interface FileSink extends TraceSink {
  /** Writes what waits. Called by itself every `flushMs`, when much has gathered, at the end and when the process exits. */
  flush(): void;
  /** Why nothing is written any more (a full disk, say); null when all is well. */
  readonly fault: Error | null;
}

const FLUSH_CHARS = 64 * 1024;
/** How every record begins; the sessions of coding agents are JSON lines with a type, too. */
const RECORD = /^\{"type":"[a-z.]+","seq":\d/;
const RECORD_BYTES = 64;

/**
 * Writes a trace as JSON lines into a file, readable by its owner alone. A trace that is there is replaced, any other file is left alone.
 *
 * @throws {SoarError} `io` when the file cannot be opened, or holds something else than a trace. What goes wrong later ends the
 * writing, is recognized by `fault`, and leaves the run alone.
 * @example
 * createSoar({ agents, trace: [fileSink('run.jsonl')] });
 */
export function fileSink(path: string, { mode, flushMs = 200 }: FileSinkOptions = {}): FileSink {
  let file: number | null = open(path);
  let waiting = '';
  let timer: ReturnType<typeof setTimeout> | null = null;
  let fault: Error | null = null;
  const within = captureContext();

  function flush(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (file === null || waiting === '') return;
    const bytes = Buffer.from(waiting);
    waiting = '';
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    } catch (error) {
      fault = error as Error;
      release();
    }
  }

  function release(): void {
    process.removeListener('exit', close);
    if (file === null) return;
    const open = file;
    file = null;
    try {
      closeSync(open);
    } catch (error) {
      fault ??= error as Error;
    }
  }

  function close(): void {
    flush();
    release();
  }

  process.on('exit', close);
  return {
    ...(mode ? { mode } : {}),
    write(record) {
      if (file === null) return;
      waiting += `${JSON.stringify(record)}\n`;
      if (waiting.length >= FLUSH_CHARS) flush();
      else timer ??= within(() => setTimeout(flush, flushMs).unref());
    },
    flush,
    close,
    get fault() {
      return fault;
    },
  };
}

function open(path: string): number {
  if (holdsSomethingElse(path)) {
    const message = `The trace file \`${path}\` is there already and holds no trace: it is left as it is. Name another file, or remove this one first.`;
    throw new SoarError('io', message);
  }
  try {
    requireReader(path);
    const file = openSync(path, 'w', 0o600);
    ownFile(path);
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    throw new SoarError('io', `The trace file \`${path}\` cannot be written: ${pathFault(error)}.`, { cause: error });
  }
}

function holdsSomethingElse(path: string): boolean {
  try {
    const start = readStartSync(path, RECORD_BYTES).toString('utf8');
    return start !== '' && !RECORD.test(start);
  } catch {
    // Not there, no regular file, or unreadable: opening it for writing reports which.
    return false;
  }
}
