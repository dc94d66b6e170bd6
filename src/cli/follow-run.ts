import type { Journal } from '../journal/journal.ts';
import { jsonOf } from '../journal/json-of.ts';
import { killLiveProcesses } from '../node/process/live-processes.ts';
import type { RunEvent } from '../run/events.ts';
import type { RunResult } from '../run/result.ts';
import type { RunHandle } from '../run-handle.ts';
import type { Soar } from '../soar-types.ts';
import type { Approval } from './approval.ts';
import { exitCodeOf, type Interrupt, interruptCode } from './exit-code.ts';
import type { RunFlags } from './flags.ts';
import { type Hooks, runHook } from './hooks.ts';
import { onInterrupt } from './interrupts.ts';
import { maskedEvents } from './masked-events.ts';
import { createProgress, type Progress } from './progress.ts';
import { resumeLine } from './state.ts';
import { masked, print, printJson, say, secretStream, whenStdoutIsGone } from './stdout.ts';
import { columnsOf } from './terminal-width.ts';
import type { Watchers } from './watchers.ts';

export interface Followed {
  soar: Soar;
  /** Where the run is recorded; closed at the end. */
  journal: Journal | null;
  start(): RunHandle;
  flags: RunFlags;
  /** The result for people, as lines; none: nothing is printed. */
  summary(result: RunResult, width: number): string[];
  watchers: Watchers;
  /** Decides on the plan of a run that waits for approval. */
  approval?: Approval;
  /** Commands that run when it ends, or waits for a person. */
  hooks?: Hooks;
  /** Said before anything else. */
  notes?: readonly string[];
  /** The run has ended long since: nothing is run, its result is printed. */
  isOver?: boolean;
}

/**
 * Sees a run through: progress on stderr, the result on stdout, signals. The first signal stops the run and its result is
 * printed all the same; the second kills what still runs and ends this process at once.
 *
 * @returns the exit code.
 */
export async function followRun(followed: Followed): Promise<number> {
  const { soar, journal, start, flags, summary, watchers, approval, hooks = {}, notes = [], isOver = false } = followed;
  let handle: RunHandle | null = null;
  let progress: Progress | null = null;
  let interruptedBy: Interrupt | null = null;
  let hasEnded = false;
  whenStdoutIsGone(() => handle?.interrupt('The reader of stdout went away.'));
  const release = onInterrupt(
    (signal) => {
      interruptedBy = signal;
      progress?.say(`Stopping… press Ctrl-C again to force quit.`);
      handle?.interrupt(`Interrupted by ${signal}.`);
    },
    () => {
      killLiveProcesses();
      process.exit(interruptCode(interruptedBy ?? 'SIGINT'));
    },
  );
  // An agent that ends this process, or an uncaught fault: that is not a success, and recorded results are not lost.
  const onExit = (code: number) => {
    if (code === 0) process.exitCode = 1;
    if (handle && journal && !flags.quiet) say(`\nThe run did not finish. To resume: ${resumeLine(handle.id, flags)}`);
  };
  process.on('exit', onExit);
  try {
    // Throws for a plan or options that are not valid; nothing has run then.
    handle = start();
    progress = createProgress(process.stderr, { quiet: flags.quiet ?? false });
    if (isOver) progress.say(`run ${handle.id} has already ended; printing its result`);
    else if (journal) progress.say(`run ${handle.id}; to resume: ${resumeLine(handle.id, flags)}`);
    for (const note of [...notes, ...watchers.notes]) progress.say(note);
    const asked = handle;
    const shown = progress;
    const tell = (event: RunEvent) => {
      const safe = masked(event);
      if (flags.jsonl) printJson(jsonOf(safe));
      if (!flags.quiet) shown.watch(safe);
    };
    const warn = (message: string) => shown.say(`warning: ${message}`);
    let waited: Promise<void> | null = null;
    const told = maskedEvents({ stream: secretStream, tell, ...timers });
    handle.events$.subscribe((event) => {
      told(event);
      if (event.type !== 'plan.proposed') return;
      approval?.consider(event.plan, asked, shown);
      waited = runHook('onWaiting', hooks.onWaiting, jsonOf(masked(event)), asked.id, warn);
    });
    const result = await handle.result;
    approval?.close();
    hasEnded = true;
    process.off('exit', onExit);
    progress.stop();
    if (flags.json) printJson(jsonOf(result));
    else if (!flags.jsonl) {
      const width = columnsOf(process.stdout);
      const lines = summary(masked(result), width);
      if (lines.length > 0) print(`${lines.join('\n')}\n`);
    }
    await waited;
    if (!isOver) await runHook('onSettled', hooks.onSettled, jsonOf(masked(result)), handle.id, warn);
    if (journal && interruptedBy !== null && !flags.quiet) {
      say(`To resume: ${resumeLine(handle.id, flags)}`);
    }
    return exitCodeOf(result, { interruptedBy });
  } finally {
    process.off('exit', onExit);
    progress?.stop();
    await soar.close();
    journal?.close();
    release();
    await watchers.close({ isWatched: hasEnded && interruptedBy === null && isAtTerminal(flags) });
  }
}

/** They keep no process alive. */
const timers = {
  setTimeout: (call: () => void, ms: number) => setTimeout(call, ms).unref(),
  clearTimeout: (timer: unknown) => clearTimeout((timer ?? undefined) as NodeJS.Timeout | undefined),
};

/** Whether a person sees the output and can press Ctrl-C: a script or CI must never wait for that. */
function isAtTerminal({ quiet }: RunFlags): boolean {
  return process.stderr.isTTY === true && !quiet && !process.env.CI;
}
