import { chartOutline } from './chart.ts';
import type { Chart } from './chart-list.ts';

/** The page of the documentation that shows a chart: as a picture that stands beside it, then as an outline with every action. */
export function chartPage(name: string, { about, machine }: Chart): string {
  const note = `Generated from the machine by \`npm run docs\`; \`soar machine ${name}\` prints the same, \`--svg\` the picture.`;
  return [
    `# The \`${name}\` machine`,
    '',
    about,
    '',
    note,
    '',
    `[![The states of the ${name} machine and the events that lead from one to another; the text is below](${name}.svg)](${name}.svg)`,
    '',
    'Each state with its tags, what it invokes, and its events: `event [guard] → target / actions`.',
    '',
    '```text',
    chartOutline(machine).trimEnd(),
    '```',
    '',
  ].join('\n');
}
