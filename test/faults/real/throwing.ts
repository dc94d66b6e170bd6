import { join } from 'node:path';
import type { Fault, Findings } from '../findings.ts';
import { Bench } from './bench.ts';

const SCRIPT = join(import.meta.dirname, 'throwing-victim.ts');

async function attempt(seed: number): Promise<Findings> {
  const bench = new Bench();
  const { code, signal, stderr } = await bench.start(SCRIPT, ['.soar', String(seed)]).exit;
  if (code !== 0) bench.fault(`It ended with ${code ?? signal}: ${stderr.slice(-400)}`);
  bench.check(Array.from({ length: 12 }, (_, i) => `t${i}`));
  return bench.close();
}

export const throwing: Fault = {
  id: 'throwing',
  about:
    'agents, phases, listeners of every stream, inspectors, trace sinks and subscribers of actors throw, all at once',
  tries: 10,
  attempt,
};
