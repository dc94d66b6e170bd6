/**
 * Mutation tests: `npm run mutate`, or `npm run mutate -- task gate` for some groups of `mutation/groups.ts`. Stryker changes the
 * sources of each group, one change at a time, and runs its tests. Fails when fewer than 85 % of a group's changes are
 * noticed, or when one that is not noticed has no reason in `mutation/survivors.json`. With `--write` the scores and the
 * survivors of what was tried are recorded, new ones with an empty reason; `npm run docs` takes them from there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GROUPS, type Group } from './mutation/groups.ts';
import {
  type Explanation,
  explained,
  percentOf,
  reasonFor,
  type Score,
  type StrykerReport,
  type Survivor,
  scoresOf,
  survivorsOf,
} from './mutation/report.ts';

const SMALLEST_SCORE = 85;

const root = path.join(import.meta.dirname, '..');
const reportFile = path.join(root, 'coverage/mutation.json');
const scoresFile = path.join(root, 'scripts/mutation/scores.json');
const survivorsFile = path.join(root, 'scripts/mutation/survivors.json');
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}. Groups: ${Object.keys(GROUPS).join(', ')}.`);
  process.exit(2);
}

const known = read<Explanation[]>(survivorsFile);
const scores: Record<string, Score> = {};
const survivors: Survivor[] = [];
const faults: string[] = [];
for (const name of names.length > 0 ? names : Object.keys(GROUPS)) {
  const report = mutated(GROUPS[name] as Group);
  const own = scoresOf(report);
  const percent = percentOf(Object.values(own)).toFixed(1);
  console.info(`\n${name}: ${percent} %`);
  if (Number(percent) < SMALLEST_SCORE)
    faults.push(`Expected ${name} to have at least ${SMALLEST_SCORE} %, got ${percent} %.`);
  Object.assign(scores, own);
  survivors.push(...survivorsOf(report));
}
for (const one of survivors) {
  if (reasonFor(one, known) === '') faults.push(`No test notices this, and no reason is given: ${shown(one)}`);
}
if (args.includes('--write')) record();
console.info(faults.length === 0 ? '\nEvery change is noticed, or has its reason.' : `\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Runs Stryker over a group. Throws when it did not come to a report. */
function mutated({ mutate, tests }: Group): StrykerReport {
  rmSync(reportFile, { force: true });
  const stryker = path.join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  spawnSync(process.execPath, [stryker, 'run', '--mutate', mutate.join(',')], {
    cwd: root,
    env: { ...process.env, MUTATION_TESTS: tests.join(' ') },
    stdio: 'inherit',
  });
  if (!existsSync(reportFile)) throw new Error(`Stryker came to no report of ${mutate.join(', ')}; it says why above.`);
  return read<StrykerReport>(reportFile);
}

function record(): void {
  const all = { ...read<Record<string, Score>>(scoresFile), ...scores };
  write(scoresFile, Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))));
  const others = known.filter(({ file }) => !(file in scores));
  write(
    survivorsFile,
    [...others, ...explained(survivors, known)].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)),
  );
}

function write(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function shown({ file, line, code, becomes }: Survivor): string {
  return `${file}\n  ${line}\n  ${code} → ${becomes || 'nothing'}`;
}
