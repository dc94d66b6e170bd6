import type { DatabaseSync } from 'node:sqlite';

/** Application id of the files of this package: "SOAR". */
export const APPLICATION_ID = 0x534f4152;

/**
 * The statements that bring a store from one version to the next; the first makes it. Never changed once released: a
 * new version is a new entry.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE owners (
     id TEXT PRIMARY KEY,
     machine TEXT NOT NULL,
     pid INTEGER NOT NULL,
     started TEXT NOT NULL,
     heartbeat_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE runs (
     number INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     owner TEXT,
     goal TEXT,
     query TEXT,
     status TEXT,
     started_at INTEGER NOT NULL,
     ended_at INTEGER,
     tasks INTEGER NOT NULL DEFAULT 0,
     settled INTEGER NOT NULL DEFAULT 0
   );
   CREATE TABLE entries (
     run INTEGER NOT NULL REFERENCES runs (number),
     seq INTEGER NOT NULL,
     type TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (run, seq)
   ) WITHOUT ROWID;
   CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE breakers (agent TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;`,
  // 2: how providers were asked last, and whether they cool.
  'CREATE TABLE paces (provider TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  // 3: what tasks were answered, and what questions.
  `CREATE TABLE answers (key TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE INDEX answers_at ON answers (at);
   CREATE TABLE records (question TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;`,
];

/** Version of a store; 0 when it is empty. */
export function versionOf(db: DatabaseSync): number {
  const found = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'schema_version'").get();
  if (!found?.n) return 0;
  return Number(db.prepare('SELECT version FROM schema_version').get()?.version ?? 0);
}

/** Brings a store up to date, in one transaction; two processes that do it at once do it once. */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  if (versionOf(db) >= migrations.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(db);
    if (version === 0) {
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec('CREATE TABLE schema_version (version INTEGER NOT NULL)');
      db.exec('INSERT INTO schema_version VALUES (0)');
    }
    for (const statements of migrations.slice(version)) db.exec(statements);
    db.prepare('UPDATE schema_version SET version = ?').run(migrations.length);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
