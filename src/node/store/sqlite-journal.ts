import { join } from 'node:path';
import { BufferedJournal } from '../../journal/buffered-journal.ts';
import type { Journal } from '../../journal/journal.ts';
import { createSecretMask } from '../../text/mask/secret-mask.ts';
import { startedHere } from '../process/end-orphans.ts';
import { recordProcesses } from '../process/live-processes.ts';
import { openStore, STORE_FILE } from './sqlite-file.ts';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

export interface SqliteJournalOptions {
  /** The state folder; made for this user alone where it is missing. Default `.soar`. */
  dir?: string;
  /**
   * Loss that a published settlement survives. `power`: the loss of power, since it is announced once it is on the disk;
   * the run itself does not wait for that. `process`: the end of the process, however it ends. Default `power`.
   */
  durability?: 'power' | 'process';
  /** Environment whose secrets are not stored. Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
}

export const DEFAULT_STATE_DIR = '.soar';

/**
 * A journal in `soar.db` of a state folder. Several processes may use it at once; each run belongs to one of them at a time.
 *
 * @throws SoarError `io` when the folder or the file cannot be used; a damaged or newer file is left as it is.
 * @example
 * const soar = createSoar({ journal: sqliteJournal(), agents });
 */
export function sqliteJournal(options: SqliteJournalOptions = {}): Journal {
  return openSqliteJournal(options) as Journal;
}

/** The journal of a state folder that has one; null where it is missing; nothing is made. */
export function existingJournal(options: SqliteJournalOptions = {}): Journal | null {
  return openSqliteJournal(options, { create: false });
}

export function openSqliteJournal(
  { dir = DEFAULT_STATE_DIR, durability = 'power', env = process.env }: SqliteJournalOptions,
  { create = true, ...rest }: SqliteStoreOptions & { create?: boolean } = {},
): Journal | null {
  const db = openStore(dir, { create });
  if (!db) return null;
  const { seal, unmask, unseal } = createSecretMask(env);
  const store = new SqliteStore(db, join(dir, STORE_FILE), { unmask, unseal, durability, ...rest });
  const journal = new BufferedJournal(store, { mask: seal });
  const stopRecording = recordProcesses({
    idFor: (key) => (journal.logOf(key) ? store.id : null),
    started: ({ key, pid, started }) =>
      journal.logOf(key)?.append({ type: 'process.started', key, pid, started: startedHere(started) }),
  });
  const close = journal.close.bind(journal);
  journal.close = () => {
    stopRecording();
    close();
  };
  return journal;
}
