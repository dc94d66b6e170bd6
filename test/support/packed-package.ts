import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

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
 * soar-machine depends on is found in the checkout, above the app.
 *
 * @returns The folder of the app.
 */
export async function consumerApp(name: string, tarball: string): Promise<string> {
  const app = path.join(root, 'test/package', name);
  const modules = path.join(app, 'node_modules');
  const hash = createHash('sha256')
    .update(await readFile(path.join(app, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(modules, '.installed');
  const installed = await readFile(stamp, 'utf8').catch(() => '');
  if (installed !== hash) {
    await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: app });
    await writeFile(stamp, hash);
  }
  const own = path.join(modules, 'soar-machine');
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  return app;
}
