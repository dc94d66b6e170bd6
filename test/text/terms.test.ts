import { describe, expect, it } from 'vitest';
import { queryTerms, terms, words } from '../../src/text/terms.ts';

describe('the terms of words', () => {
  it.each([
    'retry retries retried retrying',
    'limit limits limited limiting',
    'cancel cancels cancelled',
    'depend depends',
  ])('are one for %s', (family) => {
    expect(new Set(family.split(' ').flatMap(terms)).size).toBe(1);
  });

  it.each([
    ['test', 'latest'],
    ['act', 'actor'],
    ['string', 'strength'],
  ])('keep %s and %s apart', (a, b) => {
    expect(terms(a)).not.toEqual(terms(b));
  });
});

describe('terms', () => {
  it('takes names apart at capitals, hyphens and underscores', () => {
    expect(words('maxOpenWaitMs rate-limit half_open HTTPServer')).toEqual([
      'max',
      'open',
      'wait',
      'ms',
      'rate',
      'limit',
      'half',
      'open',
      'http',
      'server',
    ]);
  });

  it('leaves out words that carry no meaning', () => {
    expect(terms('the gate and its leases')).toEqual(['gate', 'leas']);
  });

  it('reads scripts without spaces as pairs of characters', () => {
    expect(terms('状態機械')).toEqual(['状態', '態機', '機械']);
  });

  it('leaves out words about the asking', () => {
    expect(queryTerms('Explain how the breaker works')).toEqual(['breaker']);
  });

  it('keeps words about the asking when there is nothing else', () => {
    expect(queryTerms('how does it work?')).toEqual(['work']);
  });
});
