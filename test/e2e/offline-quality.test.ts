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

describe('what is asked of this project offline', () => {
  it.each([
    ['How is a run resumed after a crash?', /durability\.md|journal/],
    ['What does a breaker do when it is half-open?', /breaker/],
    ['How are secrets masked before they are stored?', /mask/],
    ['What is in src/policy/presets.ts?', /^src\/policy\/presets\.ts$/],
    ['How long is the backoff before a retry?', /^src\/policy\/backoff\.ts$/],
    ['What does the derived run timeout depend on?', /run-timeout\.ts|plan-files\.md/],
    [
      'Explain how a rate limit cools a provider and what that means for other tasks',
      /cooling|pacing|architecture|task/,
    ],
  ])('is answered from where it is written: %s', async (query, place) => {
    const { answer, sources = [], confidence, status } = await soar.ask(query).result;
    expect(status).toBe('succeeded');
    expect(sources.slice(0, 3).map(({ path }) => path)).toContainEqual(expect.stringMatching(place));
    expect(answer).toContain(`(${sources[0]?.path}:`);
    expect(confidence).toBeGreaterThanOrEqual(0.5);
  });

  it('has an answer for each of several questions', async () => {
    const { outcomes, answer } = await soar.ask('What paces starts, and what ends the processes of a dead owner?')
      .result;
    expect(outcomes).toHaveLength(3);
    expect(answer).toMatch(/### What paces starts\?|What paces starts\?/);
  });

  it('has none where nothing is written about it, and says so', async () => {
    const { answer, confidence } = await soar.ask('Why does sourdough bread rise in humid weather?').result;
    expect(confidence).toBeLessThan(0.5);
    expect(answer).toMatch(/^No answer was found|None of the lines quoted mentions: .*sourdough/m);
  });
});
