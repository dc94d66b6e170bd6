/**
 * Measures the retrieval of the offline phases: for each question of `questions.ts`, the place of the first passage that
 * answers it. Prints hit rates at 1, 3 and 5, and the mean reciprocal rank; for all questions and for the held-out half.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPassageIndex } from '../../src/phases/retrieve/passage-index.ts';
import { type Known, QUESTIONS } from './questions.ts';

const ROOT = join(import.meta.dirname, '../../node_modules');
const DEPTH = 10;

const texts = new Map<string, readonly (readonly [path: string, text: string])[]>();

function textsOf(name: Known['package']) {
  const known = texts.get(name);
  if (known) return known;
  const paths = readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' });
  const wanted = paths.filter(
    (path) => /\.(?:[mc]?[jt]s|md)$/.test(path) && !/(?:^|\/)(?:dist|node_modules)\//.test(path),
  );
  const read = wanted.map((path) => [path, readFileSync(join(ROOT, name, path), 'utf8')] as const);
  texts.set(name, read);
  return read;
}

/** Place of the first passage that answers a question, from 1; null when none of the best does. */
function placeOf({ package: name, question, file, text }: Known): number | null {
  const index = createPassageIndex([question]);
  for (const [path, content] of textsOf(name)) index.add(path, content);
  const at = index.best(DEPTH).findIndex((passage) => file.test(passage.path) && text.test(passage.text));
  return at < 0 ? null : at + 1;
}

function report(title: string, places: readonly (number | null)[]): void {
  const within = (most: number) => places.filter((place) => place !== null && place <= most).length;
  const mean = places.reduce<number>((sum, place) => sum + (place === null ? 0 : 1 / place), 0) / places.length;
  console.log(
    `${title}: ${places.length} questions, answered first ${within(1)}, in the first 3 ${within(3)}, in the first 5 ${within(5)}; mean reciprocal rank ${mean.toFixed(3)}`,
  );
}

const places = QUESTIONS.map(placeOf);
report('all', places);
report(
  'held out',
  places.filter((_, at) => at % 2 === 1),
);
for (const [at, { question, package: name }] of QUESTIONS.entries()) {
  if (places[at] !== 1) console.log(`  ${places[at] ?? '–'}  ${name}: ${question}`);
}
