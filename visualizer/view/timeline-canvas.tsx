import type { Signal } from '@preact/signals';
import type { TaskTrack } from '../../src/trace/replay/tracks.ts';
import { type Bar, barsOf } from '../model/segments.ts';
import { tickStep, tickText } from '../model/spans.ts';
import type { TaskKind } from '../model/task-kind.ts';
import { kindNow, now, seq, trace } from '../state.ts';
import { barFill, type Colours, colours, drawIcon, useCanvas } from './canvas.ts';

interface TimelineDrawing {
  size: { width: number; height: number };
  /** How far the rows are scrolled, pixels. */
  top: Signal<number>;
  tasks: readonly TaskTrack[];
  view: { from: number; to: number };
  critical: ReadonlySet<string>;
  active: number;
}

/** Height of a row, of the axis above them, and the width of the names at their left, in pixels. */
export const ROW = 22;
export const AXIS = 22;
export const LABELS = 168;
const BAR = 12;

/** The bars of the rows in sight, under the list that names them. */
export function TimelineCanvas(props: TimelineDrawing) {
  const at = now.value;
  const { startedAt } = trace();
  const top = props.top.value;
  const canvas = useCanvas(props.size, (context) => draw(context, props, top, at, startedAt));
  return <canvas ref={canvas} class="timeline-canvas" aria-hidden="true" />;
}

function draw(
  context: CanvasRenderingContext2D,
  props: TimelineDrawing,
  top: number,
  at: number,
  startedAt: number,
): void {
  const { size, tasks, view, critical, active } = props;
  const palette = colours();
  const width = size.width - LABELS;
  const perMs = width / (view.to - view.from);
  const xOf = (time: number) => LABELS + (time - view.from) * perMs;
  drawAxis(context, size, view, startedAt, xOf, palette);

  context.save();
  context.beginPath();
  context.rect(0, AXIS, size.width, size.height - AXIS);
  context.clip();
  const first = Math.max(0, Math.floor(top / ROW));
  const last = Math.min(tasks.length, Math.ceil((top + size.height) / ROW));
  let wave = tasks[first - 1]?.wave;
  for (let place = first; place < last; place += 1) {
    const task = tasks[place] as TaskTrack;
    const y = AXIS + place * ROW - top;
    if (task.wave !== wave && place > 0) {
      context.fillStyle = palette.of('--line-strong');
      context.fillRect(0, y - 0.5, size.width, 1);
    }
    wave = task.wave;
    if (place === active) {
      context.fillStyle = palette.of('--chosen');
      context.fillRect(0, y, size.width, ROW);
    }
    const isCritical = critical.has(task.id);
    const bars = barsOf(task, at);
    context.save();
    context.beginPath();
    context.rect(LABELS, y, width, ROW);
    context.clip();
    for (const bar of bars) if (bar.to > bar.from) drawBar(context, bar, xOf, y, palette);
    // What took no time lies above what followed at once.
    for (const bar of bars) if (bar.to === bar.from) drawBar(context, bar, xOf, y, palette);
    if (isCritical) drawCritical(context, bars, xOf, y, palette);
    context.restore();
    drawOutcome(context, task, kindNow(task), seq.value, xOf, y, palette);
  }
  context.restore();
  drawNow(context, xOf(at), size.height, palette);
}

function drawAxis(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  view: { from: number; to: number },
  startedAt: number,
  xOf: (time: number) => number,
  palette: Colours,
): void {
  const step = tickStep(view.to - view.from, Math.max(2, (size.width - LABELS) / 84));
  context.font = `10.5px ${palette.of('--mono')}`;
  context.textBaseline = 'middle';
  const from = Math.ceil((view.from - startedAt) / step) * step;
  for (let tick = from; tick <= view.to - startedAt; tick += step) {
    const x = Math.round(xOf(startedAt + tick)) + 0.5;
    context.fillStyle = palette.of('--line');
    context.fillRect(x, AXIS - 4, 1, size.height);
    context.fillStyle = palette.of('--muted');
    context.fillText(tickText(tick, step), x + 4, AXIS / 2);
  }
  context.fillStyle = palette.of('--line');
  context.fillRect(0, AXIS - 1, size.width, 1);
}

function drawBar(
  context: CanvasRenderingContext2D,
  bar: Bar,
  xOf: (time: number) => number,
  y: number,
  palette: Colours,
): void {
  const x = xOf(bar.from);
  // A refusal that takes no time is still to be seen.
  const width = Math.max(bar.kind === 'circuitOpen' ? 7 : 1.5, xOf(bar.to) - x);
  const colour = palette.kind(bar.kind);
  const middle = y + ROW / 2;
  if (bar.kind === 'queued') {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, middle);
    context.lineTo(x + width, middle);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  const isThin = bar.kind === 'staggered' || bar.kind === 'held' || bar.kind === 'fallback.waiting';
  const height = isThin ? 6 : bar.to === bar.from ? ROW - 5 : BAR;
  context.fillStyle = barFill(context, bar.kind, palette);
  context.beginPath();
  context.roundRect(x, middle - height / 2, width, height, Math.min(2.5, width / 2));
  context.fill();
  if (width > 4 && bar.kind !== 'running') {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
  }
}

function drawCritical(
  context: CanvasRenderingContext2D,
  bars: readonly Bar[],
  xOf: (time: number) => number,
  y: number,
  palette: Colours,
): void {
  const first = bars.find(({ kind }) => kind === 'running' || kind === 'fallback.running');
  const last = bars.at(-1);
  if (!first || !last) return;
  context.fillStyle = palette.of('--critical');
  context.fillRect(xOf(first.from), y + ROW - 4, Math.max(2, xOf(last.to) - xOf(first.from)), 2);
}

/** How it went, at the end of its bars. */
function drawOutcome(
  context: CanvasRenderingContext2D,
  { settled }: TaskTrack,
  kind: TaskKind,
  upTo: number,
  xOf: (time: number) => number,
  y: number,
  palette: Colours,
): void {
  if (!settled || settled.seq > upTo) return;
  const x = xOf(settled.settledAt) + 4;
  if (x < LABELS || kind === 'succeeded') return;
  drawIcon(context, kind, x, y + 5, 12, palette.kind(kind));
}

function drawNow(context: CanvasRenderingContext2D, x: number, height: number, palette: Colours): void {
  if (x < LABELS - 1) return;
  context.fillStyle = palette.of('--accent');
  context.fillRect(Math.round(x) - 0.5, 6, 1.5, height);
  context.beginPath();
  context.moveTo(x - 4.5, 3);
  context.lineTo(x + 5, 3);
  context.lineTo(x + 0.25, 10);
  context.fill();
}
