import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJson } from '../../src/text/find-json.ts';

describe('findJson', () => {
  it.each([
    ['prose and a fence around it', 'Sure!\n```json\n{ "a": 1 }\n```\nAnything else?', { a: 1 }],
    ['a trailing comma', '{ "a": 1, }', { a: 1 }],
    ['a line break in a string', '{ "a": "one\ntwo" }', { a: 'one\ntwo' }],
    ['single quotes', "{ 'a': 'b' }", { a: 'b' }],
    ['a comment', '{ "a": 1 // one\n}', { a: 1 }],
    ['brackets in a string', '{ "a": "x}y\\"]z" }', { a: 'x}y"]z' }],
    ['brackets in the prose', 'As [1] says: { "a": [1, 2] }', { a: [1, 2] }],
  ])('reads JSON with %s', (_, text, value) => {
    expect(findJson(text)).toEqual({ values: expect.arrayContaining([value]), fault: null });
    expect(findJson(text).values[0]).toEqual(value);
  });

  it('does not close what was cut off', () => {
    const whole = JSON.stringify({ subgoals: [{ id: 'a' }, { id: 'b' }] });
    for (let length = 1; length < whole.length; length++) {
      expect(findJson(whole.slice(0, length)).values).toEqual([]);
    }
    expect(findJson(`Here it is: ${whole.slice(0, -2)}`).fault).toBe(
      'The JSON has no end: its brackets are not closed.',
    );
  });

  it('finds it after any number of other brackets', () => {
    expect(findJson(`${'[link] '.repeat(500)}{ "a": [1, 2, 3, 4] }`).values[0]).toEqual({ a: [1, 2, 3, 4] });
  });

  it('says so when there is none', () => {
    expect(findJson('I cannot do that.').fault).toBe('There is no JSON in the answer.');
  });

  it('finds any object again, whatever is said around it', () => {
    const prose = fc.string().map((text) => text.replace(/[{[\]}"]/g, ''));
    fc.assert(
      fc.property(prose, fc.dictionary(fc.string(), fc.jsonValue()), prose, (before, value, after) => {
        const written = JSON.stringify(value);
        expect(findJson(`${before}${written}${after}`).values[0]).toEqual(JSON.parse(written));
      }),
    );
  });

  it('takes any text without throwing, in bounded time', () => {
    fc.assert(fc.property(fc.string(), (text) => void findJson(text)));
    expect(findJson('{['.repeat(50_000)).values).toEqual([]);
    expect(findJson('x [ '.repeat(50_000)).values).toEqual([]);
  });
});
