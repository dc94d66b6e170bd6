import { describe, expect, it } from 'vitest';
import { compilePlan, definePlan } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/types.ts';
import { planFailure } from '../support/plan-failure.ts';

/** `{ b: ['a'] }`: tasks by id, with what they depend on. */
function planOf(tasks: Record<string, readonly string[]>, rest: Partial<Plan> = {}): Plan {
  return { tasks: Object.entries(tasks).map(([id, dependsOn]) => ({ id, prompt: `do ${id}`, dependsOn })), ...rest };
}

const wavesOf = (plan: Plan) => compilePlan(plan).waves.map((wave) => wave.map(({ id }) => id));
const codesOf = (plan: unknown, agents?: readonly string[]) =>
  planFailure(() => compilePlan(plan as Plan, { agents })).issues.map(({ code, path }) => `${code} ${path}`);

describe('the order of a compiled plan', () => {
  it('is one wave for tasks that depend on nothing', () => {
    expect(wavesOf(planOf({ t1: [], t2: [], t3: [] }))).toEqual([['t1', 't2', 't3']]);
  });

  it('is one wave a task for a chain', () => {
    expect(wavesOf(planOf({ t1: [], t2: ['t1'], t3: ['t2'] }))).toEqual([['t1'], ['t2'], ['t3']]);
  });

  it('keeps the order of the plan within a wave', () => {
    expect(wavesOf(planOf({ last: ['first'], x: ['b'], first: [], b: [], y: ['first'] }))).toEqual([
      ['first', 'b'],
      ['last', 'x', 'y'],
    ]);
  });

  it('puts a task right after the latest of what it depends on', () => {
    expect(wavesOf(planOf({ a: [], b: ['a'], c: ['a', 'b'], d: ['a'] }))).toEqual([['a'], ['b', 'd'], ['c']]);
  });

  it('has no waves for an empty plan', () => {
    expect(compilePlan({ tasks: [] })).toMatchObject({ tasks: [], waves: [] });
  });
});

describe('a compiled task', () => {
  it('knows its place, its neighbours and what was written of it', () => {
    const { byId, tasks } = compilePlan(planOf({ a: [], b: ['a', 'a'], c: ['b', 'a'] }, { goal: 'g' }));
    expect(byId.get('a')).toMatchObject({ index: 0, wave: 1, dependsOn: [], dependents: ['b', 'c'], critical: false });
    expect(byId.get('b')).toMatchObject({ index: 1, wave: 2, dependsOn: ['a'], dependents: ['c'], prompt: 'do b' });
    expect(byId.get('c')?.dependsOn).toEqual(['b', 'a']);
    expect(tasks[1]?.spec.dependsOn).toEqual(['a', 'a']);
  });

  it('has the agent it names, else the default, else the only one there is, else none', () => {
    const agentOf = (plan: Partial<Plan>, agents?: string[]) =>
      compilePlan({ tasks: [{ id: 'a', prompt: '' }], ...plan }, { agents }).tasks[0]?.agent;
    const sh = { kind: 'command', command: ['sh'] } as const;
    expect(agentOf({ tasks: [{ id: 'a', prompt: '', agent: 'x' }], defaults: { agent: 'y' } })).toBe('x');
    expect(agentOf({ defaults: { agent: 'y' }, agents: { sh } })).toBe('y');
    expect(agentOf({ agents: { sh } }, ['one', 'two'])).toBe('sh');
    expect(agentOf({}, ['one'])).toBe('one');
    expect(agentOf({ agents: { sh, bash: sh } })).toBe('');
    expect(agentOf({})).toBe('');
  });

  it('takes names of object properties for ids like any other', () => {
    const plan = planOf({ constructor: [], toString: ['constructor'] });
    expect(wavesOf(plan)).toEqual([['constructor'], ['toString']]);
  });
});

describe('compiling', () => {
  it('gives the same again for the plan of a compiled plan', () => {
    const once = compilePlan({
      tasks: [
        { id: 1, prompt: '' },
        { id: 'b', prompt: '', dependsOn: [1] },
      ],
    } as unknown as Plan);
    expect(once.tasks.map(({ id }) => id)).toEqual(['1', 'b']);
    expect(compilePlan(once.plan)).toEqual(once);
  });

  it('freezes what it gives', () => {
    const compiled = compilePlan(planOf({ a: [], b: ['a'] }));
    const parts = [compiled, compiled.plan, compiled.tasks, compiled.waves, ...compiled.waves, ...compiled.tasks];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('leaves the plan it was given alone', () => {
    const plan = planOf({ a: [], b: ['a'] });
    const before = structuredClone(plan);
    compilePlan(plan);
    expect(plan).toEqual(before);
    expect(Object.isFrozen(plan.tasks)).toBe(false);
  });

  it('takes a chain as long as anyone will write', () => {
    const tasks = Array.from({ length: 100_000 }, (_, i) => ({
      id: `t${i}`,
      prompt: '',
      dependsOn: i ? [`t${i - 1}`] : [],
    }));
    expect(compilePlan({ tasks }).waves).toHaveLength(100_000);
  });

  it('is given a plan as it is by definePlan', () => {
    const plan = definePlan({ tasks: [{ id: 'a', prompt: '' }] });
    expect(definePlan(plan)).toBe(plan);
  });
});

describe('the faults of a plan', () => {
  it('are all reported at once, by id', () => {
    const plan = {
      maxConcurrent: 0,
      tasks: [
        { id: 'a', prompt: '', dependsOn: ['b', 'lnit', 'a'] },
        { id: 'b', prompt: '', dependsOn: ['a'] },
        { id: 'lint', prompt: '' },
        { id: 'b', prompt: '' },
      ],
    };
    const { issues, message } = planFailure(() => compilePlan(plan));
    expect(issues.map(({ code, taskId }) => [code, taskId])).toEqual([
      ['invalid-value', undefined],
      ['duplicate-id', 'b'],
      ['unknown-dependency', 'a'],
      ['self-dependency', 'a'],
      ['circular-dependency', 'a'],
    ]);
    expect(message).toContain('Task `a` depends on `lnit`, which is not in the plan. Did you mean `lint`?');
    expect(message).toContain('Tasks depend on each other in a circle: a → b → a.');
    expect(message).toContain('Expected `maxConcurrent` to be 1 or more, got `0` (number).');
  });

  it('are listed up to twenty, and the rest counted', () => {
    const tasks = Array.from({ length: 25 }, (_, i) => ({ id: `t${i}`, prompt: '', dependsOn: [`missing${i}`] }));
    const { message, issues } = planFailure(() => compilePlan({ tasks }));
    expect(issues).toHaveLength(25);
    expect(message).toContain('`missing19`');
    expect(message).not.toContain('`missing20`');
    expect(message).toMatch(/… and 5 more\.$/);
  });

  it('name every cycle that shares no task with another once, and nothing that merely waits for one', () => {
    const plan = planOf({
      before: ['a'],
      a: ['b'],
      b: ['c'],
      c: ['a'],
      x: ['y', 'c'],
      y: ['x'],
      free: [],
      after: ['y', 'free'],
    });
    expect(planFailure(() => compilePlan(plan)).issues.map(({ message }) => message)).toEqual([
      'Tasks depend on each other in a circle: a → b → c → a.',
      'Tasks depend on each other in a circle: x → y → x.',
    ]);
  });

  it('write out a long cycle in part', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `t${i}`);
    const plan = planOf(Object.fromEntries(ids.map((id, i) => [id, [ids[(i + 1) % 1000] ?? '']])));
    expect(planFailure(() => compilePlan(plan)).message).toMatch(/t49 → … 950 more … → t0\.$/);
  });

  it('include agents that do not exist, wherever they are named, when it is known which do', () => {
    const plan: Plan = {
      agents: { sh: { kind: 'command', command: ['sh'] } },
      defaults: { agent: 'claud' },
      fallback: 'lm',
      tasks: [
        { id: 'a', prompt: '', agent: 'shh', fallback: 'none' },
        { id: 'b', prompt: '', agent: 'sh', fallback: false },
      ],
    };
    expect(compilePlan(plan).tasks[0]?.agent).toBe('shh');
    expect(codesOf(plan, ['claude', 'llm'])).toEqual([
      'unknown-agent defaults.agent',
      'unknown-agent fallback',
      'unknown-agent tasks[0].agent',
      'unknown-agent tasks[0].fallback',
    ]);
    expect(planFailure(() => compilePlan(plan, { agents: ['claude'] })).message).toContain('Did you mean `claude`?');
  });

  it('include a task without an agent when there is a choice, or none', () => {
    const plan: Plan = {
      tasks: [
        { id: 'a', prompt: '' },
        { id: 'ticked', prompt: '', done: { output: '' } },
      ],
    };
    expect(codesOf(plan, ['x', 'y'])).toEqual(['no-agent tasks[0].agent']);
    expect(codesOf(plan, [])).toEqual(['no-agent tasks[0].agent']);
    expect(compilePlan(plan, { agents: ['x'] }).tasks[0]?.agent).toBe('x');
  });

  it.each([
    ['nothing', undefined, ['missing ']],
    ['null', null, ['wrong-type ']],
    ['a list', [], ['wrong-type ']],
    ['no tasks', {}, ['missing tasks']],
    ['tasks that are not list', { tasks: { a: 1 } }, ['wrong-type tasks']],
    ['a task that is not an object', { tasks: ['a'] }, ['wrong-type tasks[0]']],
    ['a hole in the list', { tasks: Array(1) }, ['missing tasks[0]']],
    ['an empty id', { tasks: [{ id: ' ', prompt: '' }] }, ['empty-id tasks[0].id']],
    ['an id with a line break', { tasks: [{ id: 'a\n', prompt: '' }] }, ['invalid-id tasks[0].id']],
    ['an endless id', { tasks: [{ id: 'a'.repeat(201), prompt: '' }] }, ['invalid-id tasks[0].id']],
    ['a prompt that is not text', { tasks: [{ id: 'a', prompt: 3 }] }, ['wrong-type tasks[0].prompt']],
    [
      'dependencies that are not list',
      { tasks: [{ id: 'a', prompt: '', dependsOn: 'b' }] },
      ['wrong-type tasks[0].dependsOn'],
    ],
    [
      'a dependency that is not an id',
      { tasks: [{ id: 'a', prompt: '', dependsOn: [null] }] },
      ['wrong-type tasks[0].dependsOn[0]'],
    ],
    ['a negative stagger', { tasks: [], staggerMs: -1 }, ['invalid-value staggerMs']],
    ['an unknown schedule', { tasks: [], schedule: 'waves' }, ['invalid-value schedule']],
    ['an unknown preset', { tasks: [], policy: 'fast_fail' }, ['invalid-value policy']],
    ['half a retry', { tasks: [], retries: 1.5 }, ['wrong-type retries']],
    ['an unknown key', { tasks: [], maxConcurent: 1 }, ['unknown-key ']],
  ])('include a wrong form: %s', (_, plan, codes) => {
    expect(codesOf(plan)).toEqual(codes);
  });

  it('include those of the graph also when the form is wrong', () => {
    const plan = {
      defaults: { agent: 'sh' },
      tasks: [
        { id: 'a', prompt: '', dependsOn: ['b'], colour: 1 },
        { id: 'b', prompt: '', dependsOn: ['a', 'c'] },
      ],
    };
    expect(codesOf(plan, ['sh', 'x'])).toEqual([
      'unknown-key tasks[0]',
      'unknown-dependency tasks[1].dependsOn[1]',
      'circular-dependency tasks[0].dependsOn',
    ]);
  });

  it('do not call a dependency unknown that may mean a task whose id cannot be read', () => {
    expect(
      codesOf({
        tasks: [
          { id: null, prompt: '' },
          { id: 'b', prompt: '', dependsOn: ['a'] },
        ],
      }),
    ).toEqual(['wrong-type tasks[0].id']);
  });
});
