import { describe, expect, it } from 'vitest';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { type ParseOptions, parsePlanText } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/types.ts';
import { planFailure } from '../support/plan-failure.ts';

const failure = (text: string, options: ParseOptions = {}) => planFailure(() => parsePlanText(text, options));

/** The format a text is read as: by what is said of it when it is not a plan. */
function formatOf(text: string, options: ParseOptions = {}): string {
  const { message } = failure(text, options);
  if (message.includes('It is not JSON')) return 'json';
  return message.includes('There is no task in it') || message.includes('has no text') ? 'markdown' : 'yaml';
}

describe('the ending of a name', () => {
  const words = 'just words';

  it.each([
    ['plan.json', 'json'],
    ['dir.md/plan.JSON', 'json'],
    ['plan.yaml.json', 'json'],
    ['plan.md', 'markdown'],
    ['plan.Markdown', 'markdown'],
    ['plan.json.yaml', 'yaml'],
    ['plan.yml', 'yaml'],
    ['json', 'yaml'],
    ['plan.jsonc', 'yaml'],
    ['plan.json5', 'yaml'],
    ['plan.json~', 'yaml'],
    ['plan.xmd', 'yaml'],
  ])('of %s says %s', (name, format) => {
    expect(formatOf(words, { name })).toBe(format);
  });

  it.each(['plan.yaml', 'plan.yml', 'plan.YML'])('of %s goes before the look of the text', (name) => {
    expect(formatOf('{"goal": 1,}', { name })).toBe('yaml');
    expect(formatOf('- [ ]', { name })).toBe('yaml');
  });

  it('goes before the look of the text also where that is a list or a mapping', () => {
    expect(formatOf('tasks: 1', { name: 'plan.md' })).toBe('markdown');
    expect(formatOf('tasks: 1', { name: 'plan.json' })).toBe('json');
  });
});

describe('the look of a text', () => {
  it.each([
    ['{"goal": 1,}', 'json'],
    ['\n  {\n  "goal": 1,}', 'json'],
    ['{},', 'json'],
    ['{ },', 'json'],
    ['{ goal: 1 }', 'yaml'],
    ['a {"goal": 1,}', 'yaml'],
    ['goal: {"goal": 1}', 'yaml'],
    ['tasks: 1\nnotes: |\n  - [ ]\n', 'yaml'],
    ['"tasks": 1\nnotes: |\n  - [ ]\n', 'yaml'],
    ["goal: x\n'tasks' : 1\nnotes: |\n  - [ ]\n", 'yaml'],
    ['mytasks: 1\n\n- [ ]', 'markdown'],
    ['their tasks: one\n\n- [ ]', 'markdown'],
    ['- [ ]', 'markdown'],
    ['words\n   *   [x]', 'markdown'],
    ['+ [X]', 'markdown'],
    ['- [ ]\n', 'markdown'],
    ['- [y] 1. x', 'yaml'],
    ['x - [ ]', 'yaml'],
    ['-[ ]', 'yaml'],
    ['- [ ]x', 'yaml'],
    ['words', 'yaml'],
  ])('of %j is %s', (text, format) => {
    expect(formatOf(text)).toBe(format);
  });
});

describe('what is reported of a text that cannot be read', () => {
  it('names the file, the line and the cause', () => {
    const json = failure('{\n"tasks": x}', { name: 'p.json' });
    expect(json.message).toBe(
      'The plan p.json is not valid: It is not JSON. Line 2, column 10: expected a value, found `x`.',
    );
    expect(json.issues).toMatchObject([{ path: 'line 2', code: 'syntax' }]);
    expect(json.cause).toBeInstanceOf(SyntaxError);
    const yaml = failure('goal: a\ngoal: b', { name: 'p.yaml' });
    expect(yaml.message).toMatch(/^The plan p\.yaml is not valid: Line 2, column 1: /);
    expect(yaml.issues).toMatchObject([{ path: 'line 2', code: 'syntax' }]);
    expect(yaml.cause).toMatchObject({ name: 'YAMLParseError' });
  });

  it('names the file of a text that is YAML and cannot be made a value', () => {
    const bomb = failure('a: &a [*a]\ntasks: *b', { name: 'p.yaml' });
    expect(bomb.message).toMatch(/^The plan p\.yaml /);
    const lines = Array.from(
      { length: 9 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i ? `*a${i - 1}` : 'x')
          .join(', ')}]`,
    );
    const exploding = failure(`${lines.join('\n')}\ntasks: []`, { name: 'p.yaml' });
    expect(exploding.message).toMatch(/^The plan p\.yaml is not valid: It is not YAML that can be read: .*alias.*\.$/);
    expect(exploding.issues).toMatchObject([{ path: '', code: 'syntax' }]);
    expect(exploding.cause).toBeInstanceOf(Error);
  });

  it('has no line for an empty text, and one for JSON', () => {
    expect(failure(' \n').issues).toEqual([{ path: '', message: 'It is empty.', code: 'no-tasks' }]);
    expect(failure('{"tasks": 5}').issues).toMatchObject([
      { path: 'tasks', message: expect.stringMatching(/^Line 1: /) },
    ]);
    expect(failure('{"tasks": 5}')).not.toHaveProperty('cause');
  });

  it('is the line of the nearest thing that is there', () => {
    const message = failure(
      'goal: g\ntasks:\n  - id: a\n    prompt: x\n    policy:\n      retry: { retries: no }\n',
    ).message;
    expect(message).toMatch(/Line 6: Expected `tasks\[0\]\.policy/);
    expect(failure('goal: g\nagents: {}\n').message).toMatch(/Line 1: `tasks` is missing/);
    expect(failure('words').message).toMatch(/Line 1: Expected the plan to be an object/);
  });
});

describe('a mark of the byte order', () => {
  it('is passed over at the beginning and kept elsewhere', () => {
    const task = '{ "id": "a", "prompt": "x\uFEFFy" }';
    expect(parsePlanText(`\uFEFF{"tasks": [${task}]}`, { format: 'json' }).tasks[0]?.prompt).toBe('x\uFEFFy');
    expect(failure('\uFEFF{"tasks": ["\uFEFF", x]}', { format: 'json' }).message).toContain('Line 1, column 17:');
  });
});

describe('numbers that name something', () => {
  it('stay as they were written in the environment of an agent too', () => {
    const plan = parsePlanText(
      'agents:\n  sh: { kind: command, command: [sh], env: { V: 3.10 } }\n  none: { kind: command, command: [sh] }\ntasks: []',
    );
    expect(plan.agents?.sh).toMatchObject({ env: { V: '3.10' } });
  });

  it('do no harm where things are not what they should be', () => {
    for (const text of [
      'tasks: x',
      'tasks: [1, [2]]',
      'agents: x\ntasks: []',
      'agents: { sh: 1 }\ntasks: []',
      '- 1',
      '5',
    ]) {
      expect(failure(text, { format: 'yaml' }).message).toContain('Expected');
    }
  });

  it('are numbers where numbers are meant, and may be aliases', () => {
    const text =
      'tasks:\n  - { id: &one 1.0, prompt: a, timeoutMs: 1.50 }\n  - { id: 2, prompt: b, dependsOn: [*one] }';
    expect(parsePlanText(text).tasks).toEqual([
      { id: '1.0', prompt: 'a', timeoutMs: 1.5 },
      { id: '2', prompt: 'b', dependsOn: ['1.0'] },
    ]);
  });
});

describe('a plan that is written', () => {
  it('has long lines whole, nothing twice by reference, and nothing that is not there', () => {
    const env = { A: 'some words '.repeat(20).trim() };
    const plan = {
      goal: 'g',
      fallback: undefined,
      tasks: [
        { id: 'a', prompt: 'x', env, agent: undefined },
        { id: 'b', prompt: 'y', env },
      ],
    } as Plan;
    expect(formatPlanYaml(plan)).toBe(
      [
        'goal: g',
        'tasks:',
        '  - id: a',
        '    prompt: x',
        '    env:',
        `      A: ${env.A}`,
        '  - id: b',
        '    prompt: y',
        '    env:',
        `      A: ${env.A}`,
        '',
      ].join('\n'),
    );
  });
});
