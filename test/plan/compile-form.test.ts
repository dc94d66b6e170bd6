import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { parsePlan } from '../../src/plan/plan.schema.ts';
import type { Plan } from '../../src/plan/types.ts';
import { planFailure } from '../support/plan-failure.ts';

const planOf = (...tasks: unknown[]) => ({ tasks }) as unknown as Plan;
const issuesOf = (plan: unknown, agents?: readonly string[]) =>
  planFailure(() => compilePlan(plan as Plan, agents ? { agents } : {})).issues;
const messagesOf = (plan: unknown, agents?: readonly string[]) => issuesOf(plan, agents).map(({ message }) => message);

describe('a task of the wrong form', () => {
  const fine = { id: 'fine', prompt: '' };

  it.each([
    [null],
    [5],
    ['words'],
    [{}],
    [{ id: 'a' }],
    [{ prompt: 'x' }],
    [{ id: '', prompt: 'x' }],
    [{ id: ' ', prompt: 'x' }],
    [{ id: null, prompt: 'x' }],
    [{ id: 'x'.repeat(201), prompt: 'x' }],
    [{ id: 'two\nlines', prompt: 'x' }],
    [{ id: 'a', prompt: 5 }],
    [{ id: 'a', prompt: 'x', agent: 5 }],
    [{ id: 'a', prompt: 'x', agent: '' }],
    [{ id: 'a', prompt: 'x', critical: 'yes' }],
    [{ id: 'a', prompt: 'x', critical: null }],
    [{ id: 'a', prompt: 'x', dependsOn: 'fine' }],
    [{ id: 'a', prompt: 'x', dependsOn: ['fine', ''] }],
    [{ id: 'a', prompt: 'x', dependsOn: ['fine', {}] }],
    [{ id: 'a', prompt: 'x', timeoutMs: -1 }],
    [{ id: 'a', prompt: 'x', colour: 'red' }],
  ])('is refused as the schema refuses it: %j', (task) => {
    const plan = planOf(fine, task);
    expect(issuesOf(plan)).toEqual(planFailure(() => parsePlan(plan)).issues);
  });

  it('is refused when it is a hole in the list', () => {
    const holes = [fine, fine];
    delete holes[1];
    expect(issuesOf(planOf(...holes))).toEqual(planFailure(() => parsePlan({ tasks: [fine, undefined] })).issues);
    expect(issuesOf({ tasks: holes }).length).toBeGreaterThan(0);
  });
});

describe('a task of the right form', () => {
  it.each([
    [{ id: 'a', prompt: 'x' }],
    [{ id: 'x'.repeat(200), prompt: 'x' }],
    [{ id: 'é ü', prompt: 'x' }],
    [{ id: 7, prompt: 'x' }],
    [{ id: 'a', prompt: 'x', agent: undefined, critical: undefined, dependsOn: undefined }],
    [{ id: 'a', prompt: 'x', agent: 'sh', critical: true, dependsOn: ['fine'] }],
    [{ id: 'a', prompt: 'x', critical: false, dependsOn: [] }],
    [{ id: 'a', prompt: 'x', timeoutMs: 5, retries: 1 }],
  ])('is what the schema makes of it: %j', (task) => {
    const plan = planOf({ id: 'fine', prompt: '' }, task);
    expect(compilePlan(plan).tasks.map(({ spec }) => spec)).toEqual(parsePlan(plan).tasks);
  });
});

describe('what can be read of a plan of the wrong form', () => {
  it('is checked for its graph and its agents as well', () => {
    const plan = {
      colour: 'red',
      agents: { mine: { kind: 'command', command: [] } },
      defaults: { agent: 5 },
      fallback: 'gone',
      tasks: [
        { id: 'a', prompt: 5, agent: 'mine', dependsOn: ['b', 'b', null] },
        { id: 'b', prompt: '', dependsOn: ['a'], agent: 'sh', fallback: '' },
        { id: 7, prompt: '', dependsOn: [7], agent: 'sh' },
        { id: 'c', prompt: '', done: { output: 'so' } },
        { id: 'd', prompt: '', agent: '' },
      ],
    };
    const found = issuesOf(plan, ['sh', 'node']);
    expect(found.filter(({ code }) => code?.includes('dependency')).map(({ message }) => message)).toEqual([
      'Task `7` depends on itself.',
      'Tasks depend on each other in a circle: a → b → a.',
    ]);
    expect(found.filter(({ code }) => code === 'unknown-agent').map(({ path }) => path)).toEqual(['fallback']);
    expect(found.filter(({ code }) => code === 'no-agent')).toEqual([]);
  });

  it('is not guessed at where an id cannot be read', () => {
    const plan = planOf({ id: null, prompt: '' }, { id: null, prompt: '' }, { id: 'b', prompt: '', dependsOn: ['z'] });
    expect(issuesOf(plan).map(({ path }) => path)).toEqual(['tasks[0].id', 'tasks[1].id']);
    const controls = planOf({ id: 'a\u0000', prompt: '' }, { id: 'b', prompt: '', dependsOn: ['z'] });
    expect(issuesOf(controls).map(({ path }) => path)).toEqual(['tasks[0].id']);
  });

  it('may be nothing at all', () => {
    for (const nothing of [null, undefined, 5, 'x', {}, { tasks: 'x' }]) expect(issuesOf(nothing)).toHaveLength(1);
  });

  it('reports a task without an agent only where its agent was readable', () => {
    const plan = {
      colour: 1,
      tasks: [
        { id: 'a', prompt: '' },
        { id: 'b', prompt: '', done: { output: '' } },
      ],
    };
    expect(messagesOf(plan, ['x', 'y']).slice(1)).toEqual([
      'Task `a` names no agent and there are 2 to choose from; give it `agent`, or the plan `defaults.agent`.',
    ]);
  });
});

describe('an agent that does not exist', () => {
  const task = { id: 't', prompt: '' };
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `agent-number-${i}`);

  it('is reported with where it is named, and with those there are', () => {
    const plan = {
      defaults: { agent: 'gone' },
      fallback: 'gone too',
      tasks: [{ ...task, agent: 'nobody', fallback: 'no one' }],
    };
    expect(issuesOf(plan, ['b', 'a'])).toEqual([
      {
        path: 'defaults.agent',
        message: 'There is no agent `gone` (`agent`). Known: `b`, `a`.',
        code: 'unknown-agent',
      },
      {
        path: 'fallback',
        message: 'There is no agent `gone too` (`fallback`). Known: `b`, `a`.',
        code: 'unknown-agent',
      },
      {
        path: 'tasks[0].agent',
        message: 'There is no agent `nobody` (`agent` of task `t`). Known: `b`, `a`.',
        code: 'unknown-agent',
        taskId: 't',
      },
      {
        path: 'tasks[0].fallback',
        message: 'There is no agent `no one` (`fallback` of task `t`). Known: `b`, `a`.',
        code: 'unknown-agent',
        taskId: 't',
      },
    ]);
  });

  it('may be misspelt; those there are are listed when they are few', () => {
    const message = (agent: string, agents: readonly string[]) => messagesOf(planOf({ ...task, agent }), agents)[0];
    expect(message('cluade', ['claude', 'sh'])).toContain('Did you mean `claude`?');
    expect(message('zz', [])).toBe('There is no agent `zz` (`agent` of task `t`).');
    expect(message('zz', ids(12))).toContain('Known: `agent-number-0`, `agent-number-1`,');
    expect(message('zz', ids(13))).not.toContain('Known');
  });

  it('that plays a part is named, and so is one whose part another plays', () => {
    const part = (base: string) => ({ kind: 'adHoc', base, role: 'reviewer' });
    const plan = {
      agents: { one: part('sh'), two: part('shh'), three: part('one'), four: part('far away') },
      tasks: [{ ...task, agent: 'one' }],
    };
    expect(issuesOf(plan, ['sh'])).toEqual([
      {
        path: 'agents.two.base',
        message: 'There is no agent `shh` that could play `two` (`base`). Did you mean `sh`?',
        code: 'unknown-agent',
      },
      {
        path: 'agents.three.base',
        message: 'There is no agent `one` that could play `three` (`base`). That one is ad-hoc too.',
        code: 'unknown-agent',
      },
      {
        path: 'agents.four.base',
        message: 'There is no agent `far away` that could play `four` (`base`). Known: `sh`.',
        code: 'unknown-agent',
      },
    ]);
    const own = { kind: 'command', command: ['sh'] };
    const fine = { agents: { own, one: part('own') }, tasks: [{ ...task, agent: 'one' }] };
    expect(compilePlan(fine as Plan, { agents: [] }).tasks[0]?.agent).toBe('one');
  });

  it('is chosen for a task that names none, when there is but one that is not part', () => {
    const own = { kind: 'command', command: ['sh'] } as const;
    const part = { kind: 'adHoc', base: 'own', role: 'reviewer' } as const;
    expect(compilePlan({ agents: { own, part }, tasks: [task] }, { agents: ['x', 'y'] }).tasks[0]?.agent).toBe('own');
    expect(compilePlan({ tasks: [task] }, { agents: ['x'] }).tasks[0]?.agent).toBe('x');
    expect(messagesOf({ tasks: [task] }, [])).toEqual([
      'Task `t` names no agent and there is none; give it `agent`, or the plan `defaults.agent`.',
    ]);
    expect(issuesOf({ tasks: [task] }, ['x', 'y'])).toEqual([
      {
        path: 'tasks[0].agent',
        message:
          'Task `t` names no agent and there are 2 to choose from; give it `agent`, or the plan `defaults.agent`.',
        taskId: 't',
        code: 'no-agent',
      },
    ]);
  });
});

describe('what tasks say of each other', () => {
  const task = (id: string, ...dependsOn: string[]) => ({ id, prompt: '', dependsOn });

  it('is reported with its place and its code', () => {
    expect(issuesOf(planOf(task('a'), task('b', 'b'), task('a'), task('c', 'ab')))).toEqual([
      {
        path: 'tasks[2].id',
        message: 'Task id `a` is used twice, at tasks[0] and tasks[2]; ids must be unique.',
        taskId: 'a',
        code: 'duplicate-id',
      },
      { path: 'tasks[1].dependsOn[0]', message: 'Task `b` depends on itself.', taskId: 'b', code: 'self-dependency' },
      {
        path: 'tasks[3].dependsOn[0]',
        message: 'Task `c` depends on `ab`, which is not in the plan.',
        taskId: 'c',
        code: 'unknown-dependency',
      },
    ]);
  });

  it('is reported without suggestions once there are too many faults to list', () => {
    const faults = messagesOf(planOf(task('target'), ...Array.from({ length: 22 }, (_, i) => task(`t${i}`, 'targte'))));
    expect(faults[19]).toContain('Did you mean');
    expect(faults[20]).not.toContain('Did you mean');
    const agents = messagesOf(
      planOf(...Array.from({ length: 22 }, (_, i) => ({ ...task(`t${i}`), agent: 'cluade' }))),
      ['claude'],
    );
    expect(agents[19]).toContain('Did you mean');
    expect(agents[20]).not.toContain('Did you mean');
  });

  it('reports circles in the order of the plan, each from its first task on, however they are come upon', () => {
    const plan = planOf(task('a', 'e'), task('b', 'c'), task('c', 'b'), task('d', 'e'), task('e', 'd'));
    expect(messagesOf(plan)).toEqual([
      'Tasks depend on each other in a circle: b → c → b.',
      'Tasks depend on each other in a circle: d → e → d.',
    ]);
  });

  it('shows no more of a circle than can be read', () => {
    const circle = (size: number) =>
      messagesOf(planOf(...Array.from({ length: size }, (_, i) => task(`t${i}`, `t${(i + 1) % size}`))))[0];
    expect(circle(50)).toMatch(/ t48 → t49 → t0\.$/);
    expect(circle(51)).toMatch(/ t49 → … 1 more … → t0\.$/);
  });
});
