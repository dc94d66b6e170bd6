import { describe, expect, it } from 'vitest';
import { SoarError } from '../../src/errors/soar-error.ts';
import { parseMarkdownPlan } from '../../src/plan/markdown.ts';

const list = (below: string) => `# T\n- [ ] 1. One\n- [ ] 2. Two\n${below}\n- [ ] 3. Three\n`;
const faultsOf = (text: string) => {
  try {
    parseMarkdownPlan(text);
  } catch (error) {
    if (SoarError.isInstance(error)) return error.issues.map(({ message }) => message);
    throw error;
  }
  return [];
};

describe('an order that is stated below a task', () => {
  it.each([
    '  _Depends: 1_',
    '  *Depends on: 1*',
    '  **Depends on:** 1',
    '  > Depends on: 1',
    '  - **Depends on**: 1',
    '  - _Depends on: 1_',
    '  - `depends: 1`',
    '  1. Depends on: 1',
    '  - Depends on: **1**',
  ])('is read, however it is decorated: %s', (line) => {
    const [, two] = parseMarkdownPlan(list(line)).tasks;
    expect(two).toMatchObject({ id: '2', dependsOn: ['1'], prompt: 'Two' });
  });

  it.each(['  _Blocked by: 1_', '  > Requires: 1', '  2) needs: 1'])(
    'is refused in the words of other lists: %s',
    (line) => {
      expect(faultsOf(list(line))).toEqual([
        expect.stringMatching(/^Line 4: Unknown setting .* Did you mean `Depends`/),
      ]);
    },
  );
});

describe('an order that is stated in the text of a task', () => {
  it.each([
    'Two `depends: 1`',
    'Two #depends:1',
    'Two @depends(1)',
    'Two, depends on 1',
    'Two — blocked by 1.',
    '[ ] Depends: 1',
  ])('is refused: %s', (text) => {
    expect(faultsOf(`# T\n- [ ] 1. One\n- [ ] 2. ${text}\n`)).toEqual([
      expect.stringMatching(/^Line 3: `.*` states an order in a form that is not read here/),
    ]);
  });

  it.each(['Wait, needs: 7 reviewers', 'Explain what depends on the cache', 'Run after: 5 minutes'])(
    'is none where no task is named: %s',
    (text) => {
      expect(parseMarkdownPlan(`# T\n- [ ] 1. One\n- [ ] 2. ${text}\n`).tasks).toHaveLength(2);
    },
  );
});

it('refuses an order in front matter', () => {
  expect(faultsOf('---\nname: x\ndepends_on: [001]\n---\n# T\n- [ ] One\n')).toEqual([
    'Line 3: `depends_on: [001]` stands below no task. Indent it below the task it belongs to.',
  ]);
  expect(parseMarkdownPlan('---\ndepends_on: []\n---\n# T\n- [ ] One\n').tasks).toHaveLength(1);
});
