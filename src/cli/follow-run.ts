import type { Soar } from '../create-soar.ts';
import { killLiveProcesses } from '../node/live-processes.ts';
import type { RunHandle } from '../run-handle.ts';
import type { RunResult } from '../types.ts';
import { exitCodeOf, type Interrupt, interruptCode } from './exit-code.ts';
import type { RunFlags } from './flags.ts';
import { onInterrupt } from './interrupts.ts';
import { createProgress, type Progress } from './progress.ts';
import { claimStdout, print } from './stdout.ts';

export interface Followed {
  soar: Soar;
  start(): RunHandle;
  flags: RunFlags;
  /** The result for people, as lines. */
  summary(result: RunResult, width: number): string[];
  /** Said before anything else. */
  notes?: readonly string[];
}

/** Columns of a summary that is not read in a terminal. */
const FILE_COLUMNS = 160;

/**
 * Sees a run through: progress on stderr, the result on stdout, signals. The first signal stops the run and its result is
 * printed all the same; the second kills what still runs and ends this process at once.
 *
 * @returns the exit code.
 */
export async function followRun({ soar, start, flags, summary, notes = [] }: Followed): Promise<number> {
  let handle: RunHandle | null = null;
  let progress: Progress | null = null;
  let interruptedBy: Interrupt | null = null;
  claimStdout(() => handle?.cancel('Nobody reads the output any more.'));
  const release = onInterrupt(
    (signal) => {
      interruptedBy = signal;
      progress?.say(`${signal}: stopping what runs; once more kills it.`);
      handle?.cancel(`Interrupted by ${signal}.`);
    },
    () => {
      killLiveProcesses();
      process.exit(interruptCode(interruptedBy ?? 'SIGINT'));
    },
  );
  try {
    // Throws for a plan or options that are not valid; nothing has run then.
    handle = start();
    progress = createProgress(process.stderr, { quiet: flags.quiet ?? false });
    for (const note of notes) progress.say(note);
    const { watch } = progress;
    handle.events$.subscribe((event) => {
      if (flags.jsonl) print(`${JSON.stringify(event)}\n`);
      watch(event);
    });
    const result = await handle.result;
    progress.stop();
    if (flags.json) print(`${JSON.stringify(result)}\n`);
    else if (!flags.jsonl) {
      const width = process.stdout.columns ?? FILE_COLUMNS;
      print(`${summary(result, width).join('\n')}\n`);
    }
    return exitCodeOf(result, { interruptedBy });
  } finally {
    progress?.stop();
    await soar.close();
    release();
  }
}
