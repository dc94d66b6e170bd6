/**
 * Builds the package: `npm run build` empties dist, compiles src into it, bundles the viewer's page, takes the charts' pictures
 * along, adds types for CommonJS and makes the command executable. `--out <folder>` builds into another folder.
 */
import { spawnSync } from 'node:child_process';
import { chmod, cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeViewerPage } from './build-viewer.mjs';
import { writeCommonJsTypes } from './cjs-types.mjs';

const root = path.join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = path.resolve(values.out ?? path.join(root, 'dist'));
const command = path.join(out, 'cli/main.js');
const SHEBANG = '#!/usr/bin/env node\n';

await rm(out, { recursive: true, force: true });
const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', out], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
if (!(await readFile(command, 'utf8')).startsWith(SHEBANG)) {
  console.error(`Expected src/cli/main.ts to begin with ${SHEBANG.trim()}, for those who install the command.`);
  process.exit(1);
}
const { exports: entries } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const types = Object.values(entries).flatMap(({ types }) => types ?? []);
await writeCommonJsTypes(types.map((file) => path.join(out, path.relative('dist', file))));
await chmod(command, 0o755);
await cp(path.join(root, 'docs/charts'), path.join(out, 'charts'), {
  recursive: true,
  filter: (file) => !file.endsWith('.md'),
});
await writeViewerPage(path.join(out, 'visualizer'));
