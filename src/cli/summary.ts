import { lastAttemptError } from '../errors/last-attempt-error.ts';
import type { Plan } from '../plan/types.ts';
import type { RunResult, Source } from '../run/result.ts';
import { cleanText, escaped, oneLine } from '../text/foreign-text.ts';
import type { TaskOutcome } from '../types/task.ts';
import { counted, formatDollars, formatDuration } from './format.ts';
import type { Paint, Style } from './paint.ts';
import { withoutRootCause } from './root-cause.ts';
import { type Column, tableLines } from './table.ts';
import { clip } from './text-width.ts';

/** Most that a summary shows: of one output, how many of them, of the reasons of failures. */
export const SHOWN = Object.freeze({ lines: 40, chars: 4000, outputs: 20, reasons: 10, reasonColumns: 600 });

/** Tasks that succeeded and that no other which succeeded builds on: what a run has come to, however far it came. */
function lastOf({ outcomes }: RunResult, { tasks }: Pick<Plan, 'tasks'>): TaskOutcome[] {
  const succeeded = outcomes.filter(({ status }) => status === 'succeeded');
  const ids = new Set(succeeded.map(({ taskId }) => taskId));
  const needed = new Set(tasks.flatMap(({ id, dependsOn = [] }) => (ids.has(id) ? dependsOn : [])));
  return succeeded.filter(({ taskId, via }) => via !== null && !needed.has(taskId));
}

const MARKS: Readonly<Record<TaskOutcome['status'], { mark: string; style: Style }>> = {
  succeeded: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: 'red' },
  cancelled: { mark: '–', style: 'yellow' },
  skipped: { mark: '–', style: 'dim' },
};

const COLUMNS: readonly Column[] = [
  { title: ' ' },
  { title: 'task', shrinks: true },
  { title: 'agent' },
  { title: 'via' },
  { title: 'attempts' },
  { title: 'time' },
  { title: 'error', shrinks: true },
];

/** A run's tasks, one in a line, below what it came to. */
export function tableOf(result: RunResult, width: number, paint: Paint): string[] {
  const { outcomes } = result;
  const lines = [headline(result, paint)];
  if (result.error) lines.push(paint('red', oneLine(`${result.error.kind}: ${result.error.message}`)));
  return [...lines, ...outcomeLines(outcomes, width, paint)];
}

/** Tasks, one in a line, below their titles; nothing without any. */
export function outcomeLines(outcomes: readonly TaskOutcome[], width: number, paint: Paint): string[] {
  if (outcomes.length === 0) return [];
  const failures = new Map(
    outcomes.flatMap(({ taskId, status, error }) => (status === 'failed' && error ? [[taskId, error.message]] : [])),
  );
  const whys = outcomes.map((outcome) => whyOf(outcome, failures));
  const [titles = '', ...rows] = tableLines(
    COLUMNS,
    outcomes.map((outcome, i) => cellsOf(outcome, whys[i] ?? '')),
    width,
  );
  const marked = rows.map((row, i) => {
    const { mark, style } = MARKS[outcomes[i]?.status ?? 'skipped'];
    return row.startsWith(mark) ? paint(style, mark) + row.slice(mark.length) : row;
  });
  return ['', paint('dim', titles), ...marked, ...reasonLines(outcomes, whys, rows)];
}

/** Why tasks failed, in full, where their lines have no room for it. */
function reasonLines(outcomes: readonly TaskOutcome[], whys: readonly string[], rows: readonly string[]): string[] {
  const unsaid = outcomes.flatMap((outcome, i) => {
    const why = whys[i] ?? '';
    if (outcome.status !== 'failed' || rows[i]?.includes(why)) return [];
    return [`${escaped(outcome.taskId)}: ${clip(why, SHOWN.reasonColumns)}`];
  });
  if (unsaid.length === 0) return [];
  const left = unsaid.length - SHOWN.reasons;
  return ['', ...unsaid.slice(0, SHOWN.reasons), ...(left > 0 ? [`… and ${left} more.`] : [])];
}

function headline({ status, metadata }: RunResult, paint: Paint): string {
  const { succeeded, failed, cancelled, skipped, totalTasks, totalDurationMs, waves, usage } = metadata;
  const cached = (metadata.phases ?? []).reduce((sum, phase) => sum + (phase.cached ?? 0), metadata.cacheHits);
  const counts = [
    `${succeeded} of ${counted(totalTasks, 'task')} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    counted(waves.length, 'wave'),
    formatDuration(totalDurationMs),
    ...(cached > 0 ? [`${counted(cached, 'answer')} from the cache`] : []),
    ...(usage?.totalTokens ? [counted(usage.totalTokens, 'token')] : []),
    ...(usage?.costUsd === undefined ? [] : [formatDollars(usage.costUsd)]),
  ];
  const style: Style = status === 'succeeded' ? 'green' : status === 'partial' ? 'yellow' : 'red';
  return `${paint(style, status)} · ${counts.join(' · ')}`;
}

/** Why a task came to nothing, in one line; empty when it succeeded. */
function whyOf(outcome: TaskOutcome, failures: ReadonlyMap<string, string>): string {
  const { status, error } = outcome;
  if (!error || status === 'succeeded') return '';
  const kind = status === 'skipped' && error.kind === 'dependency' ? status : error.kind;
  const message = withoutRootCause(error, (id) => failures.get(id));
  return oneLine(`${kind}: ${message}${lastAttemptError(outcome)}`);
}

function cellsOf(outcome: TaskOutcome, why: string): string[] {
  const { taskId, agentId, status, via, attempts, startedAt, durationMs } = outcome;
  const time = startedAt === null ? '–' : formatDuration(durationMs);
  return [MARKS[status].mark, taskId, agentId || '–', via ?? '–', String(attempts.length), time, why];
}

/** Outputs of the last tasks that succeeded, each within bounds; `all` is the command for the rest. */
export function outputsOf(result: RunResult, plan: Pick<Plan, 'tasks'>, paint: Paint, all: string): string[] {
  const wanted = lastOf(result, plan);
  let isCut = wanted.length > SHOWN.outputs;
  const blocks = wanted.slice(0, SHOWN.outputs).flatMap(({ taskId, output, outputTruncated }) => {
    const { text, cut } = bounded(output);
    isCut ||= cut || outputTruncated;
    return ['', paint('bold', `── ${escaped(taskId)} ──`), text === '' ? paint('dim', '(no output)') : text];
  });
  if (wanted.length > SHOWN.outputs) blocks.push('', `… and ${wanted.length - SHOWN.outputs} more outputs.`);
  if (result.outcomes.length === 0) return [];
  const note = isCut ? `Some outputs were shortened; all of it: ${all}` : `All outputs and attempts: ${all}`;
  return [...blocks, '', paint('dim', note)];
}

function bounded(output: string): { text: string; cut: boolean } {
  const lines = cleanText(output).trimEnd().split('\n');
  let chars = 0;
  let kept = 0;
  while (kept < lines.length && kept < SHOWN.lines && chars <= SHOWN.chars) {
    chars += (lines[kept]?.length ?? 0) + 1;
    kept += 1;
  }
  const text = lines.slice(0, kept).join('\n').slice(0, SHOWN.chars);
  const left = lines.length - kept;
  if (left === 0 && chars <= SHOWN.chars + 1) return { text, cut: false };
  return { text: `${text}\n… ${left > 0 ? `${counted(left, 'more line')}` : 'cut here'}`, cut: true };
}

/** The answer to a question, how sure it is, and where it is from. */
export function answerOf(result: RunResult, paint: Paint): string[] {
  const { answer, confidence, sources = [] } = result;
  if (answer === undefined) return [];
  // Passages carry their places.
  const isPassages = result.outcomes.length > 0 && result.outcomes.every(({ agentId }) => agentId === 'extract');
  const places = isPassages ? new Set() : new Set(sources.map(placeText));
  return [
    '',
    ...(isPassages && sources.length > 0 ? [paint('bold', 'Matching passages, best first'), ''] : []),
    cleanText(answer).trimEnd(),
    '',
    ...(confidence === undefined ? [] : [`${paint('bold', 'Confidence')} ${confidence.toFixed(2)}`]),
    ...(places.size === 0 ? [] : [paint('bold', 'Sources'), ...[...places].map((place) => `  ${place}`)]),
  ];
}

function placeText({ path, startLine, endLine }: Source): string {
  return oneLine(`${path}:${startLine}${endLine === startLine ? '' : `-${endLine}`}`);
}
