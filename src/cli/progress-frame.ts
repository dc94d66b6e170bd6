import { escaped, oneLine } from '../text/foreign-text.ts';
import { formatDuration } from './format.ts';
import type { Paint, Style } from './paint.ts';
import type { ProgressView, TaskView } from './progress-view.ts';
import { clip, pad, textWidth } from './text-width.ts';

export interface FrameSize {
  columns: number;
  rows: number;
}

/** Widest column of ids. */
const ID_COLUMNS = 28;
const AGENT_COLUMNS = 16;
const STATE_COLUMNS = 20;

const MARKS: Readonly<Record<string, { mark: string; style: Style }>> = {
  running: { mark: '●', style: 'cyan' },
  'fallback.running': { mark: '●', style: 'yellow' },
  stalled: { mark: '●', style: 'yellow' },
  stopping: { mark: '◍', style: 'yellow' },
  cancelling: { mark: '◍', style: 'yellow' },
  retrying: { mark: '↻', style: 'yellow' },
  cooling: { mark: '↻', style: 'yellow' },
};
const WAITING = { mark: '○', style: 'dim' } as const;

const WORDS: Readonly<Record<string, string>> = {
  staggered: 'waiting',
  'fallback.waiting': 'waiting (fallback)',
  'fallback.running': 'running (fallback)',
  circuitOpen: 'circuit open',
};

/** The lines that show where a run stands, each at most `columns − 1` wide so that no terminal wraps them. */
export function frameLines(view: ProgressView, size: FrameSize, now: number, paint: Paint): string[] {
  const width = Math.max(10, size.columns - 1);
  const room = Math.max(1, size.rows - 3);
  const active = [...view.active.values()];
  const shown = active.length > room ? busiest(active).slice(0, room - 1) : active;
  const idWidth = columnWidth(shown, ({ taskId }) => escaped(taskId), Math.min(ID_COLUMNS, Math.floor(width / 3)));
  const agentWidth = columnWidth(
    shown,
    ({ agentId }) => escaped(agentId),
    Math.min(AGENT_COLUMNS, Math.floor(width / 5)),
  );
  const lines = [paint('bold', clip(headerText(view, now), width))];
  for (const task of shown) lines.push(taskLine(task, { width, idWidth, agentWidth }, now, paint));
  const hidden = active.length - shown.length;
  if (hidden > 0) lines.push(paint('dim', clip(`  … and ${hidden} more`, width)));
  return lines;
}

function headerText(view: ProgressView, now: number): string {
  const { wave, waves, settled, total, counts, phase, stopping } = view;
  const parts = [
    ...(phase && phase !== 'collect' ? [phase] : []),
    ...(waves > 0 ? [`wave ${wave}/${waves}`] : []),
    ...(waves > 0 ? [`${settled}/${total} done`] : []),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    formatDuration(now - view.startedAt),
    ...(stopping === null ? [] : [`stopping: ${oneLine(stopping)}`]),
  ];
  return parts.join(' · ');
}

function taskLine(
  task: TaskView,
  { width, idWidth, agentWidth }: { width: number; idWidth: number; agentWidth: number },
  now: number,
  paint: Paint,
): string {
  const { mark, style } = MARKS[task.state] ?? WAITING;
  const id = pad(clip(escaped(task.taskId), idWidth), idWidth);
  const agent = pad(clip(escaped(task.agentId), agentWidth), agentWidth);
  const state = pad(clip(stateText(task, now), STATE_COLUMNS), STATE_COLUMNS);
  const elapsed = formatDuration(now - task.since).padStart(7);
  const front = `  ${mark} ${id}  ${agent}  ${state}  ${elapsed}`;
  if (textWidth(front) > width) return clip(front, width);
  const said = clip(task.said, width - textWidth(front) - 2);
  const painted = `  ${paint(style, mark)} ${id}  ${paint('dim', agent)}  ${state}  ${elapsed}`;
  return said === '' ? painted : `${painted}  ${paint('dim', said)}`;
}

function stateText({ state, until }: TaskView, now: number): string {
  const word = WORDS[state] ?? state;
  return until === null || until <= now ? word : `${word}, ${formatDuration(until - now)}`;
}

/** Those that work before those that wait. */
function busiest(tasks: readonly TaskView[]): TaskView[] {
  const works = (task: TaskView) => (task.state in MARKS ? 0 : 1);
  return [...tasks].sort((a, b) => works(a) - works(b));
}

function columnWidth(tasks: readonly TaskView[], cell: (task: TaskView) => string, most: number): number {
  return Math.min(
    most,
    tasks.reduce((widest, task) => Math.max(widest, textWidth(cell(task))), 0),
  );
}
