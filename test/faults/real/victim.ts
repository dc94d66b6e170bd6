/**
 * A process that runs, or continues with, one run and reports its events on stdout, and that is killed where asked:
 * `victim.ts <instructions.json>`.
 */
import { readFileSync, writeSync } from 'node:fs';
import { reportOf } from '../../../src/cli/report-error.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { createSoar } from '../../../src/node/create-soar.ts';
import { recordProcesses } from '../../../src/node/process/live-processes.ts';
import { thisProcess } from '../../../src/node/process/this-process.ts';
import { openSqliteJournal } from '../../../src/node/store/sqlite-journal.ts';
import { SqliteStore } from '../../../src/node/store/sqlite-store.ts';
import type { Plan } from '../../../src/plan/types.ts';

export interface Instructions {
  stateDir: string;
  plan?: Plan;
  query?: string;
  /** `nth` counts records of that type from 1. */
  die?: { at: string; nth: number; moment: 'before' | 'committed' | 'onDisk' | 'told' };
  /** Dies so long after it has started the n-th process, or has begun to end those of a dead owner; 0: at once. */
  dieAfter?: { at: 'spawn' | 'orphans'; nth: number; ms: number };
  /** The machine it says it runs on, and how far its clock for heartbeats is ahead, milliseconds: for owners that are thought dead. */
  machine?: string;
  aheadMs?: number;
  /** Interrupts itself when it hears of the n-th start of an attempt. */
  interruptAt?: number;
  killGraceMs?: number;
  /** User and group to become before it opens anything. The program itself is loaded as before, wherever it lies. */
  become?: number;
  /** Reports no output, and at its end how much memory it took, on stderr. */
  measures?: boolean;
}

const {
  stateDir,
  plan,
  query,
  die,
  dieAfter,
  machine,
  aheadMs = 0,
  interruptAt,
  killGraceMs,
  become,
  measures,
}: Instructions = JSON.parse(readFileSync(process.argv[2] as string, 'utf8'));

if (become !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(become);
  process.setuid?.(become);
}

/** Says a line before it continues, however slow its reader is. */
function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function kill(): void {
  process.kill(process.pid, 'SIGKILL');
  // It does not come back from that; should it be slow, nothing more may happen.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

let seen = 0;
let isDue = false;
/** Counts records of the type in question; true once its turn has come. */
function meets(types: readonly string[]): boolean {
  if (!die || isDue) return false;
  seen += types.filter((type) => type === die.at).length;
  isDue = seen >= die.nth;
  return isDue;
}

const { create, commit } = SqliteStore.prototype;
SqliteStore.prototype.create = function (header, body) {
  const due = meets(['run.opened']);
  if (due && die?.moment === 'before') kill();
  const made = create.call(this, header, body);
  if (due) kill();
  return made;
};
SqliteStore.prototype.commit = function (writes, learned) {
  const types = writes.map(({ entry }) => entry.type);
  const due = meets([...types, ...learned.breakers.map(() => 'breaker'), ...learned.paces.map(() => 'pace')]);
  if (due && die?.moment === 'before') kill();
  commit.call(this, writes, learned);
  if (due && die?.moment === 'committed') kill();
  if (!due || die?.moment !== 'onDisk') return;
  const { sync } = this;
  Object.assign(this, {
    async sync() {
      await sync?.call(this);
      kill();
    },
  });
};

function killIn(ms: number): void {
  if (ms === 0) kill();
  setTimeout(kill, ms);
}

if (dieAfter?.at === 'spawn') {
  let spawned = 0;
  // Registered before the journal, which records the process next.
  recordProcesses({
    idFor: () => null,
    started() {
      spawned += 1;
      if (spawned === dieAfter.nth) killIn(dieAfter.ms);
    },
  });
}
if (dieAfter?.at === 'orphans') {
  const { endProcesses } = SqliteStore.prototype;
  SqliteStore.prototype.endProcesses = function (left) {
    killIn(dieAfter.ms);
    return endProcesses.call(this, left);
  };
}

/** The event that publishes a record. */
const TOLD: Record<string, string> = {
  'task.parked': 'task.state',
  'process.started': 'attempt.output',
  'run.opened': 'run.started',
  'run.interrupted': 'run.stopping',
  'run.resumed': 'run.started',
};

try {
  const identity = machine === undefined ? {} : { identity: { ...thisProcess(), machine } };
  const options = { ...identity, now: () => Date.now() + aheadMs };
  const journal = openSqliteJournal({ dir: stateDir }, options) as Journal;
  const soar = createSoar({ journal, policy: 'test', ...(killGraceMs === undefined ? {} : { killGraceMs }) });
  const [known] = journal.list();
  const run = known
    ? soar.resume(known.runId)
    : query === undefined
      ? soar.run(plan ?? { tasks: [] })
      : soar.ask(query);
  let starts = 0;
  run.events$.subscribe((event) => {
    if (!measures || event.type !== 'attempt.output') say(JSON.stringify(event));
    if (isDue && die?.moment === 'told' && event.type === (TOLD[die.at] ?? die.at)) kill();
    if (event.type !== 'attempt.started') return;
    starts += 1;
    if (starts === interruptAt) queueMicrotask(() => run.interrupt('It interrupts itself.'));
  });
  await run.result;
  await soar.close();
  journal.close();
  if (measures) writeSync(2, `megabytes=${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
} catch (error) {
  writeSync(2, `${reportOf(error).lines.join('\n')}\n`);
  process.exitCode = 2;
}
