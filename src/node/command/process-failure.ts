import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { AgentError } from '../../errors/agent-error.ts';
import { cleanText } from '../../text/foreign-text.ts';
import { hasStarted, type LookUp } from '../process/started-programs.ts';
import { findProgram, isProgramPath, refusedOnPath } from '../process/which.ts';
import { type LastWords, verdictOf } from './last-words.ts';

const MESSAGE_CHARS = 1000;
/** Most characters looked at: what an animation writes over and over is mostly terminal codes. */
const READ_CHARS = 64 * 1024;

export interface FailedProcess {
  exitCode: number | null;
  exitSignal: string | null;
  stdout: string;
  stderr: string;
  /** Output kept for the attempt. */
  output: string;
  truncated: boolean;
  source: LastWords['source'];
  /** Epoch milliseconds. */
  now: number;
}

/**
 * Why a process failed: the kind its last words speak of ({@link verdictOf}), else `exit`.
 * A process killed by a signal is always `exit`: what it wrote before does not explain that.
 */
export function processFailure(failed: FailedProcess): AgentError {
  const stderr = printable(failed.stderr);
  const { source, now } = failed;
  const verdict =
    failed.exitSignal === null ? verdictOf({ stdout: printable(failed.stdout), stderr, source, now }) : null;
  const kind = verdict?.kind ?? 'exit';
  const what =
    failed.exitSignal === null ? `exited with code ${failed.exitCode}` : `was killed by ${failed.exitSignal}`;
  const said = lastLines(verdict && !stderr.includes(verdict.words) ? verdict.words : stderr);
  const retryAfterMs = verdict?.retryAfterMs ?? null;
  return new AgentError(kind, said === '' ? what : `${what}: ${said}`, {
    output: failed.output,
    truncated: failed.truncated,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

export interface UnstartedProcess {
  program: string;
  cwd: string;
  /** The environment it would have had. */
  env: Record<string, string | undefined>;
  argumentBytes: number;
  cause: unknown;
}

/** Messages of the system about a program that is missing, half-written or not executable. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'ENOEXEC']);

/**
 * Why a process could not be started, from the system's error code. A shortage of this machine, and a program that has run
 * before, pass: `fault` is then `machine`.
 */
export async function startFailure({ program, cwd, env, argumentBytes, cause }: UnstartedProcess): Promise<AgentError> {
  const code = (cause as { code?: string } | null)?.code;
  if (code === 'EACCES' && !(await isEnterable(cwd))) {
    return spawnError(`The working directory \`${cwd}\` cannot be entered; check its permissions`, cause);
  }
  if (code !== undefined && GONE.has(code) && hasStarted({ program, cwd, env })) {
    return goneError(program, { cause });
  }
  const found = await findProgram(program, env, cwd);
  if (code === 'E2BIG' || code === 'ENAMETOOLONG') {
    const envBytes = Object.entries(env).reduce((sum, [name, value = '']) => sum + name.length + value.length + 2, 0);
    if (code === 'E2BIG' && envBytes > argumentBytes) {
      const message = `The environment of \`${program}\` (${envBytes} bytes) exceeds what the system accepts; make \`env\` smaller, or give the text in a file or in the prompt`;
      return new AgentError('invalid_request', message, { fault: 'task', cause });
    }
    return new AgentError(
      'invalid_request',
      `The arguments of \`${program}\` (${argumentBytes} bytes) exceed what the system accepts; give the prompt with \`prompt: 'stdin'\`, which has no limit`,
      { fault: 'task', cause },
    );
  }
  if (code !== undefined && REFUSED.has(code))
    return spawnError(await refusal({ program, cwd, env }, code, found), cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  // A shortage of processes or open files is recognised by its cause.
  return new AgentError('spawn', `Command \`${program}\` could not be started: ${reason}`, { cause });
}

const REFUSED: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM']);

/** Why the system does not start a program. It reports EACCES also for a missing one, when a folder on `PATH` is closed. */
async function refusal({ program, cwd, env }: LookUp, code: string, found: string | null): Promise<string> {
  const isMissing = code === 'ENOENT';
  if (isMissing && found !== null)
    return `Command \`${program}\` could not be started: the interpreter that ${found} names is missing`;
  if (isProgramPath(program))
    return isMissing
      ? `Command \`${program}\` does not exist (looked up from ${cwd})`
      : `Command \`${program}\` is not executable; check its path and permissions`;
  const refused = isMissing ? null : await refusedOnPath(program, env, cwd);
  if (refused && 'file' in refused)
    return `Command \`${program}\` is not executable; check the permissions of ${refused.file}`;
  const closed = refused ? ` (its folder ${refused.folder} cannot be entered)` : '';
  return `Command \`${program}\` was not found on PATH${closed}; install it, or give its full path`;
}

async function isEnterable(folder: string): Promise<boolean> {
  return access(folder, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Why a process failed that said nothing, when its program is gone by now: a script can be replaced between its start and the
 * moment its interpreter reads it. Null when the program is still there.
 */
export async function vanishedProgram({ program, cwd, env }: LookUp): Promise<AgentError | null> {
  return (await findProgram(program, env, cwd)) === null ? goneError(program) : null;
}

function goneError(program: string, options: { cause?: unknown } = {}): AgentError {
  const message = `Command \`${program}\` has run before and is gone, as in the middle of an update; install it again`;
  return new AgentError('spawn', message, { retryable: false, fault: 'machine', ...options });
}

function spawnError(message: string, cause: unknown): AgentError {
  return new AgentError('spawn', message, { retryable: false, cause });
}

/** The end of what it wrote, without terminal codes. */
function printable(text: string): string {
  return cleanText(text.slice(-READ_CHARS)).trim();
}

function lastLines(text: string): string {
  if (text.length <= MESSAGE_CHARS) return text;
  const tail = text.slice(-MESSAGE_CHARS + 1);
  const line = tail.indexOf('\n');
  return `…${(line >= 0 && line < tail.length - 1 ? tail.slice(line + 1) : tail).trimStart()}`;
}
