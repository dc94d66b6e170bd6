import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { TaskTrack } from '../../src/trace/replay/tracks.ts';
import type { ChartEdge, ChartGraph, ChartNode } from './chart-graph.ts';

/** A drawing with all its places, in pixels from its left upper corner. */
export interface Drawing {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
}

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** How deep it is nested; 0 for the outermost. */
  depth: number;
}

export interface Line {
  id: string;
  /** Corners, from the source to the target. */
  points: { x: number; y: number }[];
  labels: { text: string; x: number; y: number; width: number; height: number }[];
}

const LABEL_CHAR = 5.9;
const LABEL_LINE = 12;
const NAME_CHAR = 7;

export type Direction = 'DOWN' | 'RIGHT';

/** The graph of a chart for ELK. Labels of arrows need much room: they are left out where there is little. */
export function elkChart({ root, edges }: ChartGraph, withLabels: boolean, direction: Direction): ElkNode {
  const nodeOf = (node: ChartNode): ElkNode => {
    if (node.kind === 'start') return { id: node.id, width: 10, height: 10 };
    if (node.kind === 'any') return { id: node.id, width: 34, height: 18 };
    const width = Math.max(64, node.label.length * NAME_CHAR + 24);
    if (node.children.length === 0) return { id: node.id, width, height: 26 };
    return {
      id: node.id,
      children: node.children.map(nodeOf),
      layoutOptions: {
        'elk.padding': '[top=24,left=9,bottom=9,right=9]',
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width}, 40)`,
      },
    };
  };
  return {
    id: 'drawing',
    children: root.children.map(nodeOf),
    edges: edges.map((edge) => elkEdge(edge, withLabels)),
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.layered.spacing.nodeNodeBetweenLayers': withLabels ? '30' : '14',
      'elk.spacing.nodeNode': '12',
      'elk.spacing.edgeNode': '8',
      'elk.spacing.edgeEdge': '6',
      'elk.layered.spacing.edgeNodeBetweenLayers': '7',
      'elk.layered.spacing.edgeEdgeBetweenLayers': '5',
      'elk.edgeLabels.inline': 'false',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
      'elk.padding': '[top=8,left=8,bottom=8,right=8]',
    },
  };
}

function elkEdge({ id, from, to, labels }: ChartEdge, withLabels: boolean): ElkExtendedEdge {
  const edge: ElkExtendedEdge = { id, sources: [from], targets: [to] };
  if (!withLabels || labels.length === 0) return edge;
  const longest = Math.max(...labels.map((label) => label.length));
  const text = labels.join('\n');
  edge.labels = [{ id: `${id}#label`, text, width: longest * LABEL_CHAR, height: labels.length * LABEL_LINE }];
  return edge;
}

/** The plan as a graph for ELK: waves from left to right. */
export function elkPlan(tasks: readonly TaskTrack[], size: { width: number; height: number }): ElkNode {
  const known = new Set(tasks.map(({ id }) => id));
  return {
    id: 'drawing',
    children: tasks.map(({ id, wave }) => ({
      id,
      ...size,
      layoutOptions: { 'elk.partitioning.partition': String(wave) },
    })),
    edges: tasks.flatMap(({ id, dependsOn }) =>
      dependsOn
        .filter((from) => known.has(from))
        .map((from) => ({ id: `${from}→${id}`, sources: [from], targets: [id] })),
    ),
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.partitioning.activate': 'true',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.spacing.nodeNode': '12',
      'elk.separateConnectedComponents': 'false',
      'elk.layered.spacing.nodeNodeBetweenLayers': '32',
      'elk.layered.nodePlacement.strategy': tasks.length > 120 ? 'SIMPLE' : 'NETWORK_SIMPLEX',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.padding': '[top=30,left=12,bottom=12,right=12]',
    },
  };
}

/** Layout of ELK, with all coordinates from one corner. */
export function drawingOf(graph: ElkNode): Drawing {
  const boxes: Box[] = [];
  const lines: Line[] = [];
  const corners = new Map<string, { x: number; y: number }>();
  const visit = (node: ElkNode, left: number, top: number, depth: number): void => {
    corners.set(node.id, { x: left, y: top });
    for (const child of node.children ?? []) {
      const x = left + (child.x ?? 0);
      const y = top + (child.y ?? 0);
      boxes.push({ id: child.id, x, y, width: child.width ?? 0, height: child.height ?? 0, depth });
      visit(child, x, y, depth + 1);
    }
  };
  visit(graph, 0, 0, 0);
  const collect = (node: ElkNode): void => {
    for (const edge of node.edges ?? []) lines.push(lineOf(edge, corners, node.id));
    for (const child of node.children ?? []) collect(child);
  };
  collect(graph);
  return { width: graph.width ?? 0, height: graph.height ?? 0, boxes, lines };
}

function lineOf(edge: ElkExtendedEdge, corners: ReadonlyMap<string, { x: number; y: number }>, owner: string): Line {
  // ELK counts from the corner of the innermost state that holds both ends, and names it.
  const container = (edge as { container?: string }).container ?? owner;
  const corner = corners.get(container) ?? { x: 0, y: 0 };
  const shift = ({ x, y }: { x: number; y: number }) => ({ x: x + corner.x, y: y + corner.y });
  const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(shift),
  );
  const labels = (edge.labels ?? []).map(({ text = '', x = 0, y = 0, width = 0, height = 0 }) => ({
    text,
    ...shift({ x, y }),
    width,
    height,
  }));
  return { id: edge.id, points, labels };
}
