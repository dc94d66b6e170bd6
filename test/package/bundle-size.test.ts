import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitForBrowsers, type Weight } from '../support/browser-bundle.ts';

const DOCS = readFileSync(path.join(import.meta.dirname, '../../docs/performance.md'), 'utf8');

const OFFLINE = ['src/phases/built-in/offline.ts', 'src/agents/extractive.ts'];
const MODELS = ['src/phases/built-in/model-phases.ts'];

/** What one load has more than another. */
function more(all: Weight, before: Weight): Weight {
  return { ...all, kB: all.kB - before.kB, zippedKB: all.zippedKB - before.zippedKB };
}

/** Within 4 %, or a kB: further off, someone must find out why, or report the success. */
function expectTold(row: string, { kB, zippedKB, heaviest }: Weight): void {
  const line = DOCS.split('\n').find((one) => one.startsWith(`| ${row} |`)) ?? '';
  const said = line.split('|').slice(2, 4).map(Number);
  const isTold = [kB, zippedKB].every((size, at) => Math.abs(size - Number(said[at])) <= Math.max(1, 0.04 * size));
  const measured = `${row}: ${kB.toFixed(1)} and ${zippedKB.toFixed(1)} kB (${heaviest})`;
  expect(isTold, `${measured}; docs/performance.md says ${said.join(' and ')}`).toBe(true);
}

describe('what a page loads is what the docs say', () => {
  it('of createSoar: at first, with a question, and when a model thinks', async () => {
    const { weightOf } = await splitForBrowsers(
      "import { createSoar } from './src/index.ts'; createSoar({ agents: { a: () => '' } }).run({ tasks: [] });",
    );
    const first = weightOf(['<stdin>']);
    const asked = weightOf(['<stdin>', ...OFFLINE]);
    const thought = weightOf(['<stdin>', ...OFFLINE, ...MODELS]);
    expectTold('`createSoar`', first);
    expectTold('… and with the first question to `ask`', more(asked, first));
    expectTold('… and when a model first thinks in its phases', more(thought, asked));
  });

  it('of createSoar without what reads traces', async () => {
    const { metafile } = await splitForBrowsers("import { createSoar } from './src/index.ts'; createSoar();");
    const loaded = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    );
    expect(loaded).toContain('src/trace/recorder.ts');
    expect(loaded.filter((file) => /^src\/trace\/(?:replay|trace-index|tracks|parse-trace)/.test(file))).toEqual([]);
  });

  it.each([
    ['`compilePlan` alone', "import { compilePlan } from './src/index.ts'; compilePlan({ tasks: [] });"],
    ['everything', "export * from './src/index.ts';"],
  ])('of %s', async (row, script) => {
    const { weightOf } = await splitForBrowsers(script);
    expectTold(row, weightOf(['<stdin>']));
  });
});
