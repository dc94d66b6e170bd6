/** Measures the scanners of foreign text: `npm run -s scanners` prints the table of docs/security.md. */
import { cpuMsOf } from '../test/support/cpu-time.ts';
import { SCANNERS } from '../test/support/foreign-scanners.ts';
import { SHAPES, textOf } from '../test/support/hostile-shapes.ts';
import { TOOL_SCANNERS } from '../test/support/tool-scanners.ts';

const LENGTH = 1_000_000;

console.log('| text | worst shape | ms |\n|---|---|---|');
for (const { name, scan, shapes = [] } of [...SCANNERS, ...TOOL_SCANNERS]) {
  const measured = [...SHAPES, ...shapes].map((shape) => {
    const text = textOf(shape, LENGTH);
    return { shape, ms: cpuMsOf(() => scan(text)) };
  });
  const worst = measured.reduce((most, one) => (one.ms > most.ms ? one : most));
  const { before = '', unit, after = '' } = worst.shape;
  const shown = [before, `${unit} …`, after]
    .filter((part) => part !== '')
    .map((part) => JSON.stringify(part).slice(1, -1));
  console.log(
    `| ${name} | \`${shown.join(' ').replaceAll('|', '\\|').replaceAll('`', "'")}\` | ${Math.round(worst.ms)} |`,
  );
}
