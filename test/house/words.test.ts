import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Words that read like a translation, with the field's own. Names of agents in backticks or quotes do not count. */
const WORDS: readonly [RegExp, string][] = [
  [/\b(?:whoever|nobody|somebody|anybody|everybody)\b/i, 'the caller, user, process, agent or task'],
  [/\btwins?\b/i, 'duplicate'],
  [/\b(?:told|telling)\b/i, 'report, emit, record, return, ask'],
  [/\bnews\b/i, 'event'],
  [/\bin a turn of (?:its|their) own\b/i, 'on the next microtask'],
  [/\bgoes on\b/i, 'continues, resumes'],
  [/\b(?:that|which) (?:is|are) none\b/i, 'an adjective: invalid, unknown'],
];

/** Beginnings of a docstring that name nothing. */
const OPENINGS = /^\s*\/\*\* (?:What|Whom?|Whose|That|One|It) /;

const COMMENT = /^\s*(?:\/\*\*|\*|\/\/)\s?(.*)/;
const TITLE = /\b(?:it|test|describe)\b(?:\.[\w.()]+)?\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/;

function proseOf(line: string): string {
  const comment = COMMENT.exec(line)?.[1];
  if (comment !== undefined) return comment.replace(/`[^`]*`/g, '');
  const [, single, template] = TITLE.exec(line) ?? [];
  return single ?? template ?? /\s\/\/ (.*)$/.exec(line)?.[1] ?? '';
}

function faultsIn(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const prose = proseOf(line);
      const faults = WORDS.filter(([word]) => word.test(prose)).map(([, better]) => better);
      if (!file.startsWith('test') && OPENINGS.test(line)) faults.push('a verb or a noun phrase first');
      return faults.map((better) => `${file}:${index + 1}: say ${better}: ${line.trim()}`);
    });
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/(?:^|[\\/])(?:node_modules|fixtures|\.next)[\\/]/.test(name))
    .map((name) => join(folder, name));
}

describe('Comments and titles of tests', () => {
  it.each(['src', 'visualizer', 'test', 'bench', 'scripts', 'examples'])(
    'use the words of the field in %s',
    (folder) => {
      const sources = sourcesBelow(folder).filter((file) => !file.endsWith('words.test.ts'));
      expect(sources.length).toBeGreaterThan(0);
      expect(sources.flatMap(faultsIn)).toEqual([]);
    },
  );

  it('are found in comments of every form, and in titles', () => {
    const lines = [
      '/** Hears whoever calls. */',
      ' * nobody',
      'x(); // in a turn of its own',
      "it('tells the news', () => {",
    ];
    expect(lines.map((line) => WORDS.some(([word]) => word.test(proseOf(line))))).toEqual([true, true, true, true]);
    expect(proseOf("const agent = 'nobody';")).toBe('');
  });
});
