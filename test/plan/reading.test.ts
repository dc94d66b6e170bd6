import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSoar, SoarError } from '../../src/index.ts';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { parseReading, passageOf, withPlaces, withReading } from '../../src/plan/reading.ts';

const TEXT = 'one\ntwo\nthree\n';
const read = (entry: string) => {
  const reading = parseReading(entry);
  if (reading.path !== 'a.md') throw new Error(`there is no file ${reading.path}`);
  return passageOf(reading, TEXT);
};

describe('parseReading', () => {
  it.each([
    ['docs/a.md', { path: 'docs/a.md', lines: null }],
    ['docs/a.md:12', { path: 'docs/a.md', lines: [12, 12] }],
    ['docs/a.md:12-40', { path: 'docs/a.md', lines: [12, 40] }],
    ['C:/a b.md:1-2', { path: 'C:/a b.md', lines: [1, 2] }],
    ['a:b', { path: 'a:b', lines: null }],
    [' docs/a.md ', { path: 'docs/a.md', lines: null }],
    [' docs/a.md:2 ', { path: 'docs/a.md', lines: [2, 2] }],
    ['docs/a.md :2', { path: 'docs/a.md', lines: [2, 2] }],
    ['a.md:12x', { path: 'a.md:12x', lines: null }],
    ['x\na.md:1', { path: 'x\na.md:1', lines: null }],
  ])('reads %s', (text, expected) => {
    expect(parseReading(text)).toEqual(expected);
  });
});

describe('passageOf', () => {
  it.each([
    ['a.md', 'a.md:1-3', 'one\ntwo\nthree'],
    ['a.md:2', 'a.md:2-2', 'two'],
    ['a.md:2-99', 'a.md:2-3', 'two\nthree'],
  ])('takes the lines of %s', (entry, id, text) => {
    expect(read(entry)).toMatchObject({ id, text });
  });

  it.each(['a.md:4', 'a.md:0', 'a.md:3-2'])('refuses lines that are not there: %s', (entry) => {
    expect(() => read(entry)).toThrow('it has 3 lines');
  });

  it.each([
    ['one', 1],
    ['one\ntwo', 2],
    ['one\ntwo\n', 2],
    ['', 1],
  ])('takes the whole of %j for %i lines', (text, endLine) => {
    expect(passageOf({ path: 'a', lines: null }, text)).toMatchObject({ endLine, text: text.trimEnd() });
  });

  it('speaks of one line', () => {
    expect(() => passageOf({ path: 'a', lines: [2, 2] }, 'one')).toThrow(/it has 1 line$/);
  });

  it('takes the mark of the encoding away, at the beginning alone', () => {
    expect(passageOf({ path: 'a', lines: null }, '\uFEFFone').text).toBe('one');
    expect(passageOf({ path: 'a', lines: null }, 'o\uFEFFne').text).toBe('o\uFEFFne');
  });
});

describe('withReading', () => {
  it('puts what is read before the passages there are', () => {
    const passages = [read('a.md:3')];
    const plan = withReading({ tasks: [{ id: 'a', prompt: 'x', read: ['a.md:1', 'a.md:2'], passages }] }, read);
    expect(plan.tasks[0]).not.toHaveProperty('read');
    expect(plan.tasks[0]?.passages?.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });

  it('names every entry that cannot be read', () => {
    const tasks = [
      { id: 'a', prompt: '', read: ['a.md', 'b.md'] },
      { id: 'b', prompt: '', read: ['a.md:9'] },
    ];
    const refusal = () => withReading({ tasks }, read);
    expect(refusal).toThrow('Task `a` cannot read `b.md`: there is no file b.md.');
    expect(refusal).toThrow('Task `b` cannot read `a.md:9`: it has 3 lines.');
    try {
      refusal();
    } catch (error) {
      const issues = SoarError.isInstance(error) ? error.issues : [];
      expect(issues).toMatchObject([
        { path: 'tasks[0].read[1]', code: 'unreadable', taskId: 'a' },
        { path: 'tasks[1].read[0]', code: 'unreadable', taskId: 'b' },
      ]);
    }
    expect.hasAssertions();
  });

  it('gives back a plan in which nothing is to be read', () => {
    for (const entries of [undefined, [], [3], ['a.md', 3]]) {
      const plan = { tasks: [{ id: 'a', prompt: '', ...(entries ? { read: entries as string[] } : {}) }] };
      expect(withReading(plan, null)).toBe(plan);
    }
  });

  it('is refused by an engine that reads no files', () => {
    const soar = createSoar({ agents: { x: () => '' } });
    try {
      soar.run({ tasks: [{ id: 'a', prompt: '', read: ['a.md'] }] });
      expect.unreachable();
    } catch (error) {
      expect(SoarError.isInstance(error) && error.code).toBe('not-supported');
      expect(String(error)).toContain('Use createSoar from soar-machine/node');
    }
  });

  it('leaves agents of a wrong form to those who check it', () => {
    const soar = createSoar({ agents: { x: () => '' } });
    for (const agents of [{ y: null }, { y: 'sh' }, { y: {} }]) {
      expect(() => soar.run({ agents: agents as never, tasks: [] })).toThrow(SoarError);
    }
  });

  it('leaves plans of a wrong form to those who check it', () => {
    const shapes = fc.oneof(
      fc.jsonValue(),
      fc.record({ tasks: fc.array(fc.oneof(fc.jsonValue(), fc.record({ read: fc.jsonValue() }))) }),
    );
    fc.assert(
      fc.property(shapes, (plan) => {
        try {
          withReading(plan as never, read);
        } catch (error) {
          expect(SoarError.isInstance(error) && error.code).toBe('invalid-plan');
        }
      }),
    );
  });
});

describe('withPlaces', () => {
  it('makes a plan that a person can read, and that reads the same passages', () => {
    const passages = [read('a.md:1-2'), read('a.md:3')];
    const plan = {
      goal: 'G',
      tasks: [
        { id: 'a', prompt: 'x', passages },
        { id: 'b', prompt: 'y' },
      ],
    };
    expect(withPlaces(plan).tasks[0]).not.toHaveProperty('passages');
    const text = formatPlanYaml(withPlaces(plan));
    expect(text).toContain('    read:\n      - a.md:1-2\n      - a.md:3-3\n');
    expect(text).not.toContain('two');
    expect(withReading(parsePlanText(text), read)).toEqual(plan);
  });
});
