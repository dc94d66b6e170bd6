/**
 * Writes the files that are generated from the code: `npm run docs`. With `--check` it writes nothing, and fails when one
 * of them is not what the code says.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { configSchema } from '../src/node/config/config.schema.ts';
import { planJsonSchema } from '../src/plan/plan.schema.ts';
import { CHARTS } from '../src/trace/chart/chart-list.ts';
import { chartPage } from '../src/trace/chart/chart-page.ts';
import { defineChart } from '../src/trace/chart/definition.ts';
import { conformanceJsonSchema } from '../test/conformance/case.schema.ts';
import { chartPicture } from './chart-picture.tsx';
import { withMutationTable } from './mutation/page.ts';
import type { Score } from './mutation/report.ts';
import { eventJsonSchema, resultJsonSchema } from './published-schemas.ts';
import { configurationPage, errorKindsPage, eventsPage } from './reference.ts';
import { taskOverview } from './task-overview.ts';

const root = path.join(import.meta.dirname, '..');

interface Generator {
  /** Relative to the project, with forward slashes. */
  file: string;
  generate(): string | Promise<string>;
}

const GENERATORS: readonly Generator[] = [
  { file: 'schema/plan.schema.json', generate: () => `${JSON.stringify(planJsonSchema(), null, 2)}\n` },
  { file: 'schema/result.schema.json', generate: () => `${JSON.stringify(resultJsonSchema(), null, 2)}\n` },
  { file: 'schema/event.schema.json', generate: () => `${JSON.stringify(eventJsonSchema(), null, 2)}\n` },
  { file: 'docs/reference-events.md', generate: eventsPage },
  { file: 'docs/reference-errors.md', generate: errorKindsPage },
  {
    file: 'docs/reference-configuration.md',
    generate: () => configurationPage(z.toJSONSchema(configSchema, { io: 'input' })),
  },
  {
    file: 'test/conformance/cases.schema.json',
    generate: () => `${JSON.stringify(conformanceJsonSchema(), null, 2)}\n`,
  },
  ...Object.entries(CHARTS).map(([name, chart]) => ({
    file: `docs/charts/${name}.md`,
    generate: () => chartPage(name, chart),
  })),
  ...Object.entries(CHARTS).map(([name, { about, machine }]) => ({
    file: `docs/charts/${name}.svg`,
    generate: () => chartPicture(defineChart(machine), about),
  })),
  {
    file: 'docs/charts/task-overview.svg',
    generate: () => chartPicture(taskOverview(), 'The outer states of a task, and what leads from one to another.'),
  },
  {
    file: 'docs/mutation.md',
    generate: async () =>
      withMutationTable(await readFile(path.join(root, 'docs/mutation.md'), 'utf8'), await recordedScores()),
  },
];

/** Findings of `npm run mutate`. */
async function recordedScores(): Promise<Record<string, Score>> {
  return JSON.parse(await readFile(path.join(root, 'scripts/mutation/scores.json'), 'utf8')) as Record<string, Score>;
}

async function main(checkOnly: boolean): Promise<number> {
  const stale: string[] = [];
  for (const { file, generate } of GENERATORS) {
    const target = path.join(root, file);
    const wanted = await generate();
    const present = await readFile(target, 'utf8').catch(() => null);
    if (present === wanted) continue;
    stale.push(file);
    if (checkOnly) continue;
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, wanted);
    console.error(`Wrote ${file}.`);
  }
  if (!checkOnly || stale.length === 0) return 0;
  console.error(`Not what the code says: ${stale.join(', ')}. Run \`npm run docs\` and commit the result.`);
  return 1;
}

process.exitCode = await main(process.argv.includes('--check'));
