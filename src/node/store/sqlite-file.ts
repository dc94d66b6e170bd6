import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SoarError } from '../../errors/soar-error.ts';
import { ownFile } from '../files/folder-state.ts';
import { readStartSync } from '../files/read-file.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, versionOf } from './sqlite-schema.ts';
import { prepareFolder, sizeIn } from './state-folder.ts';

type Sqlite = typeof import('node:sqlite');

/** Name of the store in its state folder. */
export const STORE_FILE = 'soar.db';

/** How long another process may have the store locked before that is an error, milliseconds. */
const LOCK_WAIT_MS = 10_000;

/** A larger store is not looked through from end to end before it is used. */
const LOOKED_THROUGH_BYTES = 16 * 1024 ** 2;

/**
 * Opens the store of a state folder; makes both where they are missing, for this user alone and out of the sight of git.
 *
 * @param create Default true; `false` gives null where there is no store.
 * @throws SoarError `io`: the folder cannot be used, the file is damaged, or of a newer version; it is left as it was.
 */
export function openStore(dir: string, options: { create?: boolean } = {}): DatabaseSync | null {
  const path = join(dir, STORE_FILE);
  ownFile(dir);
  const exists = sizeIn(dir, STORE_FILE) > 0;
  if (!exists && options.create === false) return null;
  if (exists) inspect(path);
  else prepareFolder(dir);
  return wrapped(path, () => {
    const db = new (sqlite().DatabaseSync)(path);
    try {
      db.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      db.exec('PRAGMA journal_mode = WAL');
      // A commit waits for no disk: it outlives this process, and what else it must outlive is seen to apart.
      db.exec('PRAGMA synchronous = NORMAL');
      migrate(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

/** Looks at a store without writing to it. */
function inspect(path: string): void {
  wrapped(path, () => {
    if (readStartSync(path, 16).toString('latin1') !== 'SQLite format 3\0') throw new Error('it is no SQLite file');
    const db = new (sqlite().DatabaseSync)(path, { readOnly: true });
    try {
      db.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      const version = versionOf(db);
      const made = db.prepare('PRAGMA application_id').get()?.application_id;
      if (made !== APPLICATION_ID && db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) {
        throw new Error('it belongs to another program');
      }
      if (version > MIGRATIONS.length) {
        const message = `The journal ${path} was written by a newer version of soar-machine (format ${version}, this one knows ${MIGRATIONS.length}). It was left as it is. Update soar-machine, or choose another state folder.`;
        throw new SoarError('io', message);
      }
      if (statSync(path).size > LOOKED_THROUGH_BYTES) return;
      const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (found !== 'ok') throw new Error(String(found));
    } finally {
      db.close();
    }
  });
}

/** Runs what may fail in SQLite, and says of which file and what to do. */
export function wrapped<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (SoarError.isInstance(cause)) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new SoarError('io', faultOf(path, said, (cause as { errcode?: number }).errcode), { cause });
  }
}

/** Primary result codes of SQLite. */
const FULL = 13;
const READ_ONLY = 8;
const BUSY = 5;

function faultOf(path: string, said: string, errcode = 0): string {
  const code = errcode & 0xff;
  if (code === FULL) return `The journal ${path} cannot be written: the disk is full. Free some room and resume.`;
  if (code === READ_ONLY) return `The journal ${path} cannot be written: it is read-only.`;
  if (code === BUSY) {
    return `The journal ${path} is locked by another process, and was for ${LOCK_WAIT_MS / 1000} s. Wait until that process is done with it, or end it, and try again.`;
  }
  return `The journal ${path} cannot be used: ${said}. It was left as it is; move it away to begin a new one.`;
}

let loaded: Sqlite | null = null;

/** Loaded when first needed, and without the warning that some versions of Node greet it with. */
function sqlite(): Sqlite {
  if (loaded) return loaded;
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes('SQLite')) emitWarning.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    loaded = process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
  return loaded;
}
