import { expect, it } from 'vitest';
import { SoarError } from '../../src/errors/soar-error.ts';
import { parsePlanText } from '../../src/plan/parse.ts';

const faultsOf = (text: string) => {
  try {
    parsePlanText(text, { name: 'p.yaml' });
  } catch (error) {
    if (SoarError.isInstance(error)) return error.issues.map(({ message }) => message);
    throw error;
  }
  return [];
};

it('names each alias without an anchor, with its line', () => {
  const text =
    'defaults: &d { agent: c }\ntasks:\n  - { <<: *d, id: a, prompt: x }\n  - { <<: *nope, id: b, prompt: y }\n  - *gone\n';
  expect(faultsOf(text)).toEqual([
    'Line 4, column 11: There is no anchor `&nope` before the alias `*nope`.',
    'Line 5, column 5: There is no anchor `&gone` before the alias `*gone`.',
  ]);
});

it('takes anchors of scalars, lists and maps', () => {
  const text =
    'tasks:\n  - { id: &i a, prompt: &p x }\n  - { id: b, prompt: *p, dependsOn: &l [*i] }\n  - { id: c, prompt: *p, dependsOn: *l }\n';
  expect(parsePlanText(text).tasks[2]).toMatchObject({ prompt: 'x', dependsOn: ['a'] });
});

it('says in one sentence that a plan is nested too deeply', () => {
  expect(faultsOf(`tasks: ${'['.repeat(20_000)}`)).toEqual(['Lists and maps in it are nested too deeply to be read.']);
  expect(faultsOf(`tasks: ${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toEqual([
    'Lists and maps in it are nested too deeply to be read.',
  ]);
});

it('refuses a second document without advice for programmers', () => {
  expect(faultsOf('tasks: [ { id: a, prompt: x } ]\n---\ntasks: []\n')).toEqual([
    'Line 2, column 1: A second YAML document begins here; a plan is one document, without `---` in it.',
  ]);
});

it('reports keys that are there twice in the order of lines', () => {
  const text = 'tasks:\n  - id: a\n    prompt: x\n    prompt: y\ngoal: a\ngoal: b\n';
  expect(faultsOf(text).map((one) => one.slice(0, 6))).toEqual(['Line 4', 'Line 6']);
});
