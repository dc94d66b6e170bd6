import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../src/cli/run-id.ts';
import type { RunSummary } from '../../src/run/entries.ts';

const journal = {
  list: () => ['mq-3', 'mq-2', 'ab-1'].map((runId) => ({ runId }) as RunSummary),
  damaged: () => ['zz-9'],
};
const idOf = (given?: string, from: typeof journal = journal) => runIdOf(given, from, '.soar');

describe('the run that an argument means', () => {
  it.each([
    ['ab-1', 'ab-1'],
    ['ab', 'ab-1'],
    ['mq-2', 'mq-2'],
    ['z', 'zz-9'],
    ['unknown', 'unknown'],
    [undefined, 'mq-3'],
  ])('%s is %s', (given, expected) => {
    expect(idOf(given)).toBe(expected);
  });

  it('is refused when several begin so, with their ids', () => {
    expect(() => idOf('mq')).toThrow('2 runs begin with `mq`: `mq-3`, `mq-2`. Give more of the id.');
  });

  it('is refused where there are no runs', () => {
    expect(() => idOf(undefined, { list: () => [], damaged: () => [] })).toThrow('No runs in .soar yet');
  });
});
