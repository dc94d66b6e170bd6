import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/**
 * Path of the program a command's first word would start, or null. A name with a slash is looked up from `cwd`,
 * others on the `PATH` of `env` (on Windows with the endings of `PATHEXT`). Never runs anything.
 *
 * @example
 * await findProgram('git'); // '/usr/bin/git'
 */
export async function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  cwd: string = process.cwd(),
): Promise<string | null> {
  if (name === '') return null;
  const windows = process.platform === 'win32';
  const isPath = isAbsolute(name) || name.includes('/') || (windows && name.includes('\\'));
  const search = (windows ? (env.PATH ?? env.Path) : env.PATH) ?? '';
  const bases = isPath
    ? [resolve(cwd, name)]
    : search.split(delimiter).map((folder) => join(resolve(cwd, folder), name));
  const endings = windows ? ['', ...(env.PATHEXT ?? '.EXE;.CMD;.BAT;.COM').split(';')] : [''];
  for (const base of bases) {
    for (const ending of endings) {
      if (await isProgram(base + ending)) return base + ending;
    }
  }
  return null;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
