import { closeSync, constants, openSync, statSync } from 'node:fs';

/** Throws for a pipe that nothing reads, since opening it for writing would wait for a reader for ever. */
export function requireReader(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return;
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw cause;
    throw new Error('it is a pipe that nothing reads', { cause });
  }
}
