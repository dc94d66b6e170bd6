import { describe, expect, it } from 'vitest';
import { parseMarkdownPlan } from '../../src/plan/markdown.ts';
import { planFailure } from '../support/plan-failure.ts';

const tasksOf = (...lines: string[]) => parseMarkdownPlan(lines.join('\n')).tasks;
const promptOf = (...lines: string[]) => tasksOf(...lines)[0]?.prompt;
const issuesOf = (...lines: string[]) => planFailure(() => parseMarkdownPlan(lines.join('\n'))).issues;

describe('the text of a task in a list', () => {
  it('loses the indentation its lines share, tabs counted as four', () => {
    expect(promptOf('- [ ] 1. a', '\tmore', '\t\tdeeper', '', '\tlast')).toBe('a\nmore\n    deeper\n\nlast');
    expect(promptOf('- [ ] 1. a', '      code', '    less')).toBe('a\n  code\nless');
  });

  it('has no line for a comment that stands alone', () => {
    expect(promptOf('- [ ] 1. a', '  more', '  <!-- a note -->', '  text')).toBe('a\nmore\ntext');
  });

  it('continues right below a comment', () => {
    expect(promptOf('- [ ] 1. a', '<!-- a note -->', 'more')).toBe('a\nmore');
    expect(promptOf('- [ ] 1. a', '', 'no more')).toBe('a');
  });

  it('ends at an item of the list it stands in', () => {
    expect(tasksOf('- [ ] 1. a', '- a plain item', 'and its text')).toEqual([{ id: '1', prompt: 'a' }]);
  });

  it('ends at a heading', () => {
    expect(tasksOf('- [ ] 1. a', '## b', 'c')).toEqual([{ id: '1', prompt: 'a' }]);
  });
});

describe('code in a task of a list', () => {
  it('keeps its blank lines, whatever they are made of', () => {
    expect(promptOf('  - [ ] 1. a', '    ```', '    x', '', '    y', ' ', '    z', '    ```')).toBe(
      'a\n```\nx\n\ny\n\nz\n```',
    );
  });

  it('is not its own when it is indented no deeper', () => {
    expect(promptOf('- [ ] 1. a', '```', 'x', '```')).toBe('a');
    expect(promptOf('  - [ ] 1. a', '  ```', '  x', '  ```')).toBe('a');
    expect(tasksOf('- [ ] 1. a', '```', '- [ ] 2. b', '```', '- [ ] 3. c').map(({ id }) => id)).toEqual(['1', '3']);
  });

  it('is text of a task when a tab indents it, which is as deep as four spaces', () => {
    const fenced = ['\t```', '\tx', '\t```'];
    expect(promptOf('- [ ] 1. a', ...fenced)).toBe('a\n```\nx\n```');
    expect(promptOf('   - [ ] 1. a', ...fenced)).toBe('a\n```\nx\n```');
    expect(promptOf('    - [ ] 1. a', ...fenced)).toBe('a');
  });

  it('ends with a fence of its own kind, at least as long', () => {
    const inside = ['  ~~~', '  <!-- agent: x -->', '  ```', '  <!-- agent: y -->', '  ~~~~', '  <!-- agent: z -->'];
    expect(tasksOf('- [ ] 1. a', ...inside)).toEqual([
      { id: '1', prompt: 'a\n~~~\n<!-- agent: x -->\n```\n<!-- agent: y -->\n~~~~', agent: 'z' },
    ]);
    const longer = ['  ````', '  ```', '  <!-- agent: x -->', '  ````'];
    expect(promptOf('- [ ] 1. a', ...longer)).toBe('a\n````\n```\n<!-- agent: x -->\n````');
  });

  it('keeps the comments of all its lines, that of its fence too', () => {
    const lines = ['  ``` <!-- agent: x -->', '  <!-- agent: y -->', '  more', '  <!-- agent: z -->', '  ```'];
    expect(tasksOf('- [ ] 1. a', ...lines)).toEqual([
      { id: '1', prompt: `a\n${lines.map((line) => line.trim()).join('\n')}` },
    ]);
  });
});

describe('the comments of a list', () => {
  it('belong to the lines they begin on, the first, the second and the last', () => {
    expect(tasksOf('- [ ] 1. a <!-- agent: x -->', '- [ ] 2. b <!-- agent: y -->')).toMatchObject([
      { agent: 'x' },
      { agent: 'y' },
    ]);
    expect(tasksOf('x', '- [ ] 1. a <!-- agent: y -->')).toMatchObject([{ agent: 'y' }]);
    expect(tasksOf('', '', '- [ ] 1. a', '- [ ] 2. b <!-- critical: yes --> <!-- agent: y -->')).toEqual([
      { id: '1', prompt: 'a' },
      { id: '2', prompt: 'b', critical: true, agent: 'y' },
    ]);
  });

  it('may be anything else', () => {
    expect(tasksOf('- [ ] 1. a <!-- todo: x --> <!-- words --> <!---->')).toEqual([{ id: '1', prompt: 'a' }]);
  });
});

describe('the lines of a list', () => {
  it('end in any way there is', () => {
    expect(
      parseMarkdownPlan('\uFEFF- [ ] 1. a\r- [ ] 2. b\r\n- [ ] 3. c\uFEFFd').tasks.map(({ prompt }) => prompt),
    ).toEqual(['a', 'b', 'c\uFEFFd']);
  });
});

describe('a fault in a list', () => {
  it('has its line, its code and its task', () => {
    expect(
      issuesOf('- [ ] 1. a', '  - Agnt: x', '- [ ] 1. b', '- [ ] 3.', '- [ ] 4. d', '  - Depends: 9', '  - Agent: x'),
    ).toMatchObject([
      { path: 'line 2', code: 'unknown-setting', taskId: '1' },
      { path: 'tasks[1].id', code: 'duplicate-id', taskId: '1' },
      { path: 'line 4', code: 'missing', taskId: '3' },
      { path: 'tasks[3].dependsOn[0]', code: 'unknown-dependency', taskId: '4' },
    ]);
  });

  it('of a task without a number has no task while that is not given', () => {
    const [setting, dependency] = issuesOf('- [ ] a', '  - Agnt: x', '  - Depends: 9');
    expect(setting).not.toHaveProperty('taskId');
    expect(dependency).toMatchObject({ taskId: '1', message: expect.stringMatching(/^Line 3: /) });
  });

  it('is reported with the name of the file, and without a line when the list is empty', () => {
    const { message, issues } = planFailure(() => parseMarkdownPlan('words', 'tasks.md'));
    expect(message).toMatch(/^The plan tasks\.md is not valid: There is no task in it/);
    expect(issues).toMatchObject([{ path: '', code: 'no-tasks' }]);
  });

  it('may be an id that is too long', () => {
    const [fault, ...others] = issuesOf(`- [ ] ${'1'.repeat(201)}. a`);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ path: 'tasks[0].id', code: 'invalid-id' });
    expect(fault?.message).toMatch(
      /^Line 1: Expected `tasks\[0\]\.id` to be at most 200 characters long, got `1{60}…`/,
    );
  });
});

describe('a dependency in a list', () => {
  it('may end in a dot, and is no other number for having a zero in it', () => {
    expect(tasksOf('- [ ] 1. a', '- [ ] 2. b', '  - Depends: 1.')[1]?.dependsOn).toEqual(['1']);
    expect(issuesOf('- [ ] 1.2 a', '- [ ] 2. b', '  - Depends: 1.0.2').map(({ message }) => message)).toEqual([
      'Line 3: Task `2` depends on `1.0.2`, which is not in the plan.',
    ]);
  });

  it('that is not there comes with what was meant, while the faults can be listed', () => {
    const many = Array.from({ length: 21 }, (_, i) => [`- [ ] ${i + 1}. a`, '  - Depends: setp-1']).flat();
    const messages = issuesOf('- [ ] step-1. a', ...many).map(({ message }) => message);
    expect(messages[19]).toContain('Did you mean `step-1`?');
    expect(messages[20]).not.toContain('Did you mean');
  });
});
