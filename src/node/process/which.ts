import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

const WINDOWS = process.platform === 'win32';

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
  const bases = isProgramPath(name) ? [resolve(cwd, name)] : pathFolders(env, cwd).map((folder) => join(folder, name));
  const endings = WINDOWS ? ['', ...(env.PATHEXT ?? '.EXE;.CMD;.BAT;.COM').split(';')] : [''];
  for (const base of bases) {
    for (const ending of endings) {
      if (await isProgram(base + ending)) return base + ending;
    }
  }
  return null;
}

/** Whether a command's first word is a path, so that `PATH` is not searched. */
export function isProgramPath(name: string): boolean {
  return isAbsolute(name) || name.includes('/') || (WINDOWS && name.includes('\\'));
}

function pathFolders(env: Readonly<Record<string, string | undefined>>, cwd: string): string[] {
  const search = (WINDOWS ? (env.PATH ?? env.Path) : env.PATH) ?? '';
  return search.split(delimiter).map((folder) => resolve(cwd, folder));
}

/**
 * Why the system refuses a name that it looked up on `PATH`, as it says EACCES for either: a file of that name that may not be
 * executed, or else the first folder that this user may not enter. Null when there is neither.
 */
export async function refusedOnPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<{ file: string } | { folder: string } | null> {
  let closed: string | null = null;
  for (const folder of pathFolders(env, cwd)) {
    const file = join(folder, name);
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
    if (!(found instanceof Error)) return { file };
    if (found.code === 'EACCES') closed ??= folder;
  }
  return closed === null ? null : { folder: closed };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
