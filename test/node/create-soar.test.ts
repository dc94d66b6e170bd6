import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSoar, type NodeSoarOptions } from '../../src/node/create-soar.ts';
import { temporaryDirectory } from '../support/processes.ts';

function engine(options: NodeSoarOptions) {
  const soar = createSoar(options);
  onTestFinished(() => soar.close());
  return soar;
}

describe('createSoar for Node', () => {
  it('makes the agents that a plan describes', async () => {
    const soar = engine({});
    const agents = { sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } } as const;
    const { outcomes } = await soar.run({ agents, tasks: [{ id: 'a', prompt: 'echo ha' }] }).result;
    expect(outcomes).toMatchObject([{ status: 'succeeded', output: 'ha' }]);
  });

  it('searches the files of its directory', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'notes.md'), '# Lighthouse\n\nThe lighthouse keeper paints the tower every spring.\n');
    const { sources } = await engine({ cwd }).ask('When is the lighthouse tower painted?').result;
    expect(sources).toMatchObject([{ path: 'notes.md' }]);
  });

  it('uses the phases it is given instead', async () => {
    const soar = engine({
      phases: { retrieve: () => ({ passages: [], budget: 0, searched: 0, notes: ['nowhere'] }) },
    });
    const run = soar.ask('Where is everything?');
    const summaries: string[] = [];
    run.events$.subscribe((event) => event.type === 'phase.completed' && summaries.push(event.summary));
    await run.result;
    expect(summaries.join()).toContain('nowhere');
  });
});

it('traces without the secrets of the environment', async () => {
  vi.stubEnv('A_SERVICE_TOKEN', 'an-unlikely-value');
  onTestFinished(() => void vi.unstubAllEnvs());
  const records: object[] = [];
  const trace = { texts: true, sinks: [{ write: (record: object) => void records.push(record) }] };
  const soar = createSoar({ agents: { echo: () => 'it is an-unlikely-value' }, trace });
  await soar.run({ tasks: [{ id: 'a', prompt: '' }] }).result;
  await soar.close();
  expect(JSON.stringify(records)).toContain('it is «masked:A_SERVICE_TOKEN»');
  expect(JSON.stringify(records)).not.toContain('an-unlikely-value');
});
