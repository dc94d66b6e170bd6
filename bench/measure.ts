import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getHeapSpaceStatistics } from 'node:v8';
import { systemClock } from '../src/base/clock.ts';
import { timersOf } from '../src/base/timers.ts';
import { createSoar } from '../src/create-soar.ts';
import { memoryJournal } from '../src/journal/memory-journal.ts';
import { sqliteJournal } from '../src/node/store/sqlite-journal.ts';
import { fileSink } from '../src/node/view/trace-file.ts';
import { compilePlan } from '../src/plan/compile.ts';
import type { SoarOptions } from '../src/soar-types.ts';
import { ringSink } from '../src/trace/ring-sink.ts';
import { chain, flat, layered, sleepyChains } from './workloads.ts';

/** Measurement, run in a process of its own: `node measure.ts <name> <n>` prints one JSON line. */
const [name = 'flat', size = '10000'] = process.argv.slice(2);
const n = Number(size);
const clock = { ...systemClock };
const everythingOn: SoarOptions = { maxConcurrent: 8, policy: 'patient', clock };

async function runPlan(
  plan: Parameters<ReturnType<typeof createSoar>['run']>[0],
  options: SoarOptions,
): Promise<number> {
  const soar = createSoar({ agents: { noop: async () => 'ok' }, ...everythingOn, ...options });
  const start = performance.now();
  const run = soar.run(plan);
  run.progress$.subscribe(() => {});
  const result = await run.result;
  const ms = performance.now() - start;
  if (result.metadata.succeeded !== plan.tasks.length) throw new Error(`only ${result.metadata.succeeded} succeeded`);
  const left = timersOf(clock).size;
  if (left > 0) throw new Error(`${left} timers were left behind`);
  await soar.close();
  return ms;
}

/** The same with a journal on disk. */
async function stored(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'soar-bench-'));
  const journal = sqliteJournal({ dir });
  try {
    const ms = await runPlan(flat(n), { journal });
    const [run] = journal.list();
    if (run?.settled !== n) throw new Error(`only ${run?.settled} settlements were stored`);
    return ms;
  } finally {
    journal.close();
    rmSync(dir, { recursive: true });
  }
}

/** The same with a trace in a file. */
async function filed(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'soar-bench-'));
  try {
    return await runPlan(flat(n), { trace: [fileSink(join(dir, 'run.jsonl'))] });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Cost of a loop of promises for the same work: the floor that nothing with states can reach. */
async function pool(tasks: number, concurrency: number): Promise<number> {
  const work = async () => 'ok';
  const start = performance.now();
  let next = 0;
  const out: string[] = [];
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < tasks) {
        const at = next;
        next += 1;
        out[at] = await work();
      }
    }),
  );
  return performance.now() - start;
}

/** Tasks that fail once and sleep in backoff, all at the same time, against tasks that fail once and do not sleep. */
async function sleepers(tasks: number, baseDelayMs: number): Promise<number> {
  const failed = new Set<string>();
  const soar = createSoar({
    agents: {
      flaky: async ({ taskId }) => {
        if (failed.has(taskId)) return 'ok';
        failed.add(taskId);
        throw new Error('once');
      },
    },
    maxConcurrent: 8,
    policy: {
      preset: 'patient',
      retry: { retries: 1, strategy: 'fixed', baseDelayMs, jitter: 0 },
      breaker: { enabled: false },
    },
  });
  const cpu = process.cpuUsage();
  const run = soar.run(flat(tasks));
  const result = await run.result;
  const used = process.cpuUsage(cpu);
  if (result.metadata.retriedTasks.length !== tasks) throw new Error('not every task was retried');
  await soar.close();
  return (used.user + used.system) / 1000;
}

/** Garbage that only a full collection frees, bytes. */
function oldBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => space_name !== 'new_space');
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

function collectAll(): void {
  if (!globalThis.gc) throw new Error('Expected to be run with --expose-gc.');
  globalThis.gc();
  globalThis.gc();
}

/** Bytes a task that are kept in the run's result, or are garbage of settled tasks that no collection of the young gets at. */
async function leftOver(tasks: number, what: 'kept' | 'garbage'): Promise<number> {
  const soar = createSoar({ agents: { noop: async () => 'ok' }, ...everythingOn });
  await soar.run(flat(3000)).result;
  const plan = flat(tasks);
  collectAll();
  const before = oldBytes();
  const run = soar.run(plan);
  let settled = 0;
  let atEnd = 0;
  run.events$.subscribe(({ type }) => {
    if (type === 'task.settled') settled += 1;
    if (type === 'task.settled' && settled === tasks) atEnd = oldBytes();
  });
  const { outcomes } = await run.result;
  collectAll();
  const kept = oldBytes() - before;
  if (outcomes.length !== tasks) throw new Error(`only ${outcomes.length} settled`);
  return (what === 'kept' ? kept : atEnd - before - kept) / tasks;
}

/** Bytes that an engine keeps of each run that is over: from its 200th to its last. */
async function keptOfRuns(runs: number): Promise<number> {
  const soar = createSoar({
    agents: { noop: async () => 'ok' },
    ...everythingOn,
    trace: [ringSink({ capacity: 1000 })],
  });
  const warmUp = Math.floor(runs / 5);
  let before = 0;
  for (let at = 0; at < runs; at += 1) {
    if (at === warmUp) {
      collectAll();
      before = process.memoryUsage().heapUsed;
    }
    await soar.run(layered(20, 5)).result;
  }
  collectAll();
  return (process.memoryUsage().heapUsed - before) / (runs - warmUp);
}

async function makespan(schedule: 'wave' | 'eager', bound: 'critical' | 'barrier'): Promise<number> {
  const { plan, ms } = sleepyChains(8, 20, 42);
  const soar = createSoar({
    agents: { sleep: ({ taskId }) => new Promise((done) => setTimeout(() => done('ok'), ms.get(taskId))) },
    maxConcurrent: 8,
    schedule,
  });
  const start = performance.now();
  const run = soar.run(plan);
  await run.result;
  const took = performance.now() - start;
  await soar.close();
  const { waves } = compilePlan(plan);
  let barrier = 0;
  for (const wave of waves) barrier += Math.max(...wave.map(({ id }) => ms.get(id) ?? 0));
  const paths = new Map<string, number>();
  for (const task of waves.flat()) {
    const before = Math.max(0, ...task.dependsOn.map((id) => paths.get(id) ?? 0));
    paths.set(task.id, before + (ms.get(task.id) ?? 0));
  }
  return took / (bound === 'barrier' ? barrier : Math.max(...paths.values()));
}

/** Lateness of bare timers in the same chains. */
async function bareMakespan(): Promise<number> {
  const { plan, ms } = sleepyChains(8, 20, 42);
  const chains = Map.groupBy(plan.tasks, ({ id }) => id.split('.')[0]);
  const sums = [...chains.values()].map((tasks) => tasks.reduce((sum, { id }) => sum + (ms.get(id) ?? 0), 0));
  const start = performance.now();
  await Promise.all(
    [...chains.values()].map(async (tasks) => {
      for (const { id } of tasks) await new Promise((done) => setTimeout(done, ms.get(id)));
    }),
  );
  return (performance.now() - start) / Math.max(...sums);
}

const measures: Record<string, () => Promise<number>> = {
  pool: () => pool(n, 8),
  flat: () => runPlan(flat(n), {}),
  layered: () => runPlan(layered(n, 100), {}),
  layeredEager: () => runPlan(layered(n, 100), { schedule: 'eager' }),
  chain: () => runPlan(chain(n), {}),
  chainEager: () => runPlan(chain(n), { schedule: 'eager' }),
  journaled: () => runPlan(flat(n), { journal: memoryJournal() }),
  stored: () => stored(),
  traced: () => runPlan(flat(n), { trace: [ringSink()] }),
  filed: () => filed(),
  inspected: () => runPlan(flat(n), { inspect: () => {} }),
  awake: () => sleepers(n, 0),
  asleep: () => sleepers(n, 1500),
  eagerMakespan: () => makespan('eager', 'critical'),
  bareMakespan: () => bareMakespan(),
  waveMakespan: () => makespan('wave', 'barrier'),
  kept: () => leftOver(n, 'kept'),
  garbage: () => leftOver(n, 'garbage'),
  runs: () => keptOfRuns(n),
  compileLayered: async () => timed(compilePlan, layered(n, 100)),
  compileChain: async () => timed(compilePlan, chain(n)),
};

function timed<T>(work: (input: T) => unknown, input: T): number {
  const start = performance.now();
  work(input);
  return performance.now() - start;
}

const measure = measures[name];
if (!measure) throw new Error(`Expected one of ${Object.keys(measures).join(', ')}, got ${name}.`);
const rssBefore = process.memoryUsage().rss;
const cpuBefore = process.threadCpuUsage();
const value = await measure();
const { user, system } = process.threadCpuUsage(cpuBefore);
console.log(
  JSON.stringify({
    name,
    n,
    value,
    cpuMs: (user + system) / 1000,
    rssMb: (process.resourceUsage().maxRSS * 1024 - rssBefore) / 1e6,
  }),
);
