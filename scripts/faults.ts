/**
 * A campaign of faults: `npm run -s faults`. Prints what was tried and what was lost, and ends with 1 if anything was.
 *
 * `--only <id>` tries one fault (again: several), `--seed <n>` begins at that seed, `--tries <n>` tries each so often: together
 * they repeat a failing try, `--only power-cut --seed 17 --tries 1`.
 */
import { parseArgs } from 'node:util';
import { FAULTS } from '../test/faults/all.ts';
import { type Fault, type Findings, isClean, nothing } from '../test/faults/findings.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    tries: { type: 'string' },
    only: { type: 'string', multiple: true },
    parallel: { type: 'string', default: '2' },
  },
});
const firstSeed = Number(values.seed);
const wanted = values.only ?? FAULTS.map(({ id }) => id);
const unknown = wanted.filter((id) => !FAULTS.some((fault) => fault.id === id));
if (unknown.length > 0 || !Number.isInteger(firstSeed)) {
  console.error(`Expected --only to be of ${FAULTS.map(({ id }) => id).join(', ')}, and --seed to be a whole number.`);
  process.exit(2);
}

interface Row extends Findings {
  fault: Fault;
  tries: number;
  failed: number[];
  seconds: number;
  skipped: string | null;
}

async function tryFault(fault: Fault): Promise<Row> {
  const tries = values.tries === undefined ? fault.tries : Number(values.tries);
  const row: Row = { fault, tries, failed: [], seconds: 0, skipped: fault.unavailable?.() ?? null, ...nothing() };
  if (row.skipped !== null) return row;
  const began = performance.now();
  let next = firstSeed;
  const workers = fault.alone ? 1 : Number(values.parallel);
  const work = async () => {
    while (next < firstSeed + tries) {
      const seed = next;
      next += 1;
      const found = await fault.attempt(seed).catch((error: unknown): Findings => {
        return { ...nothing(), faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
      });
      row.lost += found.lost;
      row.repeated += found.repeated;
      row.leaked += found.leaked;
      row.bystanders += found.bystanders;
      if (isClean(found)) continue;
      row.failed.push(seed);
      row.faults.push(...found.faults.map((sentence) => `seed ${seed}: ${sentence}`));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  row.seconds = (performance.now() - began) / 1000;
  return row;
}

const HEAD = ['fault', 'tries', 'lost', 'repeated', 'leaked', 'bystanders', 'otherwise wrong', 'seeds', 'time'];

function cellsOf({ fault, tries, lost, repeated, leaked, bystanders, faults, seconds, skipped }: Row): string[] {
  if (skipped !== null) return [fault.id, '0', '–', '–', '–', '–', '–', '–', `not tried: ${skipped}`];
  const seeds = `${firstSeed}–${firstSeed + tries - 1}`;
  return [
    fault.id,
    ...[tries, lost, repeated, leaked, bystanders, faults.length].map(String),
    seeds,
    `${seconds.toFixed(0)} s`,
  ];
}

function tableOf(rows: readonly string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`).join('\n');
}

const began = performance.now();
const rows: Row[] = [];
for (const fault of FAULTS.filter(({ id }) => wanted.includes(id))) {
  process.stderr.write(`${fault.id}: ${fault.about} …\n`);
  const row = await tryFault(fault);
  rows.push(row);
  for (const sentence of row.faults) process.stderr.write(`  ${sentence}\n`);
}
console.log(tableOf([HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)]));
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all; first seed ${firstSeed}.`);
const failed = rows.filter((row) => row.failed.length > 0);
for (const { fault, failed: seeds } of failed) {
  console.log(
    `${fault.id} failed; to see it again: npm run -s faults -- --only ${fault.id} --seed ${seeds[0]} --tries 1`,
  );
}
process.exit(failed.length > 0 ? 1 : 0);
