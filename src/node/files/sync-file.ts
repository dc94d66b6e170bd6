import { closeSync, fdatasyncSync, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { SoarError } from '../../errors/soar-error.ts';

/** Waits until the disk has what was written, without keeping anything else waiting. */
export async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throwUnless(['ENOENT'], path, cause);
  }
}

/** The same, at once. A file that may only be read is left as it is: nothing will continue from it. */
export function syncFileNow(path: string): void {
  try {
    const file = openSync(path, 'r+');
    try {
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throwUnless(['ENOENT', 'EACCES', 'EPERM', 'EROFS'], path, cause);
  }
}

/** A store that was closed meanwhile has put everything in its place, and has no such file any more. */
function throwUnless(harmless: readonly string[], path: string, cause: unknown): void {
  if (harmless.includes((cause as NodeJS.ErrnoException).code ?? '')) return;
  throw new SoarError('io', `The journal ${path} could not be written to the disk: ${String(cause)}.`, { cause });
}

/** Device and number of a file; the same by whatever path. Empty numbers where there is no such file, as in memory. */
export function fileId(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return `${found?.dev ?? 0}-${found?.ino ?? 0}`;
}
