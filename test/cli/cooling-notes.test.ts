import { describe, expect, it } from 'vitest';
import { coolingNotes } from '../../src/cli/cooling-notes.ts';
import type { StoredPace } from '../../src/run/entries.ts';

const NOW = 1_000_000;
const paced = (provider: string, coolUntil: number | null): StoredPace => {
  const cooledAt = coolUntil === null ? null : NOW - 1000;
  return { provider, lastStart: NOW - 1000, extraMs: 0, coolUntil, cooledAt, streak: 1, at: NOW };
};
const journalOf = (...paces: StoredPace[]) => ({ paces: () => new Map(paces.map((one) => [one.provider, one])) });
const agents = { claude: { run: async () => '', provider: 'anthropic' }, twice: async () => '' };

describe('what is said of agents that an earlier run found rate-limited', () => {
  it('is how long each is left alone, by its provider or, without one, by itself', () => {
    const journal = journalOf(paced('anthropic', NOW + 90_000), paced('twice', NOW + 2000));
    expect(coolingNotes(journal, agents, NOW)).toEqual([
      'claude was rate-limited in an earlier run: it is asked again in 1 m 30 s',
      'twice was rate-limited in an earlier run: it is asked again in 2.0 s',
    ]);
  });

  it('is no longer than a task would wait', () => {
    const journal = journalOf(paced('anthropic', NOW + 3_600_000));
    expect(coolingNotes(journal, agents, NOW, { maxCoolingMs: 5000 })).toEqual([
      expect.stringMatching(/^claude .* in 5\.0 s$/),
    ]);
  });

  it.each([
    ['nothing is recorded', null],
    ['the time is over', journalOf(paced('anthropic', NOW))],
    ['it was never limited', journalOf(paced('anthropic', null))],
    ['others were', journalOf(paced('openai', NOW + 9000))],
  ])('is nothing when %s', (_, journal) => {
    expect(coolingNotes(journal, agents, NOW)).toEqual([]);
  });
});
