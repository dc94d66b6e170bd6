import { describe, expect, it } from 'vitest';
import { splitQuestions } from '../../src/text/questions.ts';

const texts = (query: string) => splitQuestions(query).parts.map(({ text }) => text);

describe('splitQuestions', () => {
  it('leaves one question whole', () => {
    expect(texts('How does a task retry after a rate limit?')).toEqual(['How does a task retry after a rate limit?']);
  });

  it('takes joined questions apart', () => {
    expect(texts('What happens when the breaker is open, and how does the gate pace starts?')).toEqual([
      'What happens when the breaker is open?',
      'How does the gate pace starts?',
    ]);
  });

  it('does not split at an "and" within a question', () => {
    expect(texts('How do leases and permits expire?')).toHaveLength(1);
  });

  it('takes sentences apart', () => {
    expect(texts('What is a lease? Who grants permits?')).toEqual(['What is a lease?', 'Who grants permits?']);
  });

  it('takes numbered parts apart, each with the words before the list', () => {
    expect(texts('About the gate: 1. list its limits 2. explain cooling')).toEqual([
      'About the gate: list its limits',
      'About the gate: explain cooling',
    ]);
  });

  it('takes bulleted lines apart', () => {
    expect(texts('- find the breaker\n- explain the lease')).toEqual(['Find the breaker', 'Explain the lease']);
  });

  it('makes what follows "then" depend on what stands before', () => {
    const { parts } = splitQuestions('Find the slowest agents, then explain why they stall');
    expect(parts.map(({ text, after }) => [text, after])).toEqual([
      ['Find the slowest agents', null],
      ['Explain why they stall (about: slowest agents)', 0],
    ]);
  });

  it('distinguishes a part that says "it" what it is about', () => {
    expect(texts('How does the breaker open and what closes it?')[1]).toBe('What closes it? (about: breaker open)');
  });

  it.each([
    ['What is the difference between wave and eager schedules?', ['wave', 'eager schedules']],
    ['Compare the gate with the breaker', ['gate', 'breaker']],
    ['How does cooling differ from backoff?', ['cooling', 'backoff']],
    ['wave vs eager', ['wave', 'eager']],
  ])('sees a comparison in "%s"', (query, things) => {
    expect(splitQuestions(query).compared).toEqual(things);
  });

  it('finds nothing in a query without words', () => {
    expect(splitQuestions(' ?! ').parts).toEqual([]);
  });
});
