import { expect, it } from 'vitest';
import { priced, readUsage, sumUsage } from '../../src/policy/usage.ts';

const price = { inputPerMillion: 2, outputPerMillion: 10 };

it('prices input, cached input and output each by its own figure', () => {
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 100_000 };
  expect(priced(usage, { ...price, cachedInputPerMillion: 0.5 }).costUsd).toBeCloseTo(1.2 + 0.2 + 1, 10);
  expect(priced(usage, price).costUsd).toBeCloseTo(3, 10);
});

it('prices a total that is not split by the dearer figure', () => {
  expect(priced({ totalTokens: 500_000 }, price).costUsd).toBe(5);
});

it('never counts more cached input than there was input', () => {
  const usage = { inputTokens: 10, cachedInputTokens: 1_000_000 };
  expect(priced(usage, { ...price, cachedInputPerMillion: 1 }).costUsd).toBeCloseTo(0.00001, 12);
});

it('believes what an agent says of its own cost', () => {
  expect(priced({ inputTokens: 5, costUsd: 0 }, price)).toEqual({ inputTokens: 5, costUsd: 0 });
});

it('leaves the cost unknown without a price or without tokens', () => {
  expect(priced({ inputTokens: 5 }, null)).toEqual({ inputTokens: 5 });
  expect(priced({}, price)).toEqual({});
});

it('sums a cost only where one is known', () => {
  expect(sumUsage([{ inputTokens: 1 }, undefined])).toEqual({ inputTokens: 1, outputTokens: 0, totalTokens: 1 });
  expect(sumUsage([{ costUsd: 1 }, { outputTokens: 2 }, { costUsd: 0.5 }])).toMatchObject({ costUsd: 1.5 });
});

it('takes what a report comes to from its parts when it names no total', () => {
  expect(sumUsage([{ inputTokens: 5, outputTokens: 3 }, { totalTokens: 4 }, { outputTokens: 2 }])).toEqual({
    inputTokens: 5,
    outputTokens: 5,
    totalTokens: 14,
  });
});

it('prices output alone by its own figure', () => {
  expect(priced({ outputTokens: 1_000_000, totalTokens: 2_000_000 }, { ...price, inputPerMillion: 100 }).costUsd).toBe(
    10,
  );
});

it.each([
  [undefined, undefined],
  [null, undefined],
  ['many', undefined],
  [{}, undefined],
  [{ inputTokens: Number.NaN, outputTokens: Number.POSITIVE_INFINITY, totalTokens: -1, costUsd: '1' }, undefined],
  [{ inputTokens: undefined, outputTokens: 3 }, { outputTokens: 3 }],
  [
    { inputTokens: 0, costUsd: 0.5, reasoning: 'deep' },
    { inputTokens: 0, costUsd: 0.5, reasoning: 'deep' },
  ],
])('takes of a report %o what is a count', (reported, usage) => {
  expect(readUsage(reported)).toEqual(usage);
});
