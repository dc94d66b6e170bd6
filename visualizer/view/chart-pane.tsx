import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { layout } from '../elk.ts';
import { activeIds, type ChartGraph, type ChartNode, chartGraph, eventName, possibleTransitions, transitionOf } from '../model/chart-graph.ts';
import { type Drawing, elkChart, type Line } from '../model/layout.ts';
import { clockText } from '../model/spans.ts';
import { type ActorTrack, type ChartDefinition, hasEnded, hasStarted, lastAt, moveAt, stateText } from '../model/tracks.ts';
import { maximised, seekRecord, selectedActor, selectedTask, seq, trace } from '../state.ts';
import { linePath } from './line-path.ts';
import { Pane } from './pane.tsx';
import { useSize } from './use-size.ts';

interface Drawn {
  graph: ChartGraph;
  /** From above downwards, and from left to right: which is better depends on the room there is. */
  drawings: Drawing[];
}

const drawn = new Map<string, Promise<Drawn>>();

function drawingFor(chart: ChartDefinition, withLabels: boolean): Promise<Drawn> {
  const key = `${chart.id}/${withLabels}`;
  let made = drawn.get(key);
  if (!made) {
    const graph = chartGraph(chart);
    const directions = ['DOWN', 'RIGHT'] as const;
    made = Promise.all(directions.map((one) => layout(elkChart(graph, withLabels, one)))).then((drawings) => ({
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
  const actor = charted(selectedActor.value);
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
      {chart ? (
        <div class="chart-split">
          <Chart
            chart={chart}
            active={move ? activeIds(chart, move.state) : []}
            keys={move?.keys ?? []}
            label={`Statechart of ${name}: ${state}${isOver ? ', ended' : ''}`}
          />
          <Moves chart={chart} actor={isThere ? actor : null} state={state} />
        </div>
      ) : (
        <p class="empty">Select a task, a wave, the gate or a breaker to see its states.</p>
      )}
    </Pane>
  );
}

function Chart({
  chart,
  active,
  keys,
  label,
}: {
  chart: ChartDefinition;
  active: readonly string[];
  keys: readonly string[];
  label: string;
}) {
  const withLabels = maximised.value === 'chart';
  const [made, setMade] = useState<Drawn | null>(null);
  const [ref, size] = useSize<HTMLDivElement>();
  useEffect(() => {
    let isGone = false;
    drawingFor(chart, withLabels).then((ready) => {
      if (!isGone) setMade(ready);
    });
    return () => {
      isGone = true;
    };
  }, [chart, withLabels]);
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
    <div ref={ref} class="scroll-box chart-box">
      {made && fit && <ChartSvg graph={made.graph} drawing={fit.drawing} scale={scale} active={active} keys={keys} label={label} />}
    </div>
  );
}

function ChartSvg({
  graph,
  drawing,
  scale,
  active,
  keys,
  label,
}: {
  graph: ChartGraph;
  drawing: Drawing;
  scale: number;
  active: readonly string[];
  keys: readonly string[];
  label: string;
}) {
  const nodes = nodesOf(graph.root);
  const isActive = new Set(active);
  const taken = new Set(graph.edges.filter((edge) => edge.keys.some((key) => keys.includes(key))).map(({ id }) => id));
  const edges = new Map(graph.edges.map((edge) => [edge.id, edge]));
  const isOut = (id: string) => isActive.has(edges.get(id)?.from ?? '');
  const lines = [...drawing.lines].sort((a, b) => Number(taken.has(a.id)) - Number(taken.has(b.id)));
  const lineOf = (line: Line) => {
    const edge = edges.get(line.id);
    const isTaken = taken.has(line.id);
    return (
      <g key={line.id} class={`arrow${isTaken ? ' is-taken' : isOut(line.id) ? ' is-out' : ''}`}>
        <path d={linePath(line.points)} marker-end={isTaken ? 'url(#head-taken)' : 'url(#head)'} />
        {edge && edge.labels.length > 0 && <title>{edge.labels.join('\n')}</title>}
        {line.labels.map(({ text, x, y }) =>
          text.split('\n').map((part, index) => (
            <text key={part} x={x} y={y + 9 + index * 12}>
              {part}
            </text>
          )),
        )}
      </g>
    );
  };
  return (
    <svg class="chart" role="img" aria-label={label} width={drawing.width * scale} height={drawing.height * scale} viewBox={`0 0 ${drawing.width} ${drawing.height}`}>
      <defs>
        {['head', 'head-taken'].map((id) => (
          <marker key={id} id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse" markerUnits="userSpaceOnUse">
            <path d="M0 0.5L8 4L0 7.5z" class={id} />
          </marker>
        ))}
      </defs>
      {drawing.boxes.map(({ id, x, y, width, height }) => {
        const node = nodes.get(id);
        if (!node) return null;
        if (node.kind === 'start') return <circle key={id} cx={x + width / 2} cy={y + height / 2} r={4} class="start" />;
        const isOn = isActive.has(id);
        const isLeaf = node.children.length === 0;
        return (
          <g key={id} data-state={id} data-active={isOn} class={`state${isOn ? ' is-active' : ''}${isLeaf ? '' : ' is-compound'} kind-${node.kind}`}>
            <rect x={x} y={y} width={width} height={height} rx={node.kind === 'any' ? 9 : 6} />
            {node.kind === 'final' && <rect x={x + 2.5} y={y + 2.5} width={width - 5} height={height - 5} rx={4} class="inner" />}
            <text x={isLeaf ? x + width / 2 : x + 10} y={isLeaf ? y + height / 2 + 4 : y + 18} text-anchor={isLeaf ? 'middle' : 'start'}>
              {isOn && isLeaf ? `● ${node.label}` : node.label}
            </text>
          </g>
        );
      })}
      {lines.map(lineOf)}
    </svg>
  );
}

function nodesOf(root: ChartNode): Map<string, ChartNode> {
  const nodes = new Map<string, ChartNode>();
  const visit = (node: ChartNode): void => {
    nodes.set(node.id, node);
    for (const child of node.children) visit(child);
  };
  for (const child of root.children) visit(child);
  return nodes;
}

/** A state's name that may go on in the next line after a dot. */
function breakable(name: string) {
  return name.split('.').flatMap((part, index) => (index === 0 ? [part] : ['.', <wbr key={index} />, part]));
}

/** Where the actor has been, newest first, and what may come next. */
function Moves({ chart, actor, state }: { chart: ChartDefinition; actor: ActorTrack | null; state: string }) {
  const { log, startedAt } = trace();
  const upTo = actor ? lastAt(actor.moves, seq.value) : -1;
  const past = actor?.moves.slice(Math.max(0, upTo - 40), upTo + 1).reverse() ?? [];
  const next = actor && !hasEnded(actor, seq.value) ? possibleTransitions(chart, activeIds(chart, past[0]?.state ?? null)) : [];
  const goTo = (wanted: number) => seekRecord(log.findIndex((record) => record.seq === wanted));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <div class="chart-side" tabIndex={0} role="region" aria-label="Moves of the selected actor">
      <p class="now-state" data-testid="chart-state">
        {state}
      </p>
      <h3>Moves</h3>
      <ol class="moves">
        {past.map((move) => {
          const key = move.keys[0];
          const taken = key === undefined ? null : transitionOf(chart, key);
          return (
            <li key={move.seq}>
              <button type="button" onClick={() => goTo(move.seq)}>
                <span class="mono time">{clockText(move.at - startedAt)}</span>
                <span class="to">{breakable(stateText(move.state) || 'started')}</span>
                <span class="by">{taken?.label ?? (move.event === '' ? 'started' : eventName(move.event))}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {next.length > 0 && <h3>May follow</h3>}
      <ul class="next">
        {next.map(({ key, label, to }) => (
          <li key={key}>
            <span class="by">{label}</span>
            {to !== '' && <span class="to"> → {to}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
