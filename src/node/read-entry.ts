import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseReading, passageOf } from '../plan/reading.ts';
import type { Passage } from '../types.ts';
import { looksBinary } from './text-files.ts';

/** Larger files are not read, bytes. */
const MAX_BYTES = 1024 * 1024;

/** The passage that an entry of a task's `read` names, from a file relative to `cwd`. Throws a sentence when there is none. */
export function readEntry(cwd: string, entry: string): Passage {
  const reading = parseReading(entry);
  const path = resolve(cwd, reading.path);
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    const content = readFileSync(path);
    if (looksBinary(content)) throw new Error('it is not text');
    return passageOf(reading, content.toString('utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`there is no file ${path}`, { cause: error });
    if (code !== undefined) throw new Error(`${code} at ${path}`, { cause: error });
    throw error;
  }
}
