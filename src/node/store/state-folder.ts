import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SoarError } from '../../errors/soar-error.ts';
import { pathFault } from '../files/path-fault.ts';

/**
 * Makes a state folder, for this user alone and out of the sight of git. One that is there and holds something is left as it is,
 * in the sight of git too: it may be the user's own.
 *
 * @throws SoarError `io` when it cannot be used.
 */
export function prepareFolder(dir: string): void {
  guarded(dir, () => {
    if (dir === '') throw new Error('it has no name');
    if (makeFolders(resolve(dir))) chmodSync(dir, 0o700);
    if (readdirSync(dir).length === 0) writeFileSync(join(dir, '.gitignore'), '*\n');
  });
}

/** How large a file of a state folder is, bytes; 0 where it is missing. Throws `io` when the size cannot be read, or it is not a file. */
export function sizeIn(dir: string, name: string): number {
  return guarded(dir, () => {
    const stats = statSync(join(dir, name), { throwIfNoEntry: false });
    if (stats && !stats.isFile()) throw new Error(`\`${name}\` in it is not a regular file`);
    return stats?.size ?? 0;
  });
}

function guarded<T>(dir: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SoarError('io', `The state folder \`${dir}\` cannot be used: ${pathFault(cause)}.`, { cause });
  }
}

/** Node's own recursive `mkdir` never ends where the system says of a new folder that it is not there, as below `/proc`. */
function makeFolders(path: string): boolean {
  try {
    return makeFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    makeFolders(parent);
    return makeFolder(path);
  }
}

/** Returns false for one that was there. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
