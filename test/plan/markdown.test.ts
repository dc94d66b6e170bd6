import { describe, expect, it } from 'vitest';
import { parseMarkdownPlan } from '../../src/plan/markdown.ts';
import { planFailure } from '../support/plan-failure.ts';

const plan = (...lines: string[]) => parseMarkdownPlan(lines.join('\n'));
const faults = (...lines: string[]) => planFailure(() => plan(...lines)).issues.map(({ message }) => message);

describe('a Markdown task list', () => {
  it('gives a plan with its goal, tasks and settings', () => {
    expect(
      plan(
        '# Ship it',
        '',
        'Some words about it.',
        '',
        '- [ ] 1. Run the tests',
        '- [x] 1.1 Write them',
        '  - Agent: @self',
        '- [ ] 1.2.3 Tag the release',
        '  - Agent: @claude',
        '  - Depends: 1, 1.1',
        '  - Critical: yes',
        '  - Timeout: 60s',
        '## Later',
        '* [ ] T1. Tell people',
        '    - depends on: 1.2.3',
      ),
    ).toEqual({
      goal: 'Ship it',
      tasks: [
        { id: '1', prompt: 'Run the tests' },
        { id: '1.1', prompt: 'Write them', done: { output: '' } },
        {
          id: '1.2.3',
          prompt: 'Tag the release',
          agent: 'claude',
          dependsOn: ['1', '1.1'],
          critical: true,
          timeoutMs: 60_000,
        },
        { id: 'T1', prompt: 'Tell people', dependsOn: ['1.2.3'] },
      ],
    });
  });

  it('continues with a task’s text over the lines below it, code and lists included', () => {
    const { tasks } = plan(
      '- [ ] 1. Fix this',
      '  in these places:',
      '  - the parser',
      '',
      '  ```md',
      '  - [ ] 9. no task',
      '    - Agent: @nobody',
      '  ```',
      '  - Agent: @sh',
      '',
      'A paragraph that belongs to nobody.',
      '- a plain item',
      '- [ ] 2. Next',
      'right below',
    );
    expect(tasks).toEqual([
      {
        id: '1',
        prompt: 'Fix this\nin these places:\n- the parser\n\n```md\n- [ ] 9. no task\n  - Agent: @nobody\n```',
        agent: 'sh',
      },
      { id: '2', prompt: 'Next\nright below' },
    ]);
  });

  it('reads settings from HTML comments, and drops other comments', () => {
    const { tasks } = plan(
      '<!-- agent: nobody -->',
      '- [ ] 1. One <!-- agent: claude -->',
      '<!-- note to myself: check this -->',
      '- [ ] 2. Two',
      '  <!-- depends: 1 -->',
      '  <!-- timeout: 5m -->',
      '- [ ] 3. Three <!-- a comment',
      '- [ ] 4. hidden in it -->',
    );
    expect(tasks).toEqual([
      { id: '1', prompt: 'One', agent: 'claude' },
      { id: '2', prompt: 'Two', dependsOn: ['1'], timeoutMs: 300_000 },
      { id: '3', prompt: 'Three' },
    ]);
  });

  it('leaves lists in fenced code alone', () => {
    expect(plan('```', '- [ ] 1. an example <!-- agent: x -->', '```', '- [ ] 1. real').tasks).toEqual([
      { id: '1', prompt: 'real' },
    ]);
  });

  it('keeps comments that are part of a task’s code', () => {
    const { tasks } = plan('- [ ] 1. Write this:', '  ```html', '  <!-- agent: x -->', '  ```');
    expect(tasks).toEqual([{ id: '1', prompt: 'Write this:\n```html\n<!-- agent: x -->\n```' }]);
  });

  it('gives tasks without a number the next free one', () => {
    const { tasks } = plan('- [ ] first', '- [ ] 1. second', '- [ ] third');
    expect(tasks.map(({ id }) => id)).toEqual(['2', '1', '3']);
  });

  it('takes 1.0 for task 1 unless there is a task 1.0', () => {
    expect(plan('- [ ] 1. a', '- [ ] 2. b', '  - Depends: 1.0').tasks[1]?.dependsOn).toEqual(['1']);
    expect(plan('- [ ] 1. a', '- [ ] 1.0 c', '- [ ] 2. b', '  - Depends: 1.0').tasks[2]?.dependsOn).toEqual(['1.0']);
  });

  it('may be written on Windows, with tabs and nested', () => {
    expect(parseMarkdownPlan('\uFEFF- [ ] 1. a\r\n\t- [X] 1.1 b\r\n\t\t- Depends: 1\r\n').tasks).toEqual([
      { id: '1', prompt: 'a' },
      { id: '1.1', prompt: 'b', dependsOn: ['1'], done: { output: '' } },
    ]);
  });

  it('has no goal when it has no heading', () => {
    expect(plan('- [ ] 1. a')).not.toHaveProperty('goal');
  });

  it('reports every fault with its line', () => {
    expect(
      faults(
        '- [ ] 1. a',
        '  - Agnt: x',
        '  - Depends: 9x, 1',
        '- [ ] 1. b',
        '- [ ] 3.',
        '  - Timeout: 60',
        '  - Critical: perhaps',
        '  - Depends: 1 and 2',
      ),
    ).toEqual([
      'Line 2: Unknown setting `Agnt`; known are Agent, Depends, Critical, Timeout, Retries, Fallback, Policy, OnDependencyFailure. Did you mean `Agent`? (task `1`)',
      'Line 3: Task `1` depends on `9x`, which is not in the plan.',
      'Line 3: Task `1` depends on itself.',
      'Line 4: Task id `1` is used twice, at tasks[0] and tasks[1]; ids must be unique.',
      'Line 5: Task `3` has no text.',
      'Line 6: `Timeout: 60` cannot be read. Expected a time with its unit: 500ms, 60s, 5m or 1h. (task `3`)',
      'Line 7: `Critical: perhaps` cannot be read. Expected yes or no. (task `3`)',
      'Line 8: `Depends: 1 and 2` cannot be read. Expected ids with commas between, e.g. `- Depends: 1, 2.1`. (task `3`)',
    ]);
  });

  it('is refused when there is no task in it', () => {
    expect(faults('# Nothing', '- an item')).toEqual([
      'There is no task in it; a task is a line such as `- [ ] 1. What to do`.',
    ]);
  });
});
