import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSoar } from '../../src/node/create-soar.ts';
import { sqliteJournal } from '../../src/node/store/sqlite-journal.ts';

export const HEALTHY = 'r-healthy';
export const DAMAGED = 'r-damaged';
export const PLAN = {
  goal: 'A healthy goal',
  agents: { cat: { kind: 'command', command: ['cat'] } },
  tasks: [
    { id: 'a', agent: 'cat', prompt: 'x'.repeat(10_000) },
    { id: 'b', agent: 'cat', prompt: 'y', dependsOn: ['a'] },
  ],
} as const;

/** Folder with a store of two runs that succeeded, and copies of it that are damaged. */
export interface Stores {
  base: string;
  /** A copy of the store in which the statements were executed. */
  damaged(sql: string): string;
  remove(): void;
}

export async function makeStores(): Promise<Stores> {
  const base = mkdtempSync(join(tmpdir(), 'soar-damaged-'));
  const healthy = join(base, 'healthy');
  const soar = createSoar({ agents: {}, journal: sqliteJournal({ dir: healthy }) });
  for (const runId of [HEALTHY, DAMAGED]) await soar.run(PLAN, { runId }).result;
  await soar.close();
  let copies = 0;
  return {
    base,
    damaged(sql) {
      const dir = join(base, `copy-${copies++}`);
      cpSync(healthy, dir, { recursive: true });
      const db = new DatabaseSync(join(dir, 'soar.db'), { enableForeignKeyConstraints: false });
      db.exec(sql);
      db.close();
      return dir;
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** Leaves the run as a killed process does, after the first record. */
export const unfinished = () =>
  `DELETE FROM entries WHERE run = ${RUN} AND seq > 0; UPDATE runs SET status = NULL, ended_at = NULL WHERE number = ${RUN}`;
const RUN = `(SELECT number FROM runs WHERE id = '${DAMAGED}')`;
/** Replaces the body of the records of a type. */
export const body = (type: string, value: string) =>
  `UPDATE entries SET body = ${value} WHERE run = ${RUN} AND type = '${type}'`;
export const inBody = (type: string, path: string, value: string) =>
  body(type, `json_set(body, '$.${path}', json('${value}'))`);

export const DAMAGE: readonly (readonly [name: string, sql: string, says: string])[] = [
  ['no JSON', body('task.settled', "'{'"), '(task.settled) is not JSON'],
  ['null', body('task.settled', "'null'"), '(task.settled) is not as expected'],
  ['a number', body('plan.compiled', "'5'"), '(plan.compiled) is not as expected'],
  ['a list', body('run.settled', "'[]'"), '(run.settled) is not as expected'],
  ['an empty object', body('run.settled', "'{}'"), '(run.settled) is not as expected'],
  ['a BLOB', body('attempt.started', "x'00ff'"), '(attempt.started) is not text'],
  ['no report', body('task.settled', `'{"type":"task.settled"}'`), '`report` is missing'],
  ['an output that is a number', inBody('task.settled', 'report.outcome.output', '5'), '`report.outcome.output`'],
  ['attempts that are null', inBody('task.settled', 'report.outcome.attempts', 'null'), '`report.outcome.attempts`'],
  [
    'a time beyond all dates',
    inBody('task.settled', 'report.outcome.settledAt', '1e300'),
    '`report.outcome.settledAt`',
  ],
  ['an infinite time', inBody('attempt.started', 'at', '1e999'), 'is damaged'],
  ['metadata that are null', inBody('run.settled', 'result.metadata', 'null'), '`result.metadata`'],
  ['an unknown status', inBody('run.settled', 'result.status', '"fine"'), '`result.status`'],
  ['a plan without tasks', inBody('run.opened', 'plan', '{}'), '`plan.tasks`'],
  ['a policy without clocks', inBody('run.opened', 'settings.policy', '{}'), '`settings.policy.clocks`'],
  ['settings that are null', inBody('run.opened', 'settings', 'null'), '`settings`'],
  ['the header of another run', inBody('run.opened', 'runId', '"other"'), 'is that of another run'],
  ['no header', `DELETE FROM entries WHERE run = ${RUN} AND seq = 0`, 'its first record is missing'],
  ['a gap', `DELETE FROM entries WHERE run = ${RUN} AND seq = 2`, 'record 2 is missing'],
  ['a negative place', `UPDATE entries SET seq = -1 WHERE run = ${RUN} AND seq = 2`, 'its first record is missing'],
  [
    'a huge place',
    `UPDATE entries SET seq = 9223372036854775807 WHERE run = ${RUN} AND seq = 2`,
    'record 2 is missing',
  ],
  ['another type', body('plan.compiled', `'{"type":"run.resumed"}'`), '(plan.compiled) is not as expected'],
  [
    'a record of a newer version',
    `UPDATE entries SET type = 'plan.grown' WHERE run = ${RUN} AND type = 'plan.compiled'`,
    'holds a record of type `plan.grown`, which this version of soar-machine does not know',
  ],
  ['a missing text', 'DELETE FROM blobs', '`plan.tasks[0].prompt`'],
  ['a changed text', "UPDATE blobs SET text = text || '.'", 'refers to a text that has been changed'],
  ['a text that is a BLOB', "UPDATE blobs SET text = x'00ff'", 'refers to a text that has been changed'],
];
export const ROWS: readonly (readonly [name: string, sql: string])[] = [
  ['a huge start', 'started_at = 9223372036854775807'],
  ['a start that is text', "started_at = 'yesterday'"],
  ['a start beyond all dates', 'started_at = 9e15'],
  ['a negative count', 'tasks = -5'],
  ['an unknown status', "status = 'fine'"],
  ['a goal that is a BLOB', "goal = x'00ff'"],
  ['an owner that is a number', "owner = x'00'"],
].map(([name = '', set]) => [name, `UPDATE runs SET ${set} WHERE id = '${DAMAGED}'`]);
