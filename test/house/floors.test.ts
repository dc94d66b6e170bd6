import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { expect, it } from 'vitest';

/** Folders of src from the ground up. Each imports from floors below its own alone, types included; `.` is the facade. */
const FLOORS = [
  'types base',
  'text',
  'text/mask errors',
  'policy',
  'plan',
  'run',
  'xstate agents agents/ai-sdk streams journal phases',
  'machines/breaker',
  'machines/gate',
  'actors',
  'machines/task',
  'machines/wave',
  'machines/collect',
  'phases/calls',
  'phases/assess phases/retrieve phases/decompose phases/route phases/synthesize',
  'phases/built-in',
  'machines/soar',
  'machines trace/chart',
  'trace',
  'trace/replay trace/stately',
  'trace/journal trace/otel',
  '.',
  'node/files node/process node/models',
  'node/config node/command node/search node/store node/view',
  'node/tools/envelopes',
  'node/tools',
  'node',
  'testing cli react',
].map((floor) => floor.split(' '));

const src = join(import.meta.dirname, '../../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
const imports = new Map(files.map((path) => [path.replaceAll('\\', '/'), importsOf(path.replaceAll('\\', '/'))]));
const floorOf = (path: string) => FLOORS.findIndex((floor) => floor.includes(dirname(path)));

function importsOf(path: string): string[] {
  const code = readFileSync(join(src, path), 'utf8').replace(/^\s*\*.*$/gm, '');
  const found = code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g);
  return [...found].map(([, specifier = '']) => join(dirname(path), specifier));
}

it('gives every folder a floor', () => {
  const folders = new Set([...imports.keys()].map((path) => dirname(path)));
  expect([...folders].toSorted()).toEqual(FLOORS.flat().toSorted());
});

it('lets no import run uphill or across, types included', () => {
  const strays = [...imports].flatMap(([path, targets]) =>
    targets
      .filter((to) => dirname(to) !== dirname(path) && floorOf(to) >= floorOf(path))
      .map((to) => `${path} → ${to}`),
  );
  expect(strays).toEqual([]);
});

it('has no circle among files, types included', () => {
  const left = new Map(imports);
  const isFree = (path: string) => !left.get(path)?.some((to) => left.has(to));
  for (let free = [...left.keys()].filter(isFree); free.length > 0; free = [...left.keys()].filter(isFree))
    for (const path of free) left.delete(path);
  expect([...left.keys()]).toEqual([]);
});
