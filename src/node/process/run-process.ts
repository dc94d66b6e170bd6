import type { Readable } from 'node:stream';
import { type Child, startChild } from './children.ts';
import { journalIdFor, registerProcess } from './live-processes.ts';
import { ProcessGroup } from './process-group.ts';
import { newOrigin } from './process-marks.ts';
import { processStartTime } from './process-tree.ts';
import { noteStarted } from './started-programs.ts';

/**
 * How long pipes are read after their process has exited, before and again after the processes that hold them are killed. A process that
 * says something in that time, or is at work at its end, gets as much again.
 */
const DRAIN_MS = 250;
/** Longest time for the rest of a process to finish its output. */
const FINISH_MS = 5000;

export interface ProcessOptions {
  argv: readonly [string, ...string[]];
  cwd: string;
  /** Added to this process's environment. */
  env: Record<string, string>;
  /** Written to stdin, then EOF; null: stdin is empty. */
  input: string | null;
  key: string;
  signal: AbortSignal;
  killGraceMs: number;
  onStdout(chunk: Buffer): void;
  onStderr(chunk: Buffer): void;
}

export interface ProcessEnd {
  exitCode: number | null;
  /** The signal that ended it. */
  exitSignal: NodeJS.Signals | null;
  /** True when it was asked to stop before it exited by itself. */
  aborted: boolean;
}

/**
 * Runs a program in a process group of its own until it has really ended. Abort: SIGTERM to the group and to
 * descendants that left it, also those that only their environment reports, SIGKILL after the grace. After the exit, also a normal one, what is left of the group is
 * killed: an agent that has ended owns no processes. A daemon that put itself into its own session survives.
 *
 * Resolves once the leader has exited and its pipes are drained: 500 ms later where what is left of the group holds them and
 * is idle, at most 5.5 s later where that continues saying something or is at work, on a busy machine for instance.
 *
 * @throws what the operating system said when the program could not be started, with its `code`.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const { argv, cwd, env, input, key } = options;
  const origin = newOrigin(journalIdFor(key));
  const marked = { ...env, SOAR_ATTEMPT_KEY: key, SOAR_ORIGIN: origin };
  const child = await startChild({ argv, cwd, env: marked, hasInput: input !== null });
  noteStarted({ program: argv[0], cwd, env: { ...process.env, ...env } });
  return superviseProcess(child, origin, options);
}

async function superviseProcess(started: Child, origin: string, options: ProcessOptions): Promise<ProcessEnd> {
  const { process: child, pid } = started;
  const leader = { pid, started: processStartTime(pid) ?? '' };
  const group = new ProcessGroup({ leader, child: started, isOurs: (mark) => mark.origin === origin });
  const exited = new Promise<Pick<ProcessEnd, 'exitCode' | 'exitSignal'>>((resolve) => {
    child.on('exit', (exitCode, exitSignal) => {
      group.leaderEnded();
      resolve({ exitCode, exitSignal });
    });
  });
  const unregister = registerProcess({ ...leader, key: options.key }, group);
  let chunks = 0;
  const counted = (onChunk: (chunk: Buffer) => void) => (chunk: Buffer) => {
    chunks += 1;
    onChunk(chunk);
  };
  const drained = Promise.all([
    read(child.stdout, counted(options.onStdout)),
    read(child.stderr, counted(options.onStderr)),
  ]);
  feed(child, options.input);
  /** True once the pipes are closed, false when nothing more is to be expected of who still holds them. */
  const drain = async (): Promise<boolean> => {
    // Counted in looks, so that a process that was stopped itself cuts no attempt short.
    for (let looks = 0; ; looks += 1) {
      const before = chunks;
      if (await settledWithin(drained, DRAIN_MS)) return true;
      if (options.signal.aborted || looks >= FINISH_MS / DRAIN_MS) return false;
      if (chunks === before && !group.members({ everywhere: false }).some(({ isAtWork }) => isAtWork)) return false;
    }
  };

  let aborted = false;
  const abort = () => {
    aborted = true;
    group.end(options.killGraceMs);
  };
  if (options.signal.aborted) abort();
  else options.signal.addEventListener('abort', abort, { once: true });

  try {
    const { exitCode, exitSignal } = await exited;
    options.signal.removeEventListener('abort', abort);
    const complete = await drain();
    if (aborted || !complete) group.signal('SIGKILL', { everywhere: aborted });
    else group.killRest();
    if (!complete) await settledWithin(drained, DRAIN_MS);
    return { exitCode, exitSignal, aborted };
  } finally {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    unregister();
  }
}

function feed(child: Child['process'], input: string | null): void {
  if (input === null || !child.stdin) return;
  // A tool that never reads its input closes the pipe under us; its exit code reports whether that was a failure.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
}

function read(stream: Readable | null, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve) => {
    if (!stream) return resolve();
    stream.on('data', onChunk);
    stream.on('error', () => resolve());
    stream.on('close', () => resolve());
    stream.on('end', () => resolve());
  });
}

/** True when `work` settles in time. The pipes are polled again at the deadline, in case this process was busy. */
async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(false))), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
