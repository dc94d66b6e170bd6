import { chartMermaid, chartOutline } from './chart.ts';
import type { Chart } from './chart-list.ts';

/** The page of the documentation that shows a chart: as a diagram, then as an outline with every action. */
export function chartPage(name: string, { about, machine }: Chart): string {
  const note = `Generated from the machine by \`npm run docs\`; \`soar machine ${name}\` prints the same.`;
  return [
    `# The \`${name}\` machine`,
    '',
    about,
    '',
    note,
    '',
    '```mermaid',
    chartMermaid(machine).trimEnd(),
    '```',
    '',
    'Each state with its tags, what it invokes, and its events: `event [guard] → target / actions`.',
    '',
    '```text',
    chartOutline(machine).trimEnd(),
    '```',
    '',
  ].join('\n');
}
