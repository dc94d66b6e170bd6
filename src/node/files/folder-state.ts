import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { microtask } from '../../base/microtask.ts';

/** Beyond this many entries a folder is not looked at: it would hold everything else up. */
export const MAX_ENTRIES = 5000;

/** Folders of installed packages, caches and version control, except its present state. */
const PASSED_OVER = new Set(['.git', '.hg', '.svn', 'node_modules', '.venv', 'venv', '__pycache__', '.cache']);
const STANDS = ['.git/HEAD', '.git/logs/HEAD'];

/** Files and folders that this process writes itself: records and traces. */
const own = new Set<string>();

/** Folders that were found too large, which they stay: finding it out once is enough. */
const large = new Set<string>();

/** States that were taken in this turn: nothing changes while one thing is asked a hundred times. */
const fresh = new Map<string, string | null>();

/** Says that a file or folder is written by ourselves, so that it is not part of a folder's state. */
export function ownFile(path: string): void {
  own.add(resolve(path));
}

/**
 * Fingerprint of a folder's files by names, sizes and times; changes when any of them does.
 * Null when there are too many, or when they cannot be looked at.
 */
export function folderState(folder: string): string | null {
  const root = resolve(folder);
  const known = fresh.get(root);
  if (known !== undefined) return known;
  const state = stateOf(root);
  if (fresh.size === 0) microtask(() => fresh.clear());
  fresh.set(root, state);
  return state;
}

function stateOf(root: string): string | null {
  if (large.has(root)) return null;
  const hash = createHash('sha256');
  let left = MAX_ENTRIES;
  const look = (folder: string) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    left -= entries.length;
    if (left < 0) large.add(root);
    if (left < 0) throw new Error('too many');
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (PASSED_OVER.has(entry.name) || own.has(join(root, path))) continue;
      if (entry.isDirectory()) look(path);
      else hash.update(`${path}\0${lookOf(join(root, path))}\0`);
    }
  };
  try {
    look('');
  } catch {
    return null;
  }
  for (const path of STANDS) hash.update(lookOf(join(root, path)));
  return hash.digest('hex');
}

/** In a worktree or a submodule `.git` is a file, so the two that stand below it cannot be looked at (ENOTDIR). */
function lookOf(path: string): string {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found ? `${found.size} ${found.mtimeMs} ${found.mode}` : '';
  } catch {
    return '';
  }
}
