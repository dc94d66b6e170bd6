import ElkBundle from 'elkjs/lib/elk.bundled.js';
import { renderToStaticMarkup } from 'preact-render-to-string';
import type { ChartDefinition } from '../src/trace/chart/chart.schema.ts';
import { chartGraph } from '../visualizer/model/chart-graph.ts';
import { type Drawing, drawingOf, elkChart } from '../visualizer/model/layout.ts';
import { ChartSvg } from '../visualizer/view/chart-svg.tsx';

// A CommonJS module whose types promise a default export within its default export.
const Elk = ElkBundle as unknown as typeof ElkBundle.default;

/** The viewer's colours, plain: pictures are shown by programs that know no custom properties. */
const LIGHT = {
  panel: '#ffffff',
  raised: '#f6f7f9',
  line: '#c9ced6',
  text: '#171b22',
  soft: '#3d4654',
  muted: '#596373',
};
const DARK = {
  panel: '#0e1217',
  raised: '#151a21',
  line: '#38414e',
  text: '#e8ecf2',
  soft: '#c3cad5',
  muted: '#929dad',
};

const SANS = 'Inter,-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Open Sans,Noto Sans,sans-serif';
const MONO = 'ui-monospace,SF Mono,Cascadia Code,Menlo,Consolas,DejaVu Sans Mono,monospace';

const colours = ({ panel, raised, line, text, soft, muted }: typeof LIGHT): string =>
  [
    `.paper{fill:${panel};stroke:${line}}`,
    `.state rect{fill:${panel};stroke:${line}}`,
    `.state.is-compound>rect,.state.kind-any>rect{fill:${raised}}`,
    `.state.kind-final .inner{fill:none}`,
    `.state text{fill:${text}}`,
    `.state.is-compound>text,.state.kind-any>text{fill:${soft}}`,
    `.start,.head{fill:${muted}}`,
    `.arrow path{stroke:${muted}}`,
    `.arrow text{fill:${soft};stroke:${panel}}`,
  ].join('');

const STYLE = [
  `.state rect{stroke-width:1.2}`,
  `.state text{font:500 11.5px ${SANS}}`,
  `.state.is-compound>text{font-weight:600}`,
  `.state.kind-any>rect{stroke-dasharray:3 2}`,
  `.state.kind-any>text{font-size:10px}`,
  `.arrow path{fill:none;stroke-width:1.1}`,
  `.arrow text{font:9.8px ${MONO};paint-order:stroke;stroke-width:3px}`,
  colours(LIGHT),
  `@media (prefers-color-scheme:dark){${colours(DARK)}}`,
].join('');

/** A chart as an SVG file, laid out and drawn as the viewer does it, every arrow with its events. */
export async function chartPicture(chart: ChartDefinition, title: string): Promise<string> {
  const graph = chartGraph(chart);
  const drawing = rounded(drawingOf(await new Elk().layout(elkChart(graph, true, 'DOWN'))));
  const svg = renderToStaticMarkup(
    <ChartSvg machine={graph.root.id} graph={graph} drawing={drawing} scale={1} active={[]} keys={[]} label={title} />,
  );
  const { width, height } = drawing;
  const paper = `<rect class="paper" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>`;
  return `${svg
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('<defs>', `<style>${STYLE}</style>${paper}<defs>`)
    .replaceAll(/<(?:g|\/g|text|rect|circle|path)/g, (tag) => (tag === '</g' ? tag : `\n${tag}`))}\n`;
}

/** To tenths of a pixel, which is exact enough and the same everywhere. */
function rounded({ width, height, boxes, lines }: Drawing): Drawing {
  const near = (value: number) => Math.round(value * 10) / 10;
  const place = <T extends { x: number; y: number }>(at: T): T => ({ ...at, x: near(at.x), y: near(at.y) });
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: boxes.map((box) => ({ ...place(box), width: near(box.width), height: near(box.height) })),
    lines: lines.map((line) => ({ ...line, points: line.points.map(place), labels: line.labels.map(place) })),
  };
}
