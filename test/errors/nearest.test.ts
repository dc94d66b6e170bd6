import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/errors/nearest.ts';

describe('nearest', () => {
  it.each([
    ['dependson', ['id', 'dependsOn'], 'dependsOn'],
    ['fast_fail', ['default', 'fastFail'], 'fastFail'],
    ['cluade', ['codex', 'claude'], 'claude'],
    ['waves', ['wave', 'eager'], 'wave'],
    ['9', ['1', '2'], null],
    ['banana', ['id', 'prompt'], null],
    ['', ['a'], null],
  ])('takes %j among %j for %j', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
