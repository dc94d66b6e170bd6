import { describe, expect, it } from 'vitest';
import { parseMarkdownPlan, readMarkdown } from '../../src/plan/markdown.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { planFailure } from '../support/plan-failure.ts';

const faultsOf = (...lines: string[]) =>
  planFailure(() => parseMarkdownPlan(lines.join('\n'))).issues.map(({ message }) => message);
const tasksOf = (...lines: string[]) => parseMarkdownPlan(lines.join('\n')).tasks;

const KNOWN = 'Agent, Depends, Critical, Timeout, Retries, Fallback, Policy, OnDependencyFailure';

describe('a task list of another tool', () => {
  it.each(['[P]', '(P)', '[parallel]', '(p)'])('refuses the mark %s after an id by its line', (mark) => {
    expect(faultsOf('- [ ] T001 a', `- [ ] T002 ${mark} b`)).toEqual([
      `Line 2: \`${mark}\` states an order in a form that is not read here. Remove it, and write \`- Depends: none\` below task \`T002\`.`,
    ]);
  });

  it.each(['(depends on T001)', '(depends: T001)', '[after T001]', '(blocked by T001)', '(requires T001)'])(
    'refuses %s in a text and names what to write',
    (mark) => {
      expect(faultsOf('- [ ] T001 a', `- [ ] T002 b ${mark}`)).toEqual([
        expect.stringMatching(/^Line 2: .* write `- Depends: T001` below task `T002`\.$/),
      ]);
    },
  );

  it.each(['- [-] 2. b', '- [~] 2. b', '- [ ]* 2. b', '- [] 2. b', '- [ x ] 2. b', '- [x]2. b', '1. [ ] b', '* [/] b'])(
    'refuses the box of %j',
    (line) => {
      expect(faultsOf('- [ ] 1. a', line)).toEqual([
        expect.stringMatching(/^Line 2: `.*` is not a box of a task list\./),
      ]);
    },
  );

  it.each(['- [a](b.md)', '- [](b.md)', '- [1] a reference', '- [link] text', 'see [x](y)'])(
    'leaves the list item %j in a text alone',
    (line) => {
      expect(tasksOf('- [ ] 1. a', `  ${line}`)).toEqual([{ id: '1', prompt: `a\n${line}` }]);
    },
  );

  it('refuses a nested task that states no order, and reads one that does', () => {
    expect(faultsOf('- [ ] 1. a', '  - [ ] 1.1 b')).toEqual([
      'Line 2: Task `1.1` is nested in task `1`, which states no order. Write `- Depends: 1` or `- Depends: none` below it, or unindent it.',
    ]);
    expect(tasksOf('- [ ] 1. a', '  - [ ] 1.1 b', '    - Depends: none')).toHaveLength(2);
    expect(tasksOf('- [ ] 1. a', '  - [x] 1.1 b')).toHaveLength(2);
  });

  it('refuses a section that states the order of tasks in words', () => {
    const section = ['## Dependencies', '- T001 comes before everything'];
    expect(faultsOf('- [ ] T001 a', '- [ ] T002 b', '', ...section)).toEqual([
      expect.stringMatching(/^Line 5: This section states the order of tasks in words/),
    ]);
    expect(tasksOf('# Dependencies of the app', '- see T001', '- [ ] T001 a')).toHaveLength(1);
    expect(tasksOf('- [ ] T001 a', '## Dependencies', 'lodash 4.17')).toHaveLength(1);
  });

  it.each(['- Depends: 1', 'Depends on: 1', '- Agent: x', 'Dependencies: 1'])(
    'refuses %j where it stands below no task',
    (line) => {
      expect(faultsOf('- [ ] 1. a', '', '## Notes', line)).toEqual([
        expect.stringMatching(/^Line 4: .* stands below no task\. Indent it below the task it belongs to\.$/),
      ]);
    },
  );

  it.each(['dependencies', 'Requires', 'needs', 'after', 'blocked by', 'depends_on'])(
    'refuses the setting %s with a hint',
    (key) => {
      expect(faultsOf('- [ ] 1. a', '- [ ] 2. b', `  ${key}: 1`)).toEqual([
        `Line 3: Unknown setting \`${key}\`; known are Agent, Depends, Critical, Timeout, Retries, Fallback, Policy, OnDependencyFailure. Did you mean \`Depends\`? (task \`2\`)`,
      ]);
    },
  );

  it('says of nested plans where their tasks belong', () => {
    const { issues } = planFailure(() => parsePlanText('{ "master": { "tasks": [] } }', { name: 'tasks.json' }));
    expect(issues.map(({ message }) => message)).toContain(
      'Line 1: Unknown key `master` in the plan. It holds `tasks`, which stand at the top of a plan.',
    );
  });
});

describe('a task list', () => {
  it('reads ids such as T001 without punctuation', () => {
    expect(tasksOf('- [ ] T001 Make it', '- [ ] T002 Use it', '  - Depends on: T001')).toEqual([
      { id: 'T001', prompt: 'Make it' },
      { id: 'T002', prompt: 'Use it', dependsOn: ['T001'] },
    ]);
  });

  it('reads a setting without a bullet', () => {
    expect(tasksOf('- [ ] 1. One', '- [ ] 2. Two', '  Depends on: 1', '  **Agent:** claude')).toEqual([
      { id: '1', prompt: 'One' },
      { id: '2', prompt: 'Two', dependsOn: ['1'], agent: 'claude' },
    ]);
  });

  it('keeps lines that only look like settings as text', () => {
    const lines = [
      'Note: this',
      'Agent: the one of the customer',
      'Critical: all that stands above',
      'Read: docs',
      'Done: now',
    ];
    expect(tasksOf('- [ ] 1. One', ...lines.map((line) => `  ${line}`))[0]?.prompt).toBe(`One\n${lines.join('\n')}`);
  });

  it.each([
    ['Retries: many', 'Expected a whole number, e.g. 2.'],
    ['Timeout: soon', 'Expected a time with its unit: 500ms, 60s, 5m or 1h.'],
    ['Critical: everything', 'Expected yes or no.'],
    ['Agent: the first', 'Expected the id of one agent, e.g. `- Agent: @claude`.'],
    ['Fallback: some other', 'Expected the id of an agent, or none.'],
    ['Policy: brave', 'Expected one of default, production, fastFail, patient, development, test.'],
    ['OnDependencyFailure: stop', 'Expected proceed, skip or abort.'],
  ])('refuses a known setting with a wrong value, with a bullet and without: %s', (line, expected) => {
    const said = `Line 2: \`${line}\` cannot be read. ${expected}`;
    expect(faultsOf('- [ ] 1. One', `  - ${line}`)).toEqual([`${said} (task \`1\`)`]);
    for (const bare of [line, `**${line.replace(':', ':**')}`, `_${line}_`]) {
      expect(faultsOf('- [ ] 1. One', `  ${bare}`)).toEqual([
        `${said} If it is text for the agent, begin the line with another word. (task \`1\`)`,
      ]);
    }
  });

  it('refuses keys of other plan files below a task', () => {
    expect(faultsOf('- [ ] 1. One', '  timeoutMs: 500')).toEqual([
      `Line 2: Unknown setting \`timeoutMs\`; known are ${KNOWN}. Did you mean \`Timeout\`? (task \`1\`)`,
    ]);
  });

  it('ignores prose below no task', () => {
    expect(tasksOf('- [ ] 1. One', '', '## Notes', 'Timeout: see above', 'Retries: many')).toHaveLength(1);
  });

  it('notes that it states no order, once two tasks could start', () => {
    const notesOf = (...lines: string[]) => readMarkdown(lines.join('\n')).notes;
    expect(notesOf('- [ ] 1. a', '- [ ] 2. b')).toEqual([expect.stringContaining('all 2 tasks may start at once')]);
    expect(notesOf('- [ ] 1. a', '- [x] 2. b')).toEqual([]);
    expect(notesOf('- [ ] 1. a', '- [ ] 2. b', '  - Depends: 1')).toEqual([]);
  });
});
