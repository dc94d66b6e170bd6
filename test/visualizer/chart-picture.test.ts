import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chartPicture } from '../../scripts/chart-picture.tsx';
import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import { CHARTS } from '../../src/trace/chart/chart-list.ts';
import { defineChart } from '../../src/trace/chart/definition.ts';
import { transitionLabel } from '../../visualizer/model/chart-graph.ts';

const folder = path.join(import.meta.dirname, '../../docs/charts');

/** Everything a picture writes, without its markup. */
const textsOf = (svg: string): Set<string> => {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text.replaceAll('&amp;', '&'));
  return new Set(texts);
};

const inside = (chart: ChartDefinition): ChartDefinition[] => [chart, ...(chart.states ?? []).flatMap(inside)];

describe.each(Object.entries(CHARTS))('the picture of %s', (name, { machine }) => {
  const chart = defineChart(machine);

  it('names every state, and the events of every arrow', async () => {
    const texts = textsOf(await readFile(path.join(folder, `${name}.svg`), 'utf8'));
    const [, ...states] = inside(chart);
    expect(states.map(({ key }) => key).filter((key) => !texts.has(key))).toEqual([]);
    const labels = inside(chart).flatMap(({ transitions = [] }) =>
      transitions.filter(({ targets }) => targets.length > 0).map(({ event, guard }) => transitionLabel(event, guard)),
    );
    expect(labels.filter((label) => !texts.has(label))).toEqual([]);
  });

  it('is a plain image: nothing that a page of code would leave out', async () => {
    const svg = await readFile(path.join(folder, `${name}.svg`), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="chart" role="img" aria-label="[^"]+"/);
    expect(svg).not.toMatch(/foreignObject|<script|var\(|color-mix|https?:\/\/(?!www\.w3\.org)/);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
  });

  it('comes out the same every time', async () => {
    expect(await chartPicture(chart, 'x')).toBe(await chartPicture(chart, 'x'));
  });
});
