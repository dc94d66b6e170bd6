import { beforeAll, describe, expect, test } from 'vitest';
import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import {
  activeIds,
  type ChartNode,
  chartGraph,
  possibleTransitions,
  transitionOf,
} from '../../visualizer/model/chart-graph.ts';
import { elkPlan } from '../../visualizer/model/layout.ts';
import { filterLog, logText } from '../../visualizer/model/log-rows.ts';
import { clockText, spanText, tickStep, tickText } from '../../visualizer/model/spans.ts';
import type { TraceStore } from '../../visualizer/model/store.ts';
import { treeRows } from '../../visualizer/model/tree.ts';
import { cellAt, waveGrid } from '../../visualizer/model/wave-grid.ts';
import { releaseTrace, stormTrace } from '../support/sample-traces.ts';
import { runOf, seqAfter, storeOf, taskOf } from './traces.ts';

let release: TraceStore;
let storm: TraceStore;
beforeAll(async () => {
  release = storeOf(await releaseTrace());
  storm = storeOf(await stormTrace());
});
const chartOf = (name: string) => storm.charts.get(name) as ChartDefinition;

describe('the statechart', () => {
  test('has a box for every state and an arrow for every pair of states', () => {
    const { root, edges } = chartGraph(chartOf('breaker'));
    expect(root.children.filter(({ kind }) => kind === 'state').map(({ label }) => label)).toEqual([
      'closed',
      'open',
      'halfOpen',
    ]);
    expect(edges.map(({ from, to }) => `${from} ${to}`)).toContain('breaker.halfOpen.probing breaker.closed');
  });

  test('draws what holds everywhere inside a state from a place of its own', () => {
    const { edges } = chartGraph(chartOf('breaker'));
    expect(edges.find(({ from }) => from === 'breaker#any')).toMatchObject({
      to: 'breaker.closed',
      labels: ['breaker.reset'],
    });
  });

  test('draws every arrow between two places that are drawn', () => {
    for (const chart of storm.charts.values()) {
      const { root, edges } = chartGraph(chart);
      const places = new Set<string>();
      const visit = (node: ChartNode): void => {
        places.add(node.id);
        for (const child of node.children) visit(child);
      };
      visit(root);
      for (const { from, to } of edges) expect([places.has(from), places.has(to)]).toEqual([true, true]);
    }
  });

  test('marks every state an actor is in', () => {
    expect(activeIds(chartOf('task'), { fallback: { running: 'active' } })).toEqual([
      'task.fallback',
      'task.fallback.running',
      'task.fallback.running.active',
    ]);
  });

  test('finds every transition that was taken, by its key', () => {
    for (const store of [release, storm]) {
      for (const actor of store.actors.values()) {
        const chart = actor.machine === null ? undefined : store.charts.get(actor.machine);
        if (!chart) continue;
        const drawn = new Set(chartGraph(chart).edges.flatMap(({ keys }) => keys));
        for (const key of actor.moves.flatMap(({ keys }) => keys)) {
          expect(transitionOf(chart, key)).not.toBeNull();
          if ((transitionOf(chart, key)?.targets.length ?? 0) > 0) expect(drawn).toContain(key);
        }
      }
    }
  });

  test('reports what may follow, innermost first', () => {
    const chart = chartOf('task');
    const next = possibleTransitions(chart, activeIds(chart, { running: 'active' }));
    expect(next[0]?.label).toBe('attempt.stalled [isCurrent]');
    expect(next.map(({ to }) => to)).toContain('cancelling');
  });
});

describe('the event log', () => {
  test('is filtered by words in any order and case', () => {
    const rows = filterLog(storm, { hidden: new Set(), words: 'FAILED clean-south', actor: null, task: null });
    expect(rows.map((row) => storm.log[row]?.type)).toEqual(['task.settled']);
  });

  test('leaves out the groups that are switched off', () => {
    const rows = filterLog(storm, { hidden: new Set(['life', 'move']), words: '', actor: null, task: null });
    expect(rows.every((row) => !storm.log[row]?.type.startsWith('actor.'))).toBe(true);
  });

  test('reports one task all it did', () => {
    const { actor } = taskOf(storm, 'rates');
    const rows = filterLog(storm, { hidden: new Set(['life']), words: '', actor: actor?.id ?? null, task: 'rates' });
    expect(rows).toHaveLength((actor?.moves.length ?? 0) - 1 + 1);
  });

  test('has words for every record', () => {
    for (const record of [...release.log, ...storm.log]) {
      const { who, what } = logText(storm, record);
      expect(`${who} ${what}`).not.toMatch(/undefined|\[object/);
    }
  });
});

describe('the actor tree', () => {
  const wishes = { collapsed: new Set<string>(), aliveOnly: false };
  test('shows the actors that had begun by then, parents first', () => {
    const rows = treeRows(release.roots, { ...wishes, seq: seqAfter(release, 100) });
    const names = rows.map(({ actor }) => actor.name);
    expect(names).toContain('lint');
    expect(names).not.toContain('verdict');
    for (const [index, { actor }] of rows.entries()) {
      if (actor.parent) expect(rows.slice(0, index).some((row) => row.actor === actor.parent)).toBe(true);
    }
  });

  test('hides the children of what is collapsed', () => {
    const seq = seqAfter(release, 5000);
    const all = treeRows(release.roots, { ...wishes, seq });
    const wave = all.find(({ actor }) => actor.name === 'wave.1')?.actor.id ?? '';
    const fewer = treeRows(release.roots, { ...wishes, seq, collapsed: new Set([wave]) });
    expect(all.length - fewer.length).toBe(1 + 4 + all.filter(({ actor }) => actor.name === 'backoff').length);
  });

  test('leaves out what has ended when asked to', () => {
    expect(treeRows(release.roots, { ...wishes, seq: release.lastSeq, aliveOnly: true })).toEqual([]);
  });
});

describe('the plan', () => {
  test('is laid out with a box a task and an arrow a dependency', () => {
    const { tasks } = runOf(release);
    const graph = elkPlan(tasks, { width: 10, height: 10 });
    expect(graph.children).toHaveLength(tasks.length);
    expect(graph.edges).toHaveLength(tasks.reduce((sum, { dependsOn }) => sum + dependsOn.length, 0));
  });

  test('as a grid has every task once, in the block of its wave, inside its room', () => {
    const run = runOf(release);
    const grid = waveGrid(run, 400, 100);
    expect(grid.cells.map(({ task }) => task).sort((a, b) => a - b)).toEqual(run.tasks.map(({ index }) => index));
    expect(grid.width).toBeLessThanOrEqual(400);
    const inOrder = grid.cells.toSorted((a, b) => a.x - b.x || a.y - b.y).map(({ task }) => run.tasks[task]);
    expect(inOrder).toEqual([...run.tasks].sort((a, b) => a.wave - b.wave || a.index - b.index));
    for (const { task, x, y } of grid.cells) {
      const block = grid.waves.find(({ wave }) => wave === run.tasks[task]?.wave);
      expect(x).toBeGreaterThanOrEqual(block?.x ?? Number.POSITIVE_INFINITY);
      expect(x).toBeLessThan((block?.x ?? 0) + (block?.width ?? 0));
      expect(cellAt(grid, x + 1, y + 1)).toBe(task);
    }
  });
});

test('times read well', () => {
  expect([0, 340, 1250, 12_340, 125_000, 3_725_000].map(spanText)).toEqual([
    '0 ms',
    '340 ms',
    '1.25 s',
    '12.3 s',
    '2 m 05 s',
    '1 h 02 m',
  ]);
  expect([0, 7250, 67_005, 3_600_000].map(clockText)).toEqual(['0:00.000', '0:07.250', '1:07.005', '1:00:00.000']);
  expect(tickStep(28_000, 5)).toBe(10_000);
  expect([0, 500, 5000, 90_000].map((ms) => tickText(ms, 500))).toEqual(['0', '500 ms', '5.0 s', '1:30.0']);
  expect([-5, -31_536_000_000].map(spanText)).toEqual(['0 ms', '0 ms']);
});
