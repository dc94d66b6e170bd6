import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SoarError } from '../errors/soar-error.ts';
import { runAtTerminal } from '../node/process/children.ts';
import { readInput } from './files.ts';
import { printable } from './stdout.ts';
import { columnsOf } from './terminal-width.ts';

/** A person to talk with. What is said goes to stderr: stdout is for results. */
export interface Terminal {
  say(line: string): void;
  /** A line of an answer; null when the input has ended, or the question was withdrawn. */
  ask(question: string): Promise<string | null>;
  /** Has a text edited. Throws `usage` when the editor fails. */
  edit(text: string): Promise<string>;
  columns(): number;
}

/** Whether a person can be asked and sees the question. */
export function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The terminal this process was started at. Lines are read as the terminal gives them, so that Ctrl-C stays a signal. */
export function terminal(signal: AbortSignal): Terminal {
  return {
    say: (line) => void process.stderr.write(`${printable(line, process.stderr)}\n`),
    columns: () => columnsOf(process.stderr),
    ask(question) {
      if (signal.aborted) return Promise.resolve(null);
      process.stderr.write(question);
      const lines = createInterface({ input: process.stdin, terminal: false });
      const { promise, resolve } = Promise.withResolvers<string | null>();
      const leave = () => {
        // The cursor stands behind the question.
        process.stderr.write('\n');
        lines.close();
      };
      signal.addEventListener('abort', leave, { once: true });
      lines.once('line', (line) => {
        resolve(line);
        lines.close();
      });
      lines.once('close', () => {
        signal.removeEventListener('abort', leave);
        // The editor, or the next reader, reads from here.
        process.stdin.pause();
        resolve(null);
      });
      return promise;
    },
    edit: editText,
  };
}

/** In `$VISUAL`, else `$EDITOR`, else vi, by way of a file that no other user can read. */
async function editText(text: string): Promise<string> {
  const editor = process.env.VISUAL || process.env.EDITOR || 'vi';
  const directory = await mkdtemp(join(tmpdir(), 'soar-plan-'));
  try {
    const path = join(directory, 'plan.yaml');
    await writeFile(path, text, { mode: 0o600 });
    // By way of a shell, since an editor may be a command with arguments, such as `code --wait`.
    const exitCode = await runAtTerminal(['sh', '-c', `${editor} "$@"`, editor, path]);
    if (exitCode !== 0) {
      const message = `The editor \`${editor}\` failed (exit code ${exitCode ?? 'none'}); set VISUAL or EDITOR to another.`;
      throw new SoarError('usage', message);
    }
    return await readInput(path, 'the edited plan');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
