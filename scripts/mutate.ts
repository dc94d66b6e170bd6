/**
 * Mutation tests: `npm run mutate`, or `npm run mutate -- task gate` for some groups of `mutation/groups.ts`. Stryker changes the
 * sources of each group, one change at a time, and runs its tests. Fails when fewer than 85 % of a group's changes are
 * noticed, and lists those that are not. With `--write` it records the scores; `npm run docs` takes them from there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GROUPS, type Group } from './mutation/groups.ts';
import { percentOf, type Score, type StrykerReport, type Survivor, scoresOf, survivorsOf } from './mutation/report.ts';

const SMALLEST_SCORE = 85;

const root = path.join(import.meta.dirname, '..');
const reportFile = path.join(root, 'coverage/mutation.json');
const scoresFile = path.join(root, 'scripts/mutation/scores.json');
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}. Groups: ${Object.keys(GROUPS).join(', ')}.`);
  process.exit(2);
}

const scores: Record<string, Score> = {};
const faults: string[] = [];
for (const name of names.length > 0 ? names : Object.keys(GROUPS)) {
  const report = mutated(GROUPS[name] as Group);
  const own = scoresOf(report);
  const percent = percentOf(Object.values(own)).toFixed(1);
  console.info(`\n${name}: ${percent} %`);
  if (Number(percent) < SMALLEST_SCORE)
    faults.push(`Expected ${name} to have at least ${SMALLEST_SCORE} %, got ${percent} %.`);
  Object.assign(scores, own);
  for (const survivor of survivorsOf(report)) console.info(`\nNot noticed: ${shown(survivor)}`);
}
if (args.includes('--write')) record();
console.info(faults.length === 0 ? '\nEvery group has its score.' : `\n${faults.join('\n')}`);
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
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(scoresFile, `${JSON.stringify(sorted, null, 2)}\n`);
}

function shown({ file, at, line, code, becomes }: Survivor): string {
  return `${file}:${at}\n  ${line}\n  ${code} → ${becomes || 'nothing'}`;
}
