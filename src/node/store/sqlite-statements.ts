import type { DatabaseSync } from 'node:sqlite';
import type { RunSummary } from '../../run/entries.ts';

export interface OwnerRow {
  id: string;
  machine: string;
  pid: number;
  started: string;
  heartbeat_at: number;
}

export interface RunRow {
  number: number;
  id: string;
  owner: string | null;
  goal: string | null;
  query: string | null;
  status: RunSummary['status'] | null;
  started_at: number;
  ended_at: number | null;
  tasks: number;
  settled: number;
}

export type Statements = ReturnType<typeof statementsOf>;

/** Everything that is said to SQLite, prepared once. */
export function statementsOf(db: DatabaseSync) {
  const sql = (text: string) => db.prepare(text);
  /** Gives whole numbers as bigints: a damaged one may be larger than a number can be, and would fail the whole query. */
  const checked = (text: string) => {
    const statement = db.prepare(text);
    statement.setReadBigInts(true);
    return statement;
  };
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    rollback: sql('ROLLBACK'),
    createRun: sql('INSERT OR IGNORE INTO runs (id, owner, goal, query, started_at) VALUES (?, ?, ?, ?, ?)'),
    addEntry: sql('INSERT INTO entries (run, seq, type, body) VALUES (?, ?, ?, ?)'),
    updateRun: sql(
      'UPDATE runs SET owner = ?, status = ?, ended_at = ?, tasks = ?, settled = ? WHERE number = ? AND owner = ?',
    ),
    findRun: checked('SELECT * FROM runs WHERE id = ?'),
    lastResumed: sql(
      "SELECT body FROM entries WHERE run = ? AND seq >= ? AND type = 'run.resumed' ORDER BY seq DESC LIMIT 1",
    ),
    countEntries: sql('SELECT count(*) AS n FROM entries WHERE run = ?'),
    entriesOf: checked('SELECT seq, type, body FROM entries WHERE run = ? ORDER BY seq'),
    setOwner: sql('UPDATE runs SET owner = ? WHERE number = ?'),
    releaseRun: sql('UPDATE runs SET owner = NULL WHERE number = ? AND owner = ?'),
    runs: checked('SELECT * FROM runs ORDER BY started_at DESC, number DESC'),
    owners: checked('SELECT * FROM owners'),
    findOwner: checked('SELECT * FROM owners WHERE id = ?'),
    removeOwner: sql('DELETE FROM owners WHERE id = ?'),
    forgetOwners: sql(
      'DELETE FROM owners WHERE heartbeat_at < ? AND id NOT IN (SELECT owner FROM runs WHERE owner IS NOT NULL)',
    ),
    beat: sql(
      'INSERT INTO owners VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at',
    ),
    addBlob: sql('INSERT OR IGNORE INTO blobs VALUES (?, ?)'),
    findBlob: sql('SELECT text FROM blobs WHERE sha256 = ?'),
    findAnswer: sql('SELECT body FROM answers WHERE key = ?'),
    saveAnswer: sql(
      'INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at, body = excluded.body',
    ),
    forgetAnswers: sql('DELETE FROM answers WHERE at < ?'),
    trimAnswers: sql('DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY at DESC LIMIT -1 OFFSET ?)'),
    breakers: sql('SELECT agent, body FROM breakers'),
    paces: sql('SELECT body FROM paces'),
    findPace: sql('SELECT body FROM paces WHERE provider = ?'),
    savePace: sql('INSERT INTO paces VALUES (?, ?) ON CONFLICT (provider) DO UPDATE SET body = excluded.body'),
    saveBreaker: sql('INSERT INTO breakers VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET body = excluded.body'),
  };
}
