import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoar } from '../../src/node/create-soar.ts';

// A copy of what this project says of itself: its tests would answer with the questions below.
const root = join(import.meta.dirname, '../..');
let cwd = '';
let soar: ReturnType<typeof createSoar>;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'soar-quality-'));
  for (const part of ['docs', 'src', 'README.md']) await cp(join(root, part), join(cwd, part), { recursive: true });
  soar = createSoar({ cwd });
});
afterAll(async () => {
  await soar.close();
  await rm(cwd, { recursive: true, force: true });
});

describe('a question about this project, asked offline', () => {
  it.each([
    ['How is a run resumed after a crash?', /durability\.md|journal|resume/],
    ['What does a breaker do when it is half-open?', /breaker|architecture/],
    ['How are secrets masked before they are stored?', /mask|security\.md/],
    ['What is in src/policy/presets.ts?', /^src\/policy\/presets\.ts$/],
    ['How long is the backoff before a retry?', /^src\/policy\/backoff\.ts$/],
    ['What does the derived run timeout depend on?', /run-timeout\.ts|plan-files\.md/],
    ['How does a task retry after a rate limit?', /architecture\.md/],
    ['Where are cycles in a plan found?', /src\/plan\//],
    ['Which files are never read because they may hold secrets?', /secret-files\.ts|security\.md/],
    ['How is a process group killed?', /src\/node\/process\//],
    ['What does the --no-journal flag do?', /cli|durability\.md/],
    ['How do I write a test with a virtual clock?', /testing\.md|virtual-clock|src\/testing/],
  ])('shows the passage that answers among the first three: %s', async (query, place) => {
    const { answer, sources = [], status, ...rest } = await soar.ask(query).result;
    expect(status).toBe('succeeded');
    expect(sources.slice(0, 3).map(({ path }) => path)).toContainEqual(expect.stringMatching(place));
    expect(answer).toContain(`(${sources[0]?.path}:`);
    expect(rest).not.toHaveProperty('confidence');
  });

  it('has passages for each of several questions', async () => {
    const { outcomes, answer } = await soar.ask('What paces starts, and what ends the processes of a dead owner?')
      .result;
    expect(outcomes).toHaveLength(2);
    expect(answer).toMatch(/^### What paces starts\?\n[\s\S]*\n### What ends the processes of a dead owner\?\n/);
  });

  it('fails as not_found where nothing is written about it', async () => {
    const { answer, error, status } = await soar.ask('Why do sourdough loaves rise in humid weather?').result;
    expect({ answer, status, kind: error?.kind }).toEqual({
      answer: 'Nothing was found.',
      status: 'failed',
      kind: 'not_found',
    });
  });
});
