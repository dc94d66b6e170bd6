/**
 * Installs the apps of this folder, each by its own lockfile, once: `npm run pretest`. It comes before the tests, which have no settings
 * of npm in their environment, such as a registry or a certificate.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const LOCKFILE = 'package-lock.json';

export function appsOf(folder: string = import.meta.dirname): string[] {
  return readdirSync(folder).filter((name) => existsSync(path.join(folder, name, LOCKFILE)));
}

/** Does nothing when what is there was installed by this lockfile. Gives the folder of the app. */
export async function install(name: string): Promise<string> {
  const app = path.join(import.meta.dirname, name);
  const stamp = path.join(app, 'node_modules/.installed');
  const lockfile = await readFile(path.join(app, LOCKFILE));
  const hash = createHash('sha256').update(lockfile).digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return app;
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  try {
    await promisify(execFile)('npm', args, { cwd: app });
  } catch (error) {
    await rm(stamp, { force: true });
    const message = `The packages of test/package/${name} cannot be installed. Run \`npm run pretest\` where npm reaches its registry.`;
    throw new Error(message, { cause: error });
  }
  await writeFile(stamp, hash);
  return app;
}

if (import.meta.main) {
  for (const name of appsOf()) {
    await install(name).catch(({ message, cause }: Error) => {
      const { stderr = '' } = cause as { stderr?: string };
      console.error(`${message}\n${stderr}`);
    });
  }
}
