import { type ChildProcess, execFileSync } from 'node:child_process';
import { execa } from 'execa';

/** A program that was started, as the leader of a session and a process group of its own (on Windows: of neither). */
export interface Child {
  pid: number;
  process: ChildProcess;
  /** Ends a whole tree on Windows, which knows no groups. */
  tree: { kill(signal: NodeJS.Signals): boolean };
}

export interface ChildOptions {
  argv: readonly [string, ...string[]];
  cwd: string;
  /** Added to this process's environment. */
  env: Readonly<Record<string, string>>;
  /** Whether stdin is a pipe; otherwise it is empty. */
  hasInput: boolean;
}

/**
 * Starts an agent's program. Its output comes on pipes, unread.
 *
 * @throws what the operating system said when the program could not be started, with its `code`.
 */
export async function startChild({ argv: [file, ...args], cwd, env, hasInput }: ChildOptions): Promise<Child> {
  const subprocess = execa(file, args, {
    cwd,
    env,
    stdin: hasInput ? 'pipe' : 'ignore',
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    cleanup: false,
    killDescendants: true,
    windowsHide: true,
  });
  const child = subprocess.nodeChildProcess;
  if (child.pid === undefined) throw startFailure(await subprocess);
  // A signal that could not be sent: the exit is awaited all the same.
  child.on('error', () => {});
  return { pid: child.pid, process: child, tree: subprocess };
}

function startFailure(result: { cause?: unknown; code?: string; originalMessage?: string }): Error {
  if (result.cause instanceof Error) return result.cause;
  return Object.assign(new Error(result.originalMessage ?? 'The process could not be started'), {
    code: result.code,
    syscall: 'spawn',
  });
}

export interface AskedProgram {
  argv: readonly [string, ...string[]];
  cwd?: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Whether `env` is all there is. Default: it is added to this process's environment. */
  onlyEnv?: boolean;
  /** After that it is killed with its descendants, milliseconds. */
  timeoutMs: number;
  /** Most that is read of each stream, bytes. */
  maxBytes?: number;
  signal?: AbortSignal;
  /** Its stdin. Default: empty. */
  input?: string;
}

export interface ProgramAnswer {
  stdout: string;
  stderr: string;
  failed: boolean;
  timedOut: boolean;
  exitCode: number | null;
}

/** Runs a program of this package's own choice, such as `--version`, or a hook of the user's. Never rejects. */
export async function askProgram(asked: AskedProgram): Promise<ProgramAnswer> {
  const { argv, cwd, env, onlyEnv = false, timeoutMs, maxBytes, signal, input } = asked;
  const [file, ...args] = argv;
  const { stdout, stderr, failed, timedOut, exitCode } = await execa(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(maxBytes === undefined ? {} : { maxBuffer: maxBytes }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    env,
    extendEnv: !onlyEnv,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    killDescendants: true,
    reject: false,
  });
  return { stdout: stdout ?? '', stderr: stderr ?? '', failed, timedOut, exitCode: exitCode ?? null };
}

/** Hands the terminal to a program of the user's, such as an editor, until it ends. Returns its exit code; null: none. */
export async function runAtTerminal([file, ...args]: readonly [string, ...string[]]): Promise<number | null> {
  const { exitCode } = await execa(file, args, { stdio: 'inherit', reject: false });
  return exitCode ?? null;
}

/** Output of `ps`, read synchronously; empty where there is no such process or no `ps`. For systems without `/proc`. */
export function askPs(args: readonly string[]): string {
  try {
    return execFileSync('ps', args, {
      encoding: 'utf8',
      maxBuffer: 16 * 1024 ** 2,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
