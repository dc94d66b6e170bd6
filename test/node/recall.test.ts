import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Retrieval } from '../../src/actors/phases/types.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { createSoar, type NodeSoarOptions } from '../../src/node/create-soar.ts';
import type { AgentRequest } from '../../src/types.ts';
import { temporaryDirectory } from '../support/processes.ts';

const QUESTION = 'How does the gate pace starts?';

/** A folder with a document about the gate, a journal, and engines whose one agent answers and cites it. */
async function story() {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, 'gate.md'), '# Gate\n\nThe gate paces starts by leases and gaps.\n');
  const journal = memoryJournal();
  return {
    cwd,
    journal,
    async ask(query = QUESTION, options: Partial<NodeSoarOptions> = {}) {
      const requests: AgentRequest[] = [];
      const one = (request: AgentRequest) => {
        requests.push(request);
        return 'The gate paces starts by leases and gaps (gate.md:3).';
      };
      const soar = createSoar({ agents: { one }, cwd, journal, ...options });
      const run = soar.ask(query);
      const notes: string[] = [];
      run.events$.subscribe((event) => {
        if (event.type === 'phase.completed' && event.phase === 'retrieve') notes.push(event.summary);
      });
      const result = await run.result;
      await soar.close();
      const paths = [...new Set(requests.flatMap(({ passages = [] }) => passages.map(({ path }) => path)))];
      return { result, paths, notes: notes.join(), prompts: requests.map(({ prompt }) => prompt).join('\n') };
    },
  };
}

describe('a question that was answered well', () => {
  it('is found by later ones, after the files and on top of them', async () => {
    const { ask } = await story();
    const first = await ask();
    expect(first.paths).toEqual(['gate.md']);
    expect(first.notes).not.toContain('Answered before');
    const again = await ask('What paces the starts at the gate?');
    expect(again.paths).toEqual(['gate.md', `run:${first.result.runId}`]);
    expect(again.notes).toContain(`Answered before: run:${first.result.runId}.`);
    expect(again.prompts).toContain(`Asked before: ${QUESTION}`);
  });

  it('is left out once a file it cites has changed, and when it is gone', async () => {
    const { ask, cwd } = await story();
    const { result } = await ask();
    await writeFile(join(cwd, 'gate.md'), '# Gate\n\nThe gate paces starts by dice.\n');
    const changed = await ask(`${QUESTION} And why?`);
    expect(changed.paths).not.toContain(`run:${result.runId}`);
    expect(changed.notes).toContain(`Left out, since files they cite have changed: run:${result.runId}.`);
    await rm(join(cwd, 'gate.md'));
    expect((await ask()).paths).not.toContain(`run:${result.runId}`);
  });

  it('is kept once, however often it is asked', async () => {
    const { ask, journal } = await story();
    await ask();
    const { result } = await ask();
    expect(journal.records.all().map(({ runId }) => runId)).toEqual([result.runId]);
  });

  it('does not get in the way of its own answers with a cache', async () => {
    const { ask } = await story();
    const version = 'v1';
    const run = () => 'The gate paces starts by leases and gaps (gate.md:3).';
    const options = { cache: true, agents: { one: { version, run } } };
    const first = await ask(QUESTION, options);
    const again = await ask(QUESTION, options);
    expect([first, again].map(({ result }) => result.metadata.cacheHits)).toEqual([0, again.result.outcomes.length]);
    expect(again.result.answer).toBe(first.result.answer);
    expect((await ask('What paces the starts at the gate?', options)).notes).toContain('Answered before');
  });

  it('is neither looked at nor kept without a memory', async () => {
    const { ask, journal } = await story();
    await ask(QUESTION, { memory: false });
    expect(journal.records.all()).toEqual([]);
    await ask();
    expect((await ask(QUESTION, { memory: false })).paths).toEqual(['gate.md']);
  });

  it('is kept by the process that goes on with its run, and not by one that only reads its result', async () => {
    const { ask, journal, cwd } = await story();
    const { result } = await ask();
    await writeFile(join(cwd, 'gate.md'), 'The gate paces starts by dice.\n');
    const soar = createSoar({ agents: { one: () => '' }, cwd, journal });
    await soar.resume(result.runId).result;
    await soar.close();
    const { paths } = await ask();
    expect(paths).not.toContain(`run:${result.runId}`);
  });

  it('is not kept where a synthesis of one’s own cites what is no list, and that ends no process', async () => {
    const { ask, journal } = await story();
    const synthesize = () => ({ answer: 'By leases.', confidence: 1, sources: null as never });
    expect((await ask(QUESTION, { phases: { synthesize } })).result.status).toBe('succeeded');
    expect(journal.records.all()).toEqual([]);
  });

  it('does not keep a question from being searched for by a retriever of one’s own', async () => {
    const { ask } = await story();
    await ask();
    const retrieve = (): Retrieval => ({ passages: [], budget: 5, searched: 0, notes: ['mine'] });
    expect(await ask(QUESTION, { phases: { retrieve } })).toMatchObject({
      paths: [],
      notes: expect.stringContaining('mine'),
    });
  });
});
