import { expect, it } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { buildPrompt } from '../../src/plan/context.ts';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { parsePlanText } from '../../src/plan/parse.ts';

const PLAN = { tasks: [{ id: 'a', prompt: 'x' }] };
const faultOf = (text: string, name?: string) => {
  try {
    parsePlanText(text, name === undefined ? {} : { name });
  } catch (error) {
    return String(error);
  }
  return null;
};

it('writes what stands above a plan as comments', () => {
  expect(formatPlanYaml(PLAN, 'One\nTwo')).toBe('# One\n# Two\ntasks:\n  - id: a\n    prompt: x\n');
});

it('writes nothing above a plan unless asked', () => {
  expect(formatPlanYaml(PLAN)).toBe('tasks:\n  - id: a\n    prompt: x\n');
});

it('keeps a mark of the encoding that stands in a prompt', () => {
  const text = JSON.stringify({ tasks: [{ id: 'a', prompt: 'x\uFEFFy' }] });
  expect(parsePlanText(text, { name: 'plan.json' }).tasks[0]?.prompt).toBe('x\uFEFFy');
  expect(parsePlanText('- [ ] x\uFEFFy').tasks[0]?.prompt).toBe('x\uFEFFy');
});

it('counts such a mark when it says where a fault is', () => {
  expect(faultOf('{"goal": "\uFEFF", x}', 'plan.json')).toBe(faultOf('{"goal": "b", x}', 'plan.json'));
});

it('says the line of the value that is wrong, not of what it stands in', () => {
  expect(faultOf('tasks:\n  - id: a\n    prompt: 3\n')).toContain('Line 3:');
});

it('takes a task that names its agent where there are several', () => {
  const plan = { tasks: [{ id: 'a', prompt: '', agent: 'x' }] };
  expect(compilePlan(plan, { agents: ['x', 'y'] }).tasks[0]?.agent).toBe('x');
});

it('reports passages apart by lines of their own', () => {
  const passage = (path: string) => ({ id: path, path, startLine: 1, endLine: 1, text: path, score: 0 });
  const { prompt } = buildPrompt({ prompt: 'x', dependencies: [], passages: [passage('a.md'), passage('b.md')] });
  expect(prompt).toMatch(/<\/passage>\n<passage path="b\.md"/);
});

it('takes a tab for spaces', () => {
  expect(parsePlanText('- [ ]\tWrite\tit').tasks[0]?.prompt).toMatch(/^Write +it$/);
});

it('says that something was cut only when it was', () => {
  const dependencies = [{ taskId: 'a', status: 'succeeded' as const, output: '0123456789', error: null }];
  expect(buildPrompt({ prompt: '', dependencies, maxChars: 10 }).cut).toBe(false);
  expect(buildPrompt({ prompt: '', dependencies, maxChars: 9 }).cut).toBe(true);
});

it('refuses an address of a protocol that only ends like HTTP', () => {
  const agents = { m: { kind: 'model', baseURL: 'xhttp://127.0.0.1/v1', model: 'x' } };
  expect(faultOf(JSON.stringify({ agents, tasks: [] }), 'plan.json')).toContain('baseURL');
});

it('takes what is indented by a tab for a part of the task above it', () => {
  const { tasks } = parsePlanText('- [ ] 1. Write\n\t- Agent: @me\n\t  and more\n- [ ] 2. Read\n');
  expect(tasks.map(({ id }) => id)).toEqual(['1', '2']);
  expect(tasks[0]?.agent).toBe('me');
});

it('takes a line that a tab indents for the text of the task above it', () => {
  expect(parsePlanText('- [ ] 1. Write\n\tand more\n').tasks[0]?.prompt).toBe('Write\nand more');
});
