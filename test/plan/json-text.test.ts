import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/plan/json-text.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { planFailure } from '../support/plan-failure.ts';

const LARGE = 'a large whole number';
const isLarge = (value: unknown) => Number.isInteger(value) && !Number.isSafeInteger(value);

describe('a plan in JSON', () => {
  it('names the line of each fault, of form and of meaning', () => {
    const text =
      '{\n "tasks": [\n  { "id": "a", "prompt": "x" },\n  { "id": "a",\n    "promt": "y",\n    "dependsOn": ["b"] }\n ]\n}';
    expect(planFailure(() => parsePlanText(text, { format: 'json' })).issues.map(({ message }) => message)).toEqual([
      'Line 4: `tasks[1].prompt` is missing; expected a string. (task `a`)',
      'Line 4: Task id `a` is used twice, at tasks[0] and tasks[1]; ids must be unique.',
      'Line 5: Unknown key `promt` in `tasks[1]`. Did you mean `prompt`? (task `a`)',
      'Line 6: Task `a` depends on `b`, which is not in the plan.',
    ]);
  });

  it('refuses a key that one object has twice', () => {
    expect(readJson('{"a": 1,\n "a": {"b": 1}}').faults.map(({ line, message }) => [line, message])).toEqual([
      [2, 'The key `a` is there already; keys must be unique.'],
    ]);
    expect(readJson('[{"a": 1}, {"a": "\\"a\\": 1"}]').faults).toEqual([]);
  });

  it('reads what JSON.parse reads but for large whole numbers, and finds no duplicate keys in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, space) => {
        fc.pre(JSON.stringify(value, (_, one) => (isLarge(one) ? LARGE : one))?.includes(LARGE) !== true);
        const text = JSON.stringify(value, null, space);
        const read = readJson(text);
        expect(read.value).toEqual(JSON.parse(text));
        expect(read.faults).toEqual([]);
      }),
    );
  });

  it('finds the line of every part', () => {
    const { lineOf } = readJson('{\n"a": [\n1,\n{"b":\n2}]}');
    expect(lineOf(['a'])).toBe(2);
    expect(lineOf(['a', 0])).toBe(3);
    expect(lineOf(['a', 1, 'b'])).toBe(4);
    expect(lineOf(['a', 7, 'c'])).toBe(2);
  });
});

it.each(['x', '\\n', '日', '\\u00e9'])('reads strings of megabytes: %s', (char) => {
  const body = `{"env":"${char.repeat(10_000_000)}","a":1,"a":2}`;
  const { faults, lineOf } = readJson(body);
  expect(faults.map(({ message }) => message)).toEqual(['The key `a` is there already; keys must be unique.']);
  expect(lineOf(['env'])).toBe(1);
});
