import { systemClock } from '../base/clock.ts';
import { replay } from '../journal/replay.ts';
import { finishedResult, planOf } from '../journal/resume.ts';
import { readingRun, unknownRun } from '../journal/run-errors.ts';
import type { Plan } from '../plan/types.ts';
import type { LogEntry, RunSummary, StoredRun } from '../run/entries.ts';
import type { RunResult } from '../run/result.ts';
import { oneLine, quoted } from '../text/foreign-text.ts';
import type { TaskOutcome } from '../types/task.ts';
import { enter } from './files.ts';
import { counted, formatAge, formatDuration, localTime } from './format.ts';
import { type Paint, paintFor, type Style } from './paint.ts';
import { runIdOf } from './run-id.ts';
import { findJournal, requireJournal, resumeLine, type StateFlags, showLines, stateDirOf } from './state.ts';
import { masked, print, printJson, say } from './stdout.ts';
import { answerOf, outcomeLines, outputsOf, tableOf } from './summary.ts';
import { type Column, tableLines } from './table.ts';
import { columnsOf } from './terminal-width.ts';

export interface RunsFlags extends StateFlags {
  json?: boolean;
  cwd?: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'run' },
  { title: 'status' },
  { title: 'age' },
  { title: 'took' },
  { title: 'tasks' },
  { title: 'about', shrinks: true },
];

/** `soar runs`: what was run, newest first. */
export async function runsCommand(flags: RunsFlags): Promise<number> {
  enter(flags.cwd);
  const journal = await findJournal(flags);
  const runs = masked(journal?.list() ?? []);
  const damaged = journal?.damaged?.() ?? [];
  journal?.close();
  if (damaged.length > 0) say(damagedLine(damaged, stateDirOf(flags)));
  if (flags.json) {
    printJson(JSON.stringify(runs));
    return 0;
  }
  if (runs.length === 0) {
    if (damaged.length > 0) return 0;
    say(`No runs in ${stateDirOf(flags)} yet; --state-dir names another folder.`);
    return 0;
  }
  const now = systemClock.now();
  const rows = runs.map(({ runId, status, startedAt, endedAt, settled, tasks, goal, query }) => [
    runId,
    status,
    formatAge(now - startedAt),
    endedAt === null ? '–' : formatDuration(endedAt - startedAt),
    `${settled}/${tasks}`,
    oneLine(goal ?? query ?? ''),
  ]);
  print(`${tableLines(COLUMNS, rows, columnsOf(process.stdout)).join('\n')}\n`);
  return 0;
}

/** Most ids that are named. */
const NAMED = 5;

function damagedLine(runIds: readonly string[], stateDir: string): string {
  const named = runIds.slice(0, NAMED).map(quoted);
  const more = runIds.length > NAMED ? `, and ${runIds.length - NAMED} more` : '';
  return `${counted(runIds.length, 'run')} in ${stateDir} cannot be listed, because the records are damaged: ${named.join(', ')}${more}. They were left as they are.`;
}

/** `soar show [runId]`: the result of one run, by default the newest. */
export async function showCommand(given: string | undefined, flags: RunsFlags): Promise<number> {
  enter(flags.cwd);
  const journal = await requireJournal(flags, given);
  try {
    const runId = runIdOf(given, journal, stateDirOf(flags));
    const stored = journal.load(runId);
    const runs = journal.list();
    const summary = runs.find((run) => run.runId === runId);
    if (!stored || !summary) {
      const known = runs.map((run) => run.runId);
      throw unknownRun(runId, known);
    }
    readingRun(runId, () => showRun(stored, summary, flags));
    return 0;
  } finally {
    journal.close();
  }
}

function showRun(stored: StoredRun, summary: RunSummary, flags: RunsFlags): void {
  const run = replay(stored, systemClock.now());
  const finished = finishedResult(run);
  const result = finished && masked(finished);
  const outcomes = result?.outcomes ?? masked(run.settled.map(({ outcome }) => outcome));
  if (flags.json) {
    printJson(JSON.stringify(result ?? { ...summary, outcomes }));
    return;
  }
  const paint = paintFor(process.stdout);
  const width = columnsOf(process.stdout);
  const plan = planOf(run) ?? { tasks: [] };
  const lines = result ? finishedLines(result, plan, flags, width, paint) : openLines(summary, outcomes, width, paint);
  const reason = result ? [] : reasonLines(stored.entries);
  const hint = summary.status === 'interrupted' ? ['', `To resume: ${resumeLine(summary.runId, flags)}`] : [];
  print(`${[aboutLine(summary, paint), ...lines, ...reason, ...hint].join('\n')}\n`);
}

/** The run, its start and what it is about. */
function aboutLine({ runId, startedAt, goal, query }: RunSummary, paint: Paint): string {
  const about = goal ?? query;
  return paint('dim', [runId, localTime(startedAt), ...(about ? [oneLine(about)] : [])].join(' · '));
}

function finishedLines(
  result: RunResult,
  plan: Pick<Plan, 'tasks'>,
  flags: RunsFlags,
  width: number,
  paint: Paint,
): string[] {
  const said =
    result.query === undefined
      ? outputsOf(result, plan, paint, showLines(result.runId, flags))
      : answerOf(result, paint);
  return [...tableOf(result, width, paint), ...said];
}

function openLines(summary: RunSummary, outcomes: readonly TaskOutcome[], width: number, paint: Paint): string[] {
  const { status, settled, tasks } = summary;
  const style: Style = status === 'running' ? 'green' : 'yellow';
  const head = `${paint(style, status)} · ${settled} of ${counted(tasks, 'task')} settled`;
  return [head, ...outcomeLines(outcomes, width, paint)];
}

function reasonLines(entries: readonly LogEntry[]): string[] {
  const last = entries.findLast(({ type }) => type === 'run.interrupted' || type === 'run.resumed');
  return last?.type === 'run.interrupted' ? ['', oneLine(last.reason)] : [];
}
