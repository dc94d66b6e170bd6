import { describe, expect, it } from 'vitest';
import { shellLine } from '../../src/cli/format.ts';
import { showValue } from '../../src/errors/show-value.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import { toTaskError } from '../../src/errors/to-task-error.ts';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import {
  cleanText,
  clipped,
  escaped,
  escapedJson,
  escapedLines,
  oneLine,
  quoted,
  shownJson,
} from '../../src/text/foreign-text.ts';

/** Characters that act on a terminal, or hide or reorder what stands beside them. */
const HOSTILE = [
  ...['\x00', '\x07', '\x08', '\x1b', '\x7f', '\x85', '\x90', '\x9b', '\x9d', '\u00ad', '\u061c', '\u200b', '\u200e'],
  ...['\u200f', '\u2028', '\u2029', '\u202a', '\u202e', '\u2060', '\u2066', '\u2069', '\ufeff', '\u{e0041}', '\ud800'],
];

describe('text to show', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m \x9b1mbold', 'red bold'],
    ['a title', '\x1b]0;title\x07text', 'text'],
    ['a link', '\x1b]8;;https://example.org\x1b\\label\x1b]8;;\x1b\\', 'label'],
    ['a string of the eight-bit kind', '\x9d0;title\x9ctext', 'text'],
    ['a device string', 'a\x1bPq#0\x1b\\b', 'ab'],
    ['a character set', '\x1b(Btext\x1b=', 'text'],
    ['the introducer of a string without an end', '\x1b]all that was said', 'all that was said'],
    ['a code that was cut off', 'text\x1b[3', 'text'],
    ['a title over two lines, which is not a title', '\x1b]0;first\nsecond\x07', '0;first\nsecond'],
    ['line ends of others', 'a\r\nb\rc', 'a\nb\nc'],
  ])('loses %s', (_, given, expected) => {
    expect(cleanText(given)).toBe(expected);
  });

  it('keeps lines, tabs, emoji and joined letters', () => {
    const text = 'a\tb\n👩‍💻 می‌خواهم 日本 é';
    expect(cleanText(text)).toBe(text);
  });

  it.each(HOSTILE)('loses the hostile character %j', (character) => {
    expect(cleanText(`a${character}\nb`)).toBe('a\nb');
    expect(oneLine(`a${character}\nb`)).toBe('a b');
  });
});

describe('a quoted name', () => {
  it.each(HOSTILE)('has the hostile character %j as an escape', (character) => {
    const shown = escaped(`a${character}b`);
    expect(shown).toMatch(/^a(?:\\u[0-9a-f]{4}){1,2}b$/);
    expect(JSON.parse(`"${shown}"`)).toBe(`a${character}b`);
  });

  it('stays on its line', () => {
    expect(quoted('a\nb\tc\r')).toBe('`a\\nb\\tc\\r`');
  });

  it('keeps an emoji whole, and shows a joiner that joins nothing', () => {
    expect(escaped('👩‍💻')).toBe('👩‍💻');
    expect(escaped('ad\u200dmin')).toBe('ad\\u200dmin');
  });

  it('is cut to 300 characters, never through a character', () => {
    expect(quoted('x'.repeat(1e6))).toHaveLength(302);
    expect(clipped('abc🚀def', 5)).toBe('abc…');
  });

  it('is a value of an error message', () => {
    expect(showValue('a\x1b]0;x\x07')).toBe('`"a\\u001b]0;x\\u0007"` (string)');
    expect(showValue('plain')).toBe('`plain` (string)');
  });

  it('is a word of a shell that means the same', () => {
    expect(shellLine(["it's", 'a\u202eb\\', '-x'])).toBe("'it'\\''s' $'a\\u202eb\\\\' -x");
  });
});

describe('a message', () => {
  it.each(HOSTILE)('of an error for users has the hostile character %j escaped', (character) => {
    const { message, issues } = new SoarError('usage', `a\n${character}`, {
      issues: [{ path: '', message: character }],
    });
    expect(message).toBe(`a\n${escaped(character)}`);
    expect(issues[0]?.message).toBe(escaped(character));
  });

  it.each(HOSTILE)('of a failed task loses the hostile character %j', (character) => {
    expect(toTaskError(new Error(`a${character}: \x1b[31mred\nb`), 0).message).toMatch(/^a:? ?:? ?red\nb$/);
  });
});

describe('what is printed', () => {
  it.each(HOSTILE)('as JSON says the hostile character %j, and is plain', (character) => {
    const json = escapedJson(JSON.stringify({ [character]: character }));
    expect(escapedLines(json)).toBe(json);
    expect(JSON.parse(json)).toEqual({ [character]: character });
  });

  it.each(HOSTILE.filter((one) => one !== '\ud800'))(
    'by a page shows the hostile character %j as an escape',
    (character) => {
      const json = JSON.stringify({ [character]: `a${character}\n\t\\u202e 👩‍💻` });
      expect(JSON.parse(shownJson(json))).toEqual({ [escaped(character)]: `a${escaped(character)}\n\t\\u202e 👩‍💻` });
    },
  );

  it('by a page shows what the JSON itself wrote as an escape', () => {
    expect(JSON.parse(shownJson('"\\u202e \\\\u202e \\ud83d\\ude00 \\u00e9"'))).toBe('\\u202e \\u202e 😀 é');
  });

  it('as a plan in YAML is plain, and reads as the same plan', () => {
    const plan = { tasks: [{ id: 'a', prompt: HOSTILE.filter((one) => one !== '\ud800').join('x\n') }] };
    const yaml = formatPlanYaml(plan);
    expect(escapedLines(yaml)).toBe(yaml);
    expect(parsePlanText(yaml)).toEqual(plan);
  });
});
