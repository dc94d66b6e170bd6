import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { SoarError } from '../errors/soar-error.ts';
import { pathFault } from '../node/path-fault.ts';

/** The text of a file, or of stdin for `-`. Throws `usage` when it cannot be read. */
export async function readInput(path: string, what: string): Promise<string> {
  if (path === '-') {
    if (process.stdin.isTTY) process.stderr.write(`Reading ${what} from the terminal; end with Ctrl-D.\n`);
    return text(process.stdin);
  }
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : pathFault(cause);
    const hint = isMissing && /\s/.test(path) ? ' To ask a question, use `soar ask`.' : '';
    throw new SoarError('usage', `Cannot read ${what} \`${path}\`: ${why}.${hint}`, { cause });
  }
}

/** Goes to a directory before anything is read. Throws `usage` when there is none. */
export function enter(cwd: string | undefined): void {
  if (cwd === undefined) return;
  try {
    process.chdir(cwd);
  } catch (cause) {
    throw new SoarError('usage', `Cannot work in \`${cwd}\`: ${pathFault(cause)}.`, { cause });
  }
}

/** Throws `usage` for files that are not there. */
export async function requireFiles(paths: readonly string[]): Promise<void> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
  const missing = paths.filter((_, i) => !found[i]?.isFile());
  if (missing.length === 0) return;
  const issues = missing.map((path) => ({ path: 'context', message: `There is no file \`${path}\`.` }));
  throw new SoarError('usage', issues.map(({ message }) => message).join(' '), { issues });
}
