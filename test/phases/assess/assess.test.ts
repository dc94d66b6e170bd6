import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assess } from '../../../src/phases/assess/assess.ts';

const complexity = (query: string) => assess({ query }).complexity;

describe('assess', () => {
  it.each([
    ['what is python', 'simple'],
    ['implement user authentication with oauth', 'complex'],
    ['fix security bug', 'critical'],
    ['there was a data loss last night', 'critical'],
    ['is our export gdpr safe', 'critical'],
    ['encrypt payment records', 'critical'],
  ])('takes "%s" for %s', (query, expected) => {
    expect(complexity(query)).toBe(expected);
  });

  it('takes an explanation for medium or more', () => {
    expect(['medium', 'complex']).toContain(complexity('explain how the caching works'));
  });

  it('needs an action for a sensitive thing to be critical', () => {
    expect(complexity('check production status')).not.toBe('critical');
  });

  it('is sure that an empty query is simple', () => {
    expect(assess({ query: '  ' })).toMatchObject({ complexity: 'simple', score: 0, confidence: 1 });
  });

  it('gives a critical query a fixed score and confidence', () => {
    expect(assess({ query: 'production outage' })).toMatchObject({ score: 100, confidence: 0.95 });
  });

  it('matches whole words', () => {
    expect(assess({ query: 'latest greatest contest' }).score).toBe(assess({ query: 'purple orange yellow' }).score);
  });

  it('scores each further question', () => {
    expect(assess({ query: 'is it red? is it big?' }).score).toBeGreaterThan(
      assess({ query: 'is it red, is it big?' }).score,
    );
  });

  it('names the signals that counted, strongest first', () => {
    expect(assess({ query: 'implement a cache' }).reasons[0]).toContain('"implement"');
  });

  it('keeps score, complexity and confidence consistent for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (query) => {
        const result = assess({ query });
        expect(result.confidence).toBeGreaterThanOrEqual(0.5);
        expect(result.confidence).toBeLessThanOrEqual(1);
        if (result.complexity === 'critical') return;
        const expected = result.score <= 11 ? 'simple' : result.score <= 28 ? 'medium' : 'complex';
        expect(result.complexity).toBe(expected);
      }),
    );
  });
});
