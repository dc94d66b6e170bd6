/** Builds the package: `npm run build` empties dist, compiles src into it, bundles the viewer's page, takes the charts' pictures along and makes the command executable. */
import { spawnSync } from 'node:child_process';
import { chmod, cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeViewerPage } from './build-viewer.mjs';

const root = path.join(import.meta.dirname, '..');
const command = path.join(root, 'dist/cli/main.js');
const SHEBANG = '#!/usr/bin/env node\n';

await rm(path.join(root, 'dist'), { recursive: true, force: true });
const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
if (!(await readFile(command, 'utf8')).startsWith(SHEBANG)) {
  console.error(`Expected src/cli/main.ts to begin with ${SHEBANG.trim()}, for those who install the command.`);
  process.exit(1);
}
await chmod(command, 0o755);
await cp(path.join(root, 'docs/charts'), path.join(root, 'dist/charts'), {
  recursive: true,
  filter: (file) => !file.endsWith('.md'),
});
await writeViewerPage();
