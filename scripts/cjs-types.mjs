import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Packages that are ES modules alone: their types are imported as such. */
const MODULES = ['ai'];

/** Relative imports, as the compiler leaves them: with the endings of the sources. */
const RELATIVE = /(\bfrom |\bimport\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g;

/**
 * Writes a `.d.cts` beside each `.d.ts` that the given entries reach. The package is ES modules alone, and `require` takes those; but
 * TypeScript lets a CommonJS file import types of CommonJS only, whatever Node does.
 */
export async function writeCommonJsTypes(entries) {
  const seen = new Set(entries);
  for (const file of seen) {
    const text = await readFile(file, 'utf8');
    for (const [, , , to] of text.matchAll(RELATIVE)) seen.add(path.join(path.dirname(file), `${to}.d.ts`));
    const own = text.replace(RELATIVE, '$1$2$3.cjs$2');
    const said = MODULES.reduce(
      (all, name) => all.replaceAll(`from '${name}';`, `from '${name}' with { 'resolution-mode': 'import' };`),
      own,
    );
    await writeFile(file.replace(/\.d\.ts$/, '.d.cts'), said);
    await writeFile(file, text.replace(RELATIVE, '$1$2$3.js$2'));
  }
}
