import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { install } from '../package/install.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');

/** Builds the package beside the checkout's own `dist`, packs it as npm publishes it, and returns the tarball's path. */
export async function packPackage(): Promise<{ tarball: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'soar-packed-'));
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'schema'])
    await cp(path.join(root, file), path.join(folder, file), { recursive: true });
  await run(process.execPath, [path.join(root, 'scripts/build.mjs'), '--out', path.join(folder, 'dist')]);
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json'], { cwd: folder });
  // Since npm 11 an object by package name, before an array.
  const [packed] = Object.values(JSON.parse(stdout)) as { filename: string }[];
  return {
    tarball: path.join(folder, packed?.filename ?? ''),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Readies an app of `test/package`: installs what its own lockfile says, once, and unpacks the tarball into it. What
 * soar-machine depends on is linked to the checkout's own, and its peers are found there.
 *
 * @returns The folder of the app.
 */
export async function consumerApp(name: string, tarball: string): Promise<string> {
  const app = await install(name);
  const own = path.join(app, 'node_modules/soar-machine');
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(path.join(own, 'package.json'), 'utf8')) as {
    dependencies: object;
  };
  for (const dependency of Object.keys(dependencies)) {
    const link = path.join(own, 'node_modules', dependency);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(root, 'node_modules', dependency), link);
  }
  return app;
}
