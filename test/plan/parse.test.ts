import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { parsePlanText, readPlanText } from '../../src/plan/parse.ts';
import { parsePlan } from '../../src/plan/plan.schema.ts';
import type { Plan } from '../../src/plan/types.ts';
import { planFailure } from '../support/plan-failure.ts';

const messageOf = (text: string, options = {}) => planFailure(() => parsePlanText(text, options)).message;

describe('the format of a plan', () => {
  it.each([
    ['YAML by its name', 'tasks: [{ id: a, prompt: "" }]', { name: 'plan.yml' }],
    ['JSON by its name', ' {"tasks": [{"id": "a", "prompt": ""}]}', { name: 'dir/plan.JSON' }],
    ['Markdown by its name', '- [ ] a. x', { name: 'tasks.md' }],
    ['YAML by its look', 'goal: x\ntasks:\n  - id: a\n    prompt: |\n      - [ ] no task', {}],
    ['flow YAML by its look', '{ tasks: [{ id: a, prompt: "" }] }', {}],
    ['JSON by its look', '\n{"tasks": [{"id": "a", "prompt": ""}]}', {}],
    ['Markdown by its look', 'Words\n\n- [ ] 1. x', {}],
    ['what it is said to be', 'tasks:\n- [ ] 1. x', { format: 'markdown', name: 'plan.yaml' }],
  ] as const)('is %s', (_, text, options) => {
    expect(parsePlanText(text, options).tasks).toHaveLength(1);
  });
});

describe('a YAML plan', () => {
  it('keeps numbers that are names as they were written', () => {
    const text =
      'tasks:\n  - { id: 1.10, prompt: a, env: { V: 3.10, N: 010 } }\n  - { id: 2, prompt: b, dependsOn: [1.10] }';
    expect(parsePlanText(text).tasks).toEqual([
      { id: '1.10', prompt: 'a', env: { V: '3.10', N: '010' } },
      { id: '2', prompt: 'b', dependsOn: ['1.10'] },
    ]);
  });

  it('says in which line a fault is', () => {
    const text = 'goal: x\ntasks:\n  - id: a\n    prmpt: a\n  - id: b\n    prompt: ""\n    dependsOn: [a, null]\n';
    expect(messageOf(text, { name: 'p.yaml' })).toBe(
      [
        'The plan p.yaml has 3 faults:',
        '  Line 3: `tasks[0].prompt` is missing; expected a string. (task `a`)',
        '  Line 4: Unknown key `prmpt` in `tasks[0]`. Did you mean `prompt`? (task `a`)',
        '  Line 7: Expected `tasks[1].dependsOn[1]` to be a string or a finite number, got `null`. (task `b`)',
      ].join('\n'),
    );
  });

  it('reports its faults in the order of their lines, each unknown key at its own', () => {
    const text =
      'gaol: x\ntasks:\n  - id: a\n    promt:\n      - a\n    prompt: a\n\ndefault:\n  agent: sh\npolicy: patint\n';
    const lines = messageOf(text).split('\n').slice(1);
    expect(lines.map((line) => line.slice(2, 30))).toEqual([
      'Line 1: Unknown key `gaol` i',
      'Line 4: Unknown key `promt` ',
      'Line 8: Unknown key `default',
      'Line 10: Expected `policy` t',
    ]);
  });

  it('is empty when it has comments alone', () => {
    expect(messageOf('# nothing yet\n')).toBe('The plan is not valid: It is empty.');
  });

  it('is refused with line and column when it is no YAML, or has a key twice', () => {
    expect(messageOf('tasks: []\ngoal: a\ngoal: b')).toBe(
      'The plan is not valid: Line 3, column 1: The key `goal` is there already; keys must be unique.',
    );
    expect(messageOf('goal: "x\n')).toMatch(/Line \d, column \d: Missing closing "quote/);
    expect(messageOf('goal: !secret x\ntasks: []')).toMatch(/Line 1, column 7: Unresolved tag/);
  });

  it('is refused when its aliases explode', () => {
    const lines = Array.from(
      { length: 9 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i ? `*a${i - 1}` : 'x')
          .join(', ')}]`,
    );
    expect(messageOf(`${lines.join('\n')}\ntasks: []`)).toMatch(/alias/);
  });

  it('may merge one mapping into another', () => {
    const text = 'tasks:\n  - &base { id: a, prompt: x, timeoutMs: 5 }\n  - { <<: *base, id: b }';
    expect(parsePlanText(text).tasks[1]).toEqual({ id: 'b', prompt: 'x', timeoutMs: 5 });
  });
});

describe('a JSON plan', () => {
  it.each([
    ['{"tasks": [{"id": "a", "prompt": x}]}', 'Line 1, column 34: expected a value, found `x`'],
    ['{\n  "tasks": [\n    {"id": "a",}\n]}', 'Line 3, column 16: expected a key in double quotes, found `}`'],
    ['{"tasks": []', 'Line 1, column 13: expected `,` or `}`, found the end of the text'],
    ['{"tasks" []}', 'Line 1, column 10: expected `:`, found `[`'],
    ['{"tasks": []} x', 'Line 1, column 15: expected nothing more, found `x`'],
    ["{'tasks': []}", "Line 1, column 2: expected a key in double quotes, or `}`, found `'`"],
  ])('says where %j stops being JSON', (text, where) => {
    expect(messageOf(text, { format: 'json' })).toBe(`The plan is not valid: It is not JSON. ${where}.`);
  });

  it('finds a place in every text that is no JSON, and in none that is', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ',', '"', 'x', '\\'), (json, at, extra) => {
        const i = at % (json.length + 1);
        const text = `${json.slice(0, i)}${extra}${json.slice(i)}`;
        const isJson = (() => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        if (text.trim() === '' || isJson) return;
        expect(messageOf(text, { format: 'json' })).toMatch(/It is not JSON\. Line \d+, column \d+: expected /);
      }),
    );
  });
});

describe('parsePlanText', () => {
  it('refuses an empty text and a text that is not a plan', () => {
    expect(messageOf(' \n', { name: 'p.md' })).toBe('The plan p.md is not valid: It is empty.');
    expect(messageOf('just words')).toContain('Expected the plan to be an object, got `just words` (string).');
  });
});

describe('formatPlanYaml', () => {
  it('writes a plan for people, goal first and tasks last', () => {
    const plan: Plan = {
      tasks: [
        { id: '1', prompt: 'two\nlines\n' },
        { id: 'b', prompt: 'x'.repeat(200), dependsOn: ['1'], agent: undefined },
      ],
      goal: 'g',
      defaults: { agent: 'sh' },
    };
    expect(formatPlanYaml(plan)).toBe(
      `goal: g\ndefaults:\n  agent: sh\ntasks:\n  - id: "1"\n    prompt: |\n      two\n      lines\n  - id: b\n    prompt: ${'x'.repeat(200)}\n    dependsOn:\n      - "1"\n`,
    );
  });

  it('gives back the same plan when it is read again', () => {
    const id = fc.stringMatching(/^[\w.:é -]{0,10}\w$/);
    const task = fc.record(
      { id, prompt: fc.string(), dependsOn: fc.array(id), env: fc.dictionary(id, fc.string()), critical: fc.boolean() },
      { requiredKeys: ['id', 'prompt'] },
    );
    fc.assert(
      fc.property(fc.array(task), fc.option(fc.string(), { nil: undefined }), (tasks, goal) => {
        const plan: Plan = { ...(goal === undefined ? {} : { goal }), tasks };
        expect(parsePlan(readPlanText(formatPlanYaml(plan), { format: 'yaml' }).value)).toEqual(plan);
      }),
    );
  });
});
