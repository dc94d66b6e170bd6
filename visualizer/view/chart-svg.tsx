import type { ChartGraph, ChartNode } from '../model/chart-graph.ts';
import type { Drawing, Line } from '../model/layout.ts';
import { linePath } from './line-path.ts';

/** A chart with the states an actor is in, and the transition that led there. */
export function ChartSvg({
  machine,
  graph,
  drawing,
  scale,
  active,
  keys,
  label,
}: {
  /** Id of the machine whose chart it is. */
  machine: string;
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
    <svg
      class="chart"
      role="img"
      aria-label={label}
      data-machine={machine}
      width={drawing.width * scale}
      height={drawing.height * scale}
      viewBox={`0 0 ${drawing.width} ${drawing.height}`}
    >
      <defs>
        {['head', 'head-taken'].map((id) => (
          <marker
            key={id}
            id={id}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
            markerUnits="userSpaceOnUse"
          >
            <path d="M0 0.5L8 4L0 7.5z" class={id} />
          </marker>
        ))}
      </defs>
      {drawing.boxes.map(({ id, x, y, width, height }) => {
        const node = nodes.get(id);
        if (!node) return null;
        if (node.kind === 'start')
          return <circle key={id} cx={x + width / 2} cy={y + height / 2} r={4} class="start" />;
        const isOn = isActive.has(id);
        const isLeaf = node.children.length === 0;
        return (
          <g
            key={id}
            data-state={id}
            data-active={isOn}
            class={`state${isOn ? ' is-active' : ''}${isLeaf ? '' : ' is-compound'} kind-${node.kind}`}
          >
            <rect x={x} y={y} width={width} height={height} rx={node.kind === 'any' ? 9 : 6} />
            {node.kind === 'final' && (
              <rect x={x + 2.5} y={y + 2.5} width={width - 5} height={height - 5} rx={4} class="inner" />
            )}
            <text
              x={isLeaf ? x + width / 2 : x + 10}
              y={isLeaf ? y + height / 2 + 4 : y + 18}
              text-anchor={isLeaf ? 'middle' : 'start'}
            >
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
