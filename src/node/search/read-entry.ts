import { resolve } from 'node:path';
import { parseReading, passageOf } from '../../plan/reading.ts';
import type { Passage } from '../../types/passage.ts';
import { MAX_BYTES, readRegularFileSync } from '../files/read-file.ts';
import { looksBinary } from './text-files.ts';

/** The passage that an entry of a task's `read` names, from a file relative to `cwd`. Throws a sentence when the file or lines do not exist. */
export function readEntry(cwd: string, entry: string): Passage {
  const reading = parseReading(entry);
  const content = contentOf(cwd, reading.path);
  if (looksBinary(content)) throw new Error('it is not text');
  return passageOf(reading, content.toString('utf8'));
}

function contentOf(cwd: string, given: string): Buffer {
  const path = resolve(cwd, given);
  try {
    return readRegularFileSync(path, MAX_BYTES.task);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(path === given ? message : `${message} (${path})`, { cause: error });
  }
}
