import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

const plan = {
  policy: 'test' as const,
  agents: { sh: { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] } },
  tasks: Array.from({ length: 6 }, (_, i) => ({ id: `t${i}`, prompt: `echo ${'x'.repeat(400)}`, agent: 'sh' })),
};
const IDS = plan.tasks.map(({ id }) => id);

/** Runs the plan to its end, or to the third settlement when it shall be left unfinished. */
async function record(bench: Bench, finished: boolean): Promise<string> {
  const die = finished ? {} : { die: { at: 'task.settled', nth: 3, moment: 'told' } };
  const path = bench.write('instructions.json', { stateDir: '.soar', plan, ...die });
  await bench.start(VICTIM, [path]).exit;
  return bench.write('instructions.json', { stateDir: '.soar', plan });
}

/** Everything in one file, as when the journal is closed. */
function checkpoint(bench: Bench): void {
  const db = new DatabaseSync(bench.store);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

function bytesOf(bench: Bench): Buffer {
  return existsSync(bench.store) ? readFileSync(bench.store) : Buffer.alloc(0);
}

async function refuses(bench: Bench, path: string, saying: RegExp): Promise<void> {
  const before = bytesOf(bench);
  const { code, stderr, events } = await bench.start(VICTIM, [path]).exit;
  if (code !== 2) bench.fault(`It ended with ${code} instead of 2: ${stderr.slice(0, 300)}`);
  if (!saying.test(stderr)) bench.fault(`It did not say what is wrong: ${stderr.slice(0, 300)}`);
  if (events.some(({ type }) => type === 'attempt.started')) bench.fault('It ran something.');
  if (!bytesOf(bench).equals(before)) bench.fault('It changed the file.');
}

async function damaged(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const path = await record(bench, false);
  checkpoint(bench);
  const whole = readFileSync(bench.store);
  const hurt = Buffer.from(whole);
  const how = chance.below(4);
  if (how === 0) hurt.fill(chance.below(256), 0, chance.between(16, 100));
  else if (how === 1) hurt.fill(0x5a, 4096 * chance.between(1, 3), 4096 * chance.between(4, 6));
  const broken =
    how === 2
      ? hurt.subarray(0, chance.between(1, hurt.length - 1))
      : how === 3
        ? Buffer.from('no store at all')
        : hurt;
  writeFileSync(bench.store, broken);
  await refuses(bench, path, /soar\.db cannot be used/);
  // The user mends it: puts the copy back.
  writeFileSync(bench.store, whole);
  await bench.start(VICTIM, [path]).exit;
  bench.check(IDS);
  return bench.close();
}

async function newer(seed: number): Promise<Findings> {
  const bench = new Bench();
  const path = await record(bench, seed % 2 === 0);
  checkpoint(bench);
  const set = (sql: string) => {
    const db = new DatabaseSync(bench.store);
    db.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
    db.close();
  };
  const db = new DatabaseSync(bench.store, { readOnly: true });
  const version = Number(db.prepare('SELECT version FROM schema_version').get()?.version);
  db.close();
  set('UPDATE schema_version SET version = 99');
  await refuses(bench, path, /newer version/);
  set(`UPDATE schema_version SET version = ${version}`);
  await bench.start(VICTIM, [path]).exit;
  bench.check(IDS);
  return bench.close();
}

const NOBODY = 65534;

async function readOnly(seed: number): Promise<Findings> {
  const bench = new Bench();
  const path = await record(bench, false);
  checkpoint(bench);
  const folder = `${bench.dir}/.soar`;
  const isEmpty = seed % 2 === 0;
  chmodSync(bench.dir, 0o755);
  chmodSync(path, 0o644);
  const other = bench.write('other.json', { stateDir: isEmpty ? 'fresh' : '.soar', plan, become: NOBODY });
  chmodSync(other, 0o644);
  // Readable for all, writable for its owner, another user.
  chmodSync(folder, 0o755);
  chmodSync(bench.store, 0o644);
  chownSync(folder, 0, 0);
  await refuses(bench, other, isEmpty ? /state folder .* cannot be used/ : /read-only|cannot be (used|written)/);
  await bench.start(VICTIM, [path]).exit;
  bench.check(IDS);
  return bench.close();
}

export const damagedStore: Fault = {
  id: 'damaged-store',
  about:
    'the file is overwritten, cut off or something else: a clear error, the file untouched; with the copy put back it continues',
  tries: 8,
  attempt: damaged,
};

export const newerStore: Fault = {
  id: 'newer-store',
  about: 'the file was written by a newer version: a clear error, the file untouched',
  tries: 4,
  attempt: newer,
};

export const readOnlyFolder: Fault = {
  id: 'read-only',
  about: 'the state folder may not be written (another user): a clear error, nothing runs',
  tries: 4,
  attempt: readOnly,
  unavailable: () => (process.getuid?.() === 0 ? null : 'it needs the rights of root, to become another user'),
};
