import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import { type ActorTrack, hasEnded, hasStarted, moveAt, stateText } from '../../src/trace/replay/tracks.ts';
import { layout } from '../elk.ts';
import { activeIds, type ChartGraph, chartGraph } from '../model/chart-graph.ts';
import { type Drawing, elkChart } from '../model/layout.ts';
import { maximised, runActor, selectedActor, selectedTask, seq, trace } from '../state.ts';
import { Moves } from './chart-moves.tsx';
import { ChartSvg } from './chart-svg.tsx';
import { Pane } from './pane.tsx';
import { useSize } from './use-size.ts';

interface Drawn {
  /** The chart it shows, with or without labels. */
  key: string;
  graph: ChartGraph;
  /** From above downwards, and from left to right: which is better depends on the room there is. */
  drawings: Drawing[];
}

const drawn = new Map<string, Promise<Drawn>>();

const keyOf = (machine: string, withLabels: boolean) => `${machine}/${withLabels}`;

function drawingFor(machine: string, chart: ChartDefinition, withLabels: boolean): Promise<Drawn> {
  const key = keyOf(machine, withLabels);
  let made = drawn.get(key);
  if (!made) {
    const graph = chartGraph(chart);
    const directions = ['DOWN', 'RIGHT'] as const;
    made = Promise.all(directions.map((one) => layout(elkChart(graph, withLabels, one)))).then((drawings) => ({
      key,
      graph,
      drawings,
    }));
    drawn.set(key, made);
  }
  return made;
}

function bestFit(drawings: readonly Drawing[], size: { width: number; height: number }) {
  const fits = drawings.map((drawing) => ({
    drawing,
    scale: Math.min(size.width / drawing.width, size.height / drawing.height),
  }));
  return fits.sort((a, b) => b.scale - a.scale)[0];
}

/** The nearest actor that has a chart, from the selected one upwards. */
function charted(actor: ActorTrack | null): ActorTrack | null {
  let one = actor;
  while (one && one.machine === null) one = one.parent;
  return one;
}

export function ChartPane() {
  const { charts } = trace();
  const task = selectedTask.value;
  const actor = charted(selectedActor.value) ?? (task ? null : runActor.value);
  const machine = actor?.machine ?? (task ? 'task' : null);
  const chart = machine === null ? undefined : charts.get(machine);
  const isThere = actor !== null && hasStarted(actor, seq.value);
  const move = isThere ? moveAt(actor, seq.value) : undefined;
  const name = actor?.name ?? task?.id ?? '';
  const isOver = actor !== null && hasEnded(actor, seq.value);
  const state = move ? stateText(move.state) : 'not started';
  const note = chart ? `${name} · ${machine}` : undefined;
  return (
    <Pane id="chart" title="Statechart" note={note}>
      {chart && machine !== null ? (
        <div class="chart-split">
          <Chart
            machine={machine}
            chart={chart}
            active={move ? activeIds(chart, move.state) : []}
            keys={move?.keys ?? []}
            label={`Statechart of ${name}: ${state}${isOver ? ', ended' : ''}`}
          />
          <Moves chart={chart} actor={isThere ? actor : null} state={state} />
        </div>
      ) : (
        <p class="empty">The states of what is selected appear here.</p>
      )}
    </Pane>
  );
}

function Chart({
  machine,
  chart,
  active,
  keys,
  label,
}: {
  machine: string;
  chart: ChartDefinition;
  active: readonly string[];
  keys: readonly string[];
  label: string;
}) {
  const withLabels = maximised.value === 'chart';
  const [ready, setReady] = useState<Drawn | null>(null);
  // The drawing of another chart must not stand under this one's title until its own is ready.
  const made = ready?.key === keyOf(machine, withLabels) ? ready : null;
  const [ref, size] = useSize<HTMLDivElement>();
  useEffect(() => {
    let isGone = false;
    drawingFor(machine, chart, withLabels).then((drawing) => {
      if (!isGone) setReady(drawing);
    });
    return () => {
      isGone = true;
    };
  }, [machine, chart, withLabels]);
  const fit = made && bestFit(made.drawings, size);
  const scale = Math.max(withLabels ? 0.75 : 0.6, Math.min(1.25, fit?.scale ?? 1));
  const inner = active.at(-1);
  useLayoutEffect(() => {
    const box = ref.current;
    const state = box?.querySelector(`[data-state="${CSS.escape(inner ?? '')}"] rect`);
    if (!box || !state) return;
    const [outer, own] = [box.getBoundingClientRect(), state.getBoundingClientRect()];
    if (own.top < outer.top || own.bottom > outer.bottom) box.scrollTop += own.top - outer.top - outer.height / 2;
    if (own.left < outer.left || own.right > outer.right) box.scrollLeft += own.left - outer.left - outer.width / 2;
  }, [inner, made, scale, ref]);
  return (
    <div ref={ref} class="scroll-box chart-box" tabIndex={0}>
      {made && fit ? (
        <ChartSvg
          machine={machine}
          graph={made.graph}
          drawing={fit.drawing}
          scale={scale}
          active={active}
          keys={keys}
          label={label}
        />
      ) : (
        <p class="empty">Laying out…</p>
      )}
    </div>
  );
}
