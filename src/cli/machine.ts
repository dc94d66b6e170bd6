import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { chartMermaid, chartOutline } from '../trace/chart.ts';
import { CHARTS } from '../trace/chart-list.ts';
import { claimStdout, print } from './stdout.ts';
import { pad } from './text-width.ts';

/** `soar machine [name]`: the charts, as an outline or as a Mermaid diagram. */
export function machineCommand(name: string | undefined, flags: { mermaid?: boolean }): number {
  claimStdout();
  const names = Object.keys(CHARTS);
  if (name === undefined) {
    if (flags.mermaid) throw new SoarError('usage', `Which machine? One of ${names.join(', ')}.`);
    const lines = Object.entries(CHARTS).map(([id, { about }]) => `${pad(id, 8)} ${about}`);
    print(`${lines.join('\n')}\n`);
    return 0;
  }
  const chart = CHARTS[name];
  if (!Object.hasOwn(CHARTS, name) || !chart) {
    const message = `There is no machine \`${name}\`; there are ${names.join(', ')}.${didYouMean(name, names)}`;
    throw new SoarError('unknown-machine', message);
  }
  print(flags.mermaid ? chartMermaid(chart.machine) : `${chart.about}\n\n${chartOutline(chart.machine)}`);
  return 0;
}
