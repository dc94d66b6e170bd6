import type { RunTrack } from '../../src/trace/replay/tracks.ts';

/** Plans of more tasks than this are drawn as a grid. */
export const MOST_GRAPH_TASKS = 300;

export interface GridCell {
  /** Place of the task in the plan. */
  task: number;
  x: number;
  y: number;
}

export interface WaveGrid {
  cells: GridCell[];
  waves: { wave: number; x: number; width: number; tasks: number }[];
  /** Width and height of a cell, its gap included. */
  size: number;
  width: number;
  height: number;
  /** Cells in one column. */
  rows: number;
}

const HEADER = 26;
const GAP = 12;
const EDGE = 12;
const LARGEST = 26;
const SMALLEST = 4;

/** Waves as blocks from left to right, tasks as cells in plan order, as large as the room allows. */
export function waveGrid(run: RunTrack, width: number, height: number): WaveGrid {
  const waves = new Map<number, number[]>();
  for (const { wave, index } of run.tasks) {
    const known = waves.get(wave);
    if (known) known.push(index);
    else waves.set(wave, [index]);
  }
  const blocks = [...waves].sort(([a], [b]) => a - b);
  let size = LARGEST;
  let rows = 1;
  for (; size >= SMALLEST; size -= 1) {
    rows = Math.max(1, Math.floor((height - HEADER - EDGE) / size));
    const columns = blocks.reduce((sum, [, tasks]) => sum + Math.ceil(tasks.length / rows), 0);
    if (columns * size + (blocks.length - 1) * GAP + 2 * EDGE <= width) break;
  }
  size = Math.max(size, SMALLEST);
  const cells: GridCell[] = [];
  const placed: WaveGrid['waves'] = [];
  let x = EDGE;
  for (const [wave, tasks] of blocks) {
    const columns = Math.ceil(tasks.length / rows);
    for (const [place, task] of tasks.entries()) {
      cells.push({ task, x: x + Math.floor(place / rows) * size, y: HEADER + (place % rows) * size });
    }
    placed.push({ wave, x, width: columns * size, tasks: tasks.length });
    x += columns * size + GAP;
  }
  return { cells, waves: placed, size, width: x - GAP + EDGE, height: HEADER + rows * size + EDGE, rows };
}

/** The task whose cell is at a place; -1 without one. */
export function cellAt({ cells, size }: WaveGrid, x: number, y: number): number {
  return cells.find((cell) => x >= cell.x && x < cell.x + size && y >= cell.y && y < cell.y + size)?.task ?? -1;
}
