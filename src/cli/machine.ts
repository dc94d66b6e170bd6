import { readFile } from 'node:fs/promises';
import { didYouMean } from '../errors/nearest.ts';
import { SoarError } from '../errors/soar-error.ts';
import { quoted } from '../text/foreign-text.ts';
import { chartMermaid, chartOutline } from '../trace/chart/chart.ts';
import { CHARTS } from '../trace/chart/chart-list.ts';
import { print } from './stdout.ts';
import { pad } from './text-width.ts';

export interface MachineFlags {
  mermaid?: boolean;
  svg?: boolean;
}

/** `soar machine [name]`: the charts, as an outline, as a Mermaid diagram or as a picture. */
export async function machineCommand(name: string | undefined, flags: MachineFlags): Promise<number> {
  const names = Object.keys(CHARTS);
  if (name === undefined) {
    if (flags.mermaid || flags.svg) throw new SoarError('usage', `Which machine? One of ${names.join(', ')}.`);
    const lines = Object.entries(CHARTS).map(([id, { about }]) => `${pad(id, 8)} ${about}`);
    print(`${lines.join('\n')}\n`);
    return 0;
  }
  const chart = CHARTS[name];
  if (!Object.hasOwn(CHARTS, name) || !chart) {
    const message = `There is no machine ${quoted(name)}; there are ${names.join(', ')}.${didYouMean(name, names)}`;
    throw new SoarError('unknown-machine', message);
  }
  if (flags.svg) print(await picture(name));
  else print(flags.mermaid ? chartMermaid(chart.machine) : `${chart.about}\n\n${chartOutline(chart.machine)}`);
  return 0;
}

/** Laid out when the package is built: the layout engine is not part of it. */
async function picture(name: string): Promise<string> {
  const folder = import.meta.url.endsWith('.ts') ? '../../docs/charts' : '../charts';
  return readFile(new URL(`${folder}/${name}.svg`, import.meta.url), 'utf8');
}
