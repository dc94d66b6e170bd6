import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const REPEATS = Number(process.env.BENCH_REPEATS ?? 3);
const script = fileURLToPath(new URL('./measure.ts', import.meta.url));

interface Sample {
  value: number;
  cpuMs: number;
  rssMb: number;
}

/** Full collections at known times alone. */
const HEAP_FLAGS = ['--expose-gc', '--max-semi-space-size=8', '--initial-old-space-size=2000'];
const MEASURES_OF_HEAP = new Set(['kept', 'garbage', 'runs']);

function once(name: string, n: number): Sample {
  const flags = MEASURES_OF_HEAP.has(name) ? HEAP_FLAGS : [];
  const out = execFileSync(process.execPath, [...flags, script, name, String(n)], { encoding: 'utf8' });
  return JSON.parse(out.trim().split('\n').at(-1) as string) as Sample;
}

/** Medians of interleaved repeats, each in a process of its own: only ratios within one run of this script count. */
function medians(cases: readonly (readonly [string, number])[]): Map<string, Sample> {
  const samples = new Map<string, Sample[]>(cases.map(([name, n]) => [`${name} ${n}`, []]));
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    for (const [name, n] of cases) samples.get(`${name} ${n}`)?.push(once(name, n));
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  return new Map(
    [...samples].map(([key, all]) => [
      key,
      {
        value: median(all.map(({ value }) => value)),
        cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
        rssMb: median(all.map(({ rssMb }) => rssMb)),
      },
    ]),
  );
}

const cases = [
  ['pool', 10_000],
  ['flat', 10_000],
  ['flat', 100_000],
  ['inspected', 10_000],
  ['traced', 10_000],
  ['filed', 10_000],
  ['journaled', 10_000],
  ['stored', 10_000],
  ['layered', 10_000],
  ['layered', 100_000],
  ['layeredEager', 10_000],
  ['chain', 1_000],
  ['chainEager', 1_000],
  ['awake', 4_000],
  ['asleep', 4_000],
  ['bareMakespan', 160],
  ['eagerMakespan', 160],
  ['waveMakespan', 160],
  ['kept', 10_000],
  ['garbage', 10_000],
  ['runs', 1_000],
  ['compileLayered', 100_000],
  ['compileChain', 100_000],
] as const;

const found = medians(cases);
const at = (name: string, n: number) => found.get(`${name} ${n}`) as Sample;
const perTask = (name: string, n: number) => (at(name, n).value * 1000) / n;
const growth = (name: string) => Math.log10(at(name, 100_000).value / at(name, 10_000).value);
/** By the main thread's own time, which other work on the machine does not stretch. */
const cpuRatio = (name: string, base: string) => (at(name, 10_000).cpuMs / at(base, 10_000).cpuMs).toFixed(2);
const rows: [string, string, string][] = [
  ['flat, 10,000 tasks', `${perTask('flat', 10_000).toFixed(1)} µs a task`, 'at most 60'],
  ['100 layers of 100', `${perTask('layered', 10_000).toFixed(1)} µs a task`, 'at most 60'],
  ['100 layers of 100, eager', `${perTask('layeredEager', 10_000).toFixed(1)} µs a task`, 'at most 60'],
  ['chain of 1,000', `${perTask('chain', 1000).toFixed(1)} µs a task`, ''],
  ['chain of 1,000, eager', `${perTask('chainEager', 1000).toFixed(1)} µs a task`, ''],
  ['bare promise pool, 10,000', `${perTask('pool', 10_000).toFixed(2)} µs a task`, 'the floor'],
  ['flat ÷ bare pool', (at('flat', 10_000).value / at('pool', 10_000).value).toFixed(0), ''],
  ['inspector on ÷ off', (at('inspected', 10_000).value / at('flat', 10_000).value).toFixed(2), 'at most 1.3'],
  ['compact trace in a ring on ÷ off, CPU', cpuRatio('traced', 'flat'), 'at most 1.3'],
  ['compact trace in a file on ÷ off, CPU', cpuRatio('filed', 'flat'), 'at most 1.3'],
  ['memory journal on ÷ off', (at('journaled', 10_000).value / at('flat', 10_000).value).toFixed(2), ''],
  ['SQLite journal on ÷ off', (at('stored', 10_000).value / at('flat', 10_000).value).toFixed(2), 'at most 1.5'],
  ['growth to 100,000, flat', `exponent ${growth('flat').toFixed(2)}`, 'at most 1.15'],
  ['growth to 100,000, layered', `exponent ${growth('layered').toFixed(2)}`, 'at most 1.15'],
  ['memory above start, 100,000 flat', `${at('flat', 100_000).rssMb.toFixed(0)} MB`, 'at most 100'],
  ['kept in the result', `${at('kept', 10_000).value.toFixed(0)} bytes a task`, ''],
  ['garbage that grew old', `${at('garbage', 10_000).value.toFixed(0)} bytes a task`, ''],
  ['kept of a run that is over, 1,000 runs', `${at('runs', 1000).value.toFixed(0)} bytes`, ''],
  [
    '4,000 asleep in backoff ÷ awake, CPU',
    (at('asleep', 4000).value / at('awake', 4000).value).toFixed(2),
    'at most 1.5',
  ],
  ['8 chains × 20, bare timers ÷ lower bound', at('bareMakespan', 160).value.toFixed(3), 'the floor'],
  ['8 chains × 20, eager ÷ lower bound', at('eagerMakespan', 160).value.toFixed(3), 'at most 1.03'],
  ['8 chains × 20, wave ÷ barrier bound', at('waveMakespan', 160).value.toFixed(3), 'at most 1.03'],
  ['compile 100,000 layered', `${at('compileLayered', 100_000).value.toFixed(0)} ms`, 'at most 100'],
  ['compile 100,000 chained', `${at('compileChain', 100_000).value.toFixed(0)} ms`, 'at most 100'],
];
const width = Math.max(...rows.map(([what]) => what.length));
for (const [what, value, goal] of rows) console.log(`${what.padEnd(width)}  ${value.padStart(18)}   ${goal}`);
