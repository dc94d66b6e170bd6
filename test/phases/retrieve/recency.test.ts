import { describe, expect, it } from 'vitest';
import { recencyWeights } from '../../../src/phases/retrieve/recency.ts';

const DAY = 24 * 60 * 60 * 1000;
const now = 1_700_000_000_000;
const changes = new Map([
  ['new', now],
  ['two-weeks', now - 14 * DAY],
  ['old', now - 700 * DAY],
]);
const weights = (question: string) => {
  const weightOf = recencyWeights(changes, [question]);
  return ['new', 'two-weeks', 'old', 'unknown'].map((path) => Math.round(weightOf(path) * 1000) / 1000);
};

describe('recencyWeights', () => {
  it('adds a tenth for the newest, half of it two weeks before', () => {
    expect(weights('How does the gate pace starts?')).toEqual([1.1, 1.05, 1, 1]);
  });

  it.each(['What changed in the gate recently?', 'the latest commits', 'what was changed'])(
    'doubles it for: %s',
    (query) => {
      expect(weights(query)).toEqual([2, 1.5, 1, 1]);
    },
  );

  it('weighs nothing without times', () => {
    expect(recencyWeights(new Map(), ['q'])('new')).toBe(1);
  });
});
