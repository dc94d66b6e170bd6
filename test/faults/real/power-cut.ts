import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SoarError } from '../../../src/errors/soar-error.ts';
import { createSoar } from '../../../src/node/create-soar.ts';
import { thisMachine } from '../../../src/node/process/this-process.ts';
import { openSqliteJournal, sqliteJournal } from '../../../src/node/store/sqlite-journal.ts';
import { SqliteStore } from '../../../src/node/store/sqlite-store.ts';
import type { AgentFunction } from '../../../src/types/agent.ts';
import type { Fault, Findings } from '../findings.ts';
import { type Chance, chanceOf } from '../random.ts';
import { Bench } from './bench.ts';

const RUN = 'r';
const TASKS = 24;
const CUTS = 12;

/** What had been announced by when the log on the disk was at least so long. */
interface Announced {
  taskId: string;
  /** Length of the write-ahead log that the disk had confirmed. */
  confirmed: number;
}

const plan = {
  policy: 'test' as const,
  tasks: Array.from({ length: TASKS }, (_, i) => ({
    id: `t${i}`,
    prompt: 'work',
    dependsOn: i % 3 === 2 ? [`t${i - 1}`] : [],
  })),
};

function agentOf(chance: Chance, called: string[]): AgentFunction {
  return async ({ taskId }) => {
    called.push(taskId);
    for (let turns = chance.below(8); turns > 0; turns -= 1) await setImmediate();
    return `${taskId} ${'.'.repeat(chance.oneIn(4) ? 9000 : chance.below(400))}`;
  };
}

/** A whole run, with the files as they are before the journal is closed, and what was promised of them when. */
async function recorded(bench: Bench, chance: Chance): Promise<{ announced: Announced[]; wal: Buffer }> {
  const dir = join(bench.dir, '.soar');
  // As if by a process that is no more.
  const identity = { machine: thisMachine(), pid: 2 ** 22 + 1, started: '1' };
  const journal = openSqliteJournal({ dir }, { identity });
  if (!journal) throw new Error('There is no journal.');
  const walPath = `${bench.store}-wal`;
  let confirmed = 0;
  const { commit } = SqliteStore.prototype;
  const watched = new WeakSet<SqliteStore>();
  SqliteStore.prototype.commit = function (writes, learned) {
    if (!watched.has(this)) {
      watched.add(this);
      const { sync } = this;
      Object.assign(this, {
        async sync() {
          const { size } = statSync(walPath);
          await sync?.call(this);
          confirmed = Math.max(confirmed, size);
        },
      });
    }
    commit.call(this, writes, learned);
  };
  const announced: Announced[] = [];
  try {
    const soar = createSoar({ agents: { one: agentOf(chance, []) }, journal, maxConcurrent: 3 });
    const run = soar.run(plan, { runId: RUN });
    run.events$.subscribe((event) => {
      if (event.type === 'task.settled') announced.push({ taskId: event.outcome.taskId, confirmed });
    });
    await run.result;
    await soar.close();
    copyFileSync(bench.store, join(bench.dir, 'db'));
    return { announced, wal: readFileSync(walPath) };
  } finally {
    SqliteStore.prototype.commit = commit;
    journal.close();
  }
}

/** What the disk may hold after the power went: the log up to some place, and after it nothing, zeros or rubbish. */
function cutLog(wal: Buffer, at: number, chance: Chance): Buffer {
  const kept = wal.subarray(0, at);
  const tail = Buffer.alloc(chance.pick([0, 0, wal.length - at, Math.min(4096, wal.length - at)]));
  if (chance.oneIn(2)) for (let i = 0; i < tail.length; i += 1) tail[i] = chance.below(256);
  return Buffer.concat([kept, tail]);
}

async function afterCut(bench: Bench, nth: number, log: Buffer, promised: readonly string[], chance: Chance) {
  const dir = join(bench.dir, `cut${nth}`);
  mkdirSync(dir);
  copyFileSync(join(bench.dir, 'db'), join(dir, 'soar.db'));
  writeFileSync(join(dir, 'soar.db-wal'), log);
  const called: string[] = [];
  try {
    const journal = sqliteJournal({ dir });
    const soar = createSoar({ agents: { one: agentOf(chance, called) }, journal, maxConcurrent: 3 });
    const run = journal.load(RUN) ? soar.resume(RUN) : soar.run(plan, { runId: RUN });
    const { outcomes } = await run.result;
    await soar.close();
    journal.close();
    bench.findings.lost += TASKS - outcomes.filter(({ status }) => status === 'succeeded').length;
    bench.findings.repeated += promised.filter((taskId) => called.includes(taskId)).length;
  } catch (error) {
    const code = SoarError.isInstance(error) ? error.code : 'no SoarError';
    bench.fault(`After a cut at ${log.length} bytes: ${code}: ${String(error)}`);
  }
}

async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const { announced, wal } = await recorded(bench, chance);
  for (let nth = 0; nth < CUTS; nth += 1) {
    const at = nth === 0 ? 0 : chance.below(wal.length + 1);
    const promised = announced.filter(({ confirmed }) => confirmed <= at).map(({ taskId }) => taskId);
    await afterCut(bench, nth, cutLog(wal, at, chance), promised, chance);
  }
  return bench.close();
}

export const powerCut: Fault = {
  id: 'power-cut',
  about: `the write-ahead log ends anywhere, in nothing, zeros or rubbish (${CUTS} places a try)`,
  tries: 12,
  alone: true,
  attempt,
};
