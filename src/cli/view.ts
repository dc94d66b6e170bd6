import { stat, writeFile } from 'node:fs/promises';
import { SoarError } from '../errors/soar-error.ts';
import type { Journal } from '../journal/journal.ts';
import { didYouMeanRun } from '../journal/run-errors.ts';
import { pathFault } from '../node/files/path-fault.ts';
import { requireReader } from '../node/files/write-target.ts';
import { journalSource } from '../node/view/journal-source.ts';
import { traceFileSource } from '../node/view/trace-file-source.ts';
import { pageWithTrace, viewerPage } from '../node/view/viewer-page.ts';
import { startViewer } from '../node/view/viewer-server.ts';
import type { ViewerSource } from '../node/view/viewer-source.ts';
import type { RunSummary } from '../run/entries.ts';
import { quoted } from '../text/foreign-text.ts';
import { enter } from './files.ts';
import { onInterrupt } from './interrupts.ts';
import { runIdOf } from './run-id.ts';
import { findJournal, type StateFlags, stateDirOf } from './state.ts';
import { print, say } from './stdout.ts';

export interface ViewFlags extends StateFlags {
  cwd?: string;
  /** File for a page that carries the trace, instead of a server. */
  once?: string;
  port?: number;
}

interface Subject {
  source: ViewerSource;
  /** In words, for people. */
  name: string;
  close(): void;
}

/** `soar view [run|trace]`: shows a run in a browser until it is interrupted, or writes it as one HTML file. */
export async function viewCommand(what: string | undefined, flags: ViewFlags): Promise<number> {
  enter(flags.cwd);
  const subject = await subjectOf(what, flags);
  try {
    return await (flags.once === undefined ? serve(subject, flags) : writePage(subject, flags.once));
  } finally {
    subject.close();
  }
}

/** A trace file, where there is one of that name; else a run by its id; the newest run when nothing is named. */
async function subjectOf(what: string | undefined, flags: StateFlags): Promise<Subject> {
  if (what !== undefined && (looksLikeFile(what) || (await isThere(what)))) {
    return { source: await traceFileSource(what), name: what, close: () => {} };
  }
  const journal = await findJournal(flags);
  const runs = journal?.list() ?? [];
  const runId = journal && runs.length > 0 ? runIdOf(what, journal, stateDirOf(flags)) : what;
  if (journal && runId !== undefined && isRecorded(journal, runs, runId)) {
    try {
      return { source: journalSource(journal, runId), name: `run ${runId}`, close: () => journal.close() };
    } catch (error) {
      journal.close();
      throw error;
    }
  }
  journal?.close();
  throw nothingToView(
    what,
    stateDirOf(flags),
    runs.map((run) => run.runId),
  );
}

/** A run whose line is damaged is recorded as well: its source says what is wrong with it. */
function isRecorded(journal: Journal, runs: readonly RunSummary[], runId: string): boolean {
  return runs.some((run) => run.runId === runId) || (journal.damaged?.() ?? []).includes(runId);
}

function nothingToView(what: string | undefined, stateDir: string, runIds: readonly string[]): SoarError {
  if (what === undefined) {
    const message = `No runs in ${stateDir} yet. Run a plan first, or name a trace file that --trace wrote.`;
    return new SoarError('unknown-run', `${message} --state-dir names another folder.`);
  }
  const others = runIds.length === 0 ? `nothing is recorded in ${stateDir}` : '`soar runs` lists those there are';
  const message = `There is no run ${quoted(what)} and no trace file of that name; ${others}.${didYouMeanRun(what, runIds)}`;
  return new SoarError('unknown-run', message);
}

const looksLikeFile = (what: string): boolean => /[\\/]|\.\w+$/.test(what);

async function isThere(path: string): Promise<boolean> {
  // Whatever else it is, it is not a run.
  return (await stat(path).catch(() => null))?.isDirectory() === false;
}

async function writePage({ source, name }: Subject, file: string): Promise<number> {
  const { parts, next } = await source.read();
  if (next === '0') throw new SoarError('usage', `The trace ${quoted(name)} is empty.`);
  const page = await pageWithTrace(await viewerPage(), parts, source.name);
  try {
    requireReader(file);
    await writeFile(file, page);
  } catch (cause) {
    throw new SoarError('io', `Cannot write ${quoted(file)}: ${pathFault(cause)}.`, { cause });
  }
  say(`Wrote ${file}, ${Math.ceil(page.length / 1024)} kB. It opens in any browser, without a server.`);
  return 0;
}

async function serve({ source, name }: Subject, { port }: ViewFlags): Promise<number> {
  const viewer = await startViewer({ source, ...(port === undefined ? {} : { port }) });
  const stop = onInterrupt(
    () => void viewer.close(),
    () => process.exit(130),
  );
  print(`${viewer.url}\n`);
  say(`Showing ${name}, and what is still written to it. Open the address in a browser; Ctrl-C ends it.`);
  await viewer.closed;
  stop();
  return 0;
}
