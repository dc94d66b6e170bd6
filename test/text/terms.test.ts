import { describe, expect, it } from 'vitest';
import { stem } from '../../src/text/stem.ts';
import { queryTerms, terms, words } from '../../src/text/terms.ts';

describe('stem', () => {
  it.each([
    ['retry retries retried retrying retryable'],
    ['limit limits limited limiting limiter'],
    ['compile compiles compiled compiling compiler compilation'],
    ['cancel cancels cancelled cancelling cancellation'],
    ['depend depends dependency dependencies dependent'],
    ['cache caches cached caching'],
    ['call calls called calling'],
    ['terminate terminated termination'],
  ])('brings %s to one form', (family) => {
    expect(new Set(family.split(' ').map(stem)).size).toBe(1);
  });

  it.each([
    ['test', 'latest'],
    ['act', 'actor'],
    ['string', 'strength'],
    ['process', 'procedure'],
  ])('keeps %s and %s apart', (a, b) => {
    expect(stem(a)).not.toBe(stem(b));
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
    expect(terms('the gate and its leases')).toEqual(['gat', 'leas']);
  });

  it('reads scripts without spaces as pairs of characters', () => {
    expect(terms('状態機械')).toEqual(['状態', '態機', '機械']);
  });

  it('leaves out words about the asking', () => {
    expect(queryTerms('Explain how the breaker works')).toEqual(['break']);
  });

  it('keeps words about the asking when there is nothing else', () => {
    expect(queryTerms('how does it work?')).toEqual(['work']);
  });
});
