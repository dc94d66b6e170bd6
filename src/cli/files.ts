import { SoarError } from '../errors/soar-error.ts';
import { decodeText } from '../node/files/decode-text.ts';
import { pathFault } from '../node/files/path-fault.ts';
import { MAX_BYTES, readingFault, readRegularFile, readStream, type UnreadableError } from '../node/files/read-file.ts';
import { quoted } from '../text/foreign-text.ts';
import { say } from './stdout.ts';

/** The text of a file, or of stdin for `-`. Throws `usage` when it cannot be read, or is larger than a plan may be. */
export async function readInput(path: string, what: string): Promise<string> {
  if (path === '-') return readStdin(what);
  try {
    return decodeText(await readRegularFile(path, MAX_BYTES.plan));
  } catch (thrown) {
    const cause = thrown as UnreadableError;
    throw new SoarError('usage', `Cannot read ${what} ${quoted(path)}: ${cause.message}.${hintFor(cause, path)}`, {
      cause,
    });
  }
}

async function readStdin(what: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) say(`Reading ${what} from the terminal; end with Ctrl-D.`);
  try {
    return decodeText(await readStream(stdin, MAX_BYTES.plan));
  } catch (cause) {
    throw new SoarError('usage', `Cannot read ${what} from stdin: ${(cause as UnreadableError).message}.`, { cause });
  }
}

function hintFor({ code }: UnreadableError, path: string): string {
  if (code === 'ENOENT' && /\s/.test(path)) return ' To ask a question, use `soar ask`.';
  return code === 'NOT_A_FILE' ? ' To read from a pipe, pass it as stdin and write `-` for the file.' : '';
}

/** Goes to a directory before anything is read. Throws `usage` when it does not exist. */
export function enter(cwd: string | undefined): void {
  if (cwd === undefined) return;
  try {
    process.chdir(cwd);
  } catch (cause) {
    throw new SoarError('usage', `Cannot work in ${quoted(cwd)}: ${pathFault(cause)}.`, { cause });
  }
}

/** Throws `usage` for files that cannot be read, before anything else is done. */
export async function requireFiles(paths: readonly string[]): Promise<void> {
  const faults = await Promise.all(paths.map((path) => readingFault(path)));
  const issues = paths.flatMap((path, i) => {
    return faults[i] ? [{ path: 'context', message: `Cannot read the file ${quoted(path)}: ${faults[i]}.` }] : [];
  });
  if (issues.length > 0) throw new SoarError('usage', issues.map(({ message }) => message).join(' '), { issues });
}
