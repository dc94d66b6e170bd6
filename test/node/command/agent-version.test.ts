import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../src/journal/memory-journal.ts';
import { commandAgent } from '../../../src/node/command/command-agent.ts';
import type { CommandAgentOptions } from '../../../src/node/command/command-options.ts';
import { createSoar } from '../../../src/node/create-soar.ts';
import { modelAgentAt } from '../../../src/node/models/model-agent.ts';
import { cliAgent } from '../../../src/node/tools/cli-agent.ts';
import type { ModelAgentSpec } from '../../../src/plan/types.ts';
import type { Agent } from '../../../src/types/agent.ts';
import { startModelServer } from '../../support/model-server.ts';
import { temporaryDirectory } from '../../support/processes.ts';

/** On a microtask of its own: within one turn a folder is looked at once. */
async function versionOf({ version }: Agent, cwd?: string): Promise<string | null> {
  await Promise.resolve();
  if (typeof version !== 'function') return version ?? null;
  return version(cwd === undefined ? {} : { cwd });
}

describe('the version of a command', () => {
  const command = ['cat', 'notes.md'];

  it.each<[string, Partial<CommandAgentOptions>]>([
    ['arguments', { command: ['cat', 'other.md'] }],
    ['environment', { env: { MODE: 'fast' } }],
    ['way to get its prompt', { prompt: 'none' }],
    ['limit of output', { maxOutputBytes: 10 }],
  ])('is another with another %s', async (_, more) => {
    const cwd = await temporaryDirectory();
    expect(await versionOf(commandAgent({ command, cwd, ...more }))).not.toBe(
      await versionOf(commandAgent({ command, cwd })),
    );
  });

  it('is the same whatever it is called, and however it is paced', async () => {
    const cwd = await temporaryDirectory();
    const named = commandAgent({ command, cwd, description: 'reads', provider: 'p', staggerMs: 5, maxConcurrent: 1 });
    expect(await versionOf(named)).toBe(await versionOf(commandAgent({ command, cwd })));
  });

  it('changes with the files of the folder it works in, which may be the task’s', async () => {
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, 'sub'));
    const agent = commandAgent({ command, cwd });
    const [there, here] = [await versionOf(agent), await versionOf(agent, join(cwd, 'sub'))];
    expect(here).not.toBe(there);
    await writeFile(join(cwd, 'notes.md'), 'new');
    expect(await versionOf(agent)).not.toBe(there);
    expect(await versionOf(agent, join(cwd, 'sub'))).toBe(here);
    expect(await versionOf(agent, join(cwd, 'nowhere'))).toBeNull();
  });

  it('of a coding CLI is another with another model', async () => {
    const [one, two] = ['haiku', 'opus'].map((model) => cliAgent({ tool: 'claude', model }));
    expect(await versionOf(one as Agent)).not.toBe(await versionOf(two as Agent));
  });
});

describe('the version of a model', () => {
  const spec: ModelAgentSpec = { kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm' };

  it.each<[string, Partial<ModelAgentSpec>]>([
    ['address', { baseURL: 'http://127.0.0.1:2/v1' }],
    ['model', { model: 'n' }],
    ['instruction', { system: 'Be brief.' }],
    ['temperature', { temperature: 0 }],
    ['header', { headers: { 'x-team': 'blue' } }],
  ])('is another with another %s', async (_, more) => {
    expect(await versionOf(modelAgentAt({ ...spec, ...more }))).not.toBe(await versionOf(modelAgentAt(spec)));
  });

  it('is the same with another key', async () => {
    expect(await versionOf(modelAgentAt({ ...spec, apiKeyEnv: 'B' }))).toBe(await versionOf(modelAgentAt(spec)));
  });

  it('lets a later run use its answer, which costs what the table of prices says, once', async () => {
    const server = await startModelServer({ m: [{ deltas: ['ha'], usage: [1000, 500] }] });
    const journal = memoryJournal();
    const prices = { m: { inputPerMillion: 2, outputPerMillion: 8 } };
    const run = async () => {
      const agents = { llm: modelAgentAt({ ...spec, baseURL: server.url }) };
      const soar = createSoar({ agents, journal, prices, cache: true });
      const result = await soar.run({ tasks: [{ id: 'a', prompt: 'Laugh.' }] }).result;
      await soar.close();
      return result;
    };
    const [first, again] = [await run(), await run()];
    expect(first).toMatchObject({
      outcomes: [{ via: 'agent', output: 'ha' }],
      metadata: { usage: { costUsd: 0.006 } },
    });
    expect(again).toMatchObject({ outcomes: [{ via: 'cache', output: 'ha' }], metadata: { cacheHits: 1 } });
    expect(again.metadata.usage.costUsd).toBeUndefined();
    expect(await server.received()).toHaveLength(1);
  });
});
