import { useMemo, useRef } from 'preact/hooks';
import type { RunTrack } from '../../src/trace/replay/tracks.ts';
import { KIND_TEXTS, type TaskKind } from '../model/task-kind.ts';
import { cellAt, type GridCell, type WaveGrid, waveGrid } from '../model/wave-grid.ts';
import { kinds, selectedTask, selectTask } from '../state.ts';
import { type Colours, colours, drawIcon, useCanvas } from './canvas.ts';
import { useSize } from './use-size.ts';

/** A plan of many tasks: a cell for each, waves from left to right. */
export function PlanGrid({ run }: { run: RunTrack }) {
  const [ref, size] = useSize<HTMLDivElement>();
  const count = run.tasks.length;
  const grid = useMemo(() => waveGrid(run, size.width, size.height), [run, count, size.width, size.height]);
  const states = kinds.value.list;
  const selected = selectedTask.value;
  const canvas = useCells(grid, states);
  const marks = useCanvas(
    grid,
    (context, isBlank) => {
      if (isBlank) drawSelection(context, grid, run, selected?.index ?? -1);
    },
    [grid, selected, selected?.dependents.length],
  );

  const onKeyDown = (event: KeyboardEvent) => {
    const here = selected?.index ?? -1;
    const to = target(event.key, here, grid, count);
    const task = to === null ? undefined : run.tasks[to];
    if (!task) return;
    event.preventDefault();
    selectTask(task.id);
  };
  const kind = selected ? states[selected.index] : undefined;
  const told = selected && kind ? `${selected.id}, wave ${selected.wave}, ${KIND_TEXTS[kind]}` : 'no task selected';

  return (
    <div ref={ref} class="scroll-box">
      <div
        class="grid-keys"
        role="application"
        tabIndex={0}
        aria-label={`Plan of ${count} tasks; arrow keys select. Selected: ${told}`}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          aria-hidden="true"
          style={{ width: `${grid.width}px`, height: `${grid.height}px` }}
          onClick={({ offsetX, offsetY }) => {
            const task = run.tasks[cellAt(grid, offsetX, offsetY)];
            if (task) selectTask(task.id);
          }}
        />
        <canvas
          ref={marks}
          aria-hidden="true"
          class="grid-marks"
          style={{ width: `${grid.width}px`, height: `${grid.height}px` }}
        />
      </div>
    </div>
  );
}

/** A canvas of the cells. From one instant to the next only those are drawn anew that are of another kind. */
function useCells(grid: WaveGrid, kinds: readonly TaskKind[]) {
  const drawn = useRef<TaskKind[]>([]);
  return useCanvas(
    grid,
    (context, isBlank) => {
      if (isBlank) {
        drawHeads(context, grid);
        drawn.current = [];
      }
      const palette = colours();
      for (const cell of grid.cells) {
        const kind = kinds[cell.task] ?? 'pending';
        if (drawn.current[cell.task] === kind) continue;
        if (!isBlank) context.clearRect(cell.x - 0.5, cell.y - 0.5, grid.size, grid.size);
        drawCell(context, cell, grid.size, kind, palette);
        drawn.current[cell.task] = kind;
      }
    },
    [grid],
  );
}

function drawHeads(context: CanvasRenderingContext2D, { waves, size }: WaveGrid): void {
  const palette = colours();
  const muted = palette.of('--muted');
  context.font = `600 11px ${palette.of('--sans')}`;
  context.textBaseline = 'middle';
  for (const { wave, x, width, tasks } of waves) {
    context.fillStyle = muted;
    const long = `Wave ${wave} · ${tasks}`;
    context.fillText(context.measureText(long).width < width ? long : String(wave), x, 11);
    context.fillStyle = palette.of('--line-strong');
    context.fillRect(x, 20, width - (size > 8 ? 3 : 1), 1);
  }
}

/** Width and height of what is drawn of a cell. */
const innerOf = (size: number): number => size - (size > 8 ? 3 : 1);

function drawCell(
  context: CanvasRenderingContext2D,
  { x, y }: GridCell,
  size: number,
  kind: TaskKind,
  palette: Colours,
): void {
  const inner = innerOf(size);
  const colour = palette.kind(kind);
  const panel = palette.of('--panel');
  if (kind === 'pending') {
    context.fillStyle = palette.of('--line-strong');
    context.globalAlpha = 0.45;
    context.fillRect(x, y, inner, inner);
    context.globalAlpha = 1;
  } else if (inner >= 9) {
    const isSettled = kind === 'succeeded' || kind === 'recovered' || kind === 'failed';
    context.fillStyle = colour;
    context.globalAlpha = isSettled ? (kind === 'succeeded' ? 0.2 : 0.3) : 1;
    context.beginPath();
    context.roundRect(x, y, inner, inner, 2.5);
    context.fill();
    context.globalAlpha = 1;
    const icon = Math.min(14, inner - 1);
    drawIcon(context, kind, x + (inner - icon) / 2, y + (inner - icon) / 2, icon, isSettled ? colour : panel);
  } else {
    context.fillStyle = colour;
    context.fillRect(x, y, inner, inner);
    // No room for an icon: what failed is recognized by a hole in it.
    if (kind === 'failed' && inner >= 4) {
      context.fillStyle = panel;
      context.fillRect(x + inner / 2 - 1, y + inner / 2 - 1, 2, 2);
    }
  }
}

/** The selected task, and what it depends on and what on it. */
function drawSelection(
  context: CanvasRenderingContext2D,
  { cells, size }: WaveGrid,
  run: RunTrack,
  selected: number,
): void {
  const chosen = run.tasks[selected];
  if (!chosen) return;
  const palette = colours();
  const inner = innerOf(size);
  const place = new Map(cells.map((cell) => [cell.task, cell]));
  const own = place.get(selected);
  if (!own) return;
  const middle = (cell: { x: number; y: number }) => [cell.x + inner / 2, cell.y + inner / 2] as const;
  const near = [...chosen.dependsOn, ...chosen.dependents].slice(0, 200);
  context.strokeStyle = palette.of('--accent');
  context.lineWidth = 1.2;
  for (const id of near) {
    const other = place.get(run.byId.get(id)?.index ?? -1);
    if (!other) continue;
    const [x1, y1] = middle(own);
    const [x2, y2] = middle(other);
    const bend = (x1 + x2) / 2;
    context.beginPath();
    context.moveTo(x1, y1);
    context.bezierCurveTo(bend, y1, bend, y2, x2, y2);
    context.stroke();
    context.strokeRect(other.x - 0.5, other.y - 0.5, inner + 1, inner + 1);
  }
  context.lineWidth = 2.5;
  context.strokeRect(own.x - 1.5, own.y - 1.5, inner + 3, inner + 3);
}

function target(key: string, here: number, { cells, rows }: WaveGrid, count: number): number | null {
  const places = new Map(cells.map(({ task }, place) => [task, place]));
  const at = places.get(here) ?? -1;
  const go = (place: number) => cells[Math.min(count - 1, Math.max(0, place))]?.task ?? null;
  switch (key) {
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowUp':
      return go(at - 1);
    case 'ArrowRight':
      return go(at + rows);
    case 'ArrowLeft':
      return go(at - rows);
    case 'Home':
      return go(0);
    case 'End':
      return go(count - 1);
    default:
      return null;
  }
}
