import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createSoar,
  definePlan,
  type Plan,
  type PlanFor,
  type RunEvent,
  type RunResult,
  type Soar,
  type TaskState,
} from '../../src/index.ts';
import { createSoar as createNodeSoar } from '../../src/node/index.ts';

const agents = { fetcher: () => 'fetched', counter: { run: () => '1' } };

// What types say here is checked by `npm run types`; that it is so when it runs, by the tests.
describe('the types', () => {
  it('know the agents of an engine, for editors to complete, and take any other id', async () => {
    const soar = createSoar({ agents, fallback: 'counter' });
    expectTypeOf(soar).toEqualTypeOf<Soar<'fetcher' | 'counter'>>();
    expectTypeOf(createNodeSoar({ agents })).toEqualTypeOf<Soar<'fetcher' | 'counter'>>();
    const fromFile: Plan = { tasks: [{ id: 'a', prompt: '', agent: 'fetcher' }] };
    const written: PlanFor<keyof typeof agents> = { tasks: [{ id: 'a', prompt: '', agent: 'counter' }] };
    const anyEngine: Soar = soar;
    const results = await Promise.all([soar.run(fromFile).result, anyEngine.run(written).result]);
    expect(results.map(({ outcomes }) => outcomes[0]?.output)).toEqual(['fetched', '1']);
  });

  it('know agents that are there only sometimes, or by a name that is made', async () => {
    const one = () => 'one';
    const sometimes = createSoar({ agents: { one, ...(agents.fetcher() === '' ? { two: one } : {}) } });
    expectTypeOf(sometimes).toEqualTypeOf<Soar<'one' | 'two'>>();
    const made = createSoar({ agents: Object.fromEntries([['one', one]]) });
    expectTypeOf(made).toEqualTypeOf<Soar<string>>();
    expect((await made.run({ tasks: [{ id: 'a', prompt: '', agent: 'one' }] }).result).status).toBe('succeeded');
  });

  it('report what an agent gets and gives', () => {
    const soar = createSoar({
      agents: {
        one: ({ prompt, dependencies }, { signal, heartbeat }) => {
          expectTypeOf({ prompt, dependencies }).toEqualTypeOf<{
            prompt: string;
            dependencies: Record<string, string>;
          }>();
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
          heartbeat();
          return prompt;
        },
      },
    });
    expectTypeOf(soar).toEqualTypeOf<Soar<'one'>>();
    // @ts-expect-error An object without `output` is not an answer.
    expect(() => createSoar({ agents: { one: () => ({ text: 'yes' }) } })).not.toThrow();
    // @ts-expect-error A policy there is not.
    expect(() => createSoar({ policy: 'patiend' })).toThrow('Did you mean `patient`?');
  });

  it('know the tasks of a plan that is defined, and no others', () => {
    const plan = definePlan({
      tasks: [
        { id: 'draft', prompt: '' },
        // @ts-expect-error There is no such task.
        { id: 'review', prompt: '', dependsOn: ['daft'] },
      ],
    });
    expect(() => createSoar({ agents }).run(plan)).toThrow('`daft`');
    const ids: string[] = ['a', 'b'];
    const made = definePlan({ tasks: ids.map((id) => ({ id, prompt: '', dependsOn: ids.filter((one) => one < id) })) });
    expect(made.tasks[1]?.dependsOn).toEqual(['a']);
  });

  it('report events apart by their type, and states by their names', async () => {
    const run = createSoar({ agents }).run({ tasks: [{ id: 'a', prompt: '', agent: 'fetcher' }] });
    const states: TaskState[] = [];
    run.events$.subscribe((event) => {
      expectTypeOf(event).toEqualTypeOf<RunEvent>();
      if (event.type === 'task.state') states.push(event.state);
      if (event.type === 'run.settled') expectTypeOf(event.result).toEqualTypeOf<RunResult>();
    });
    expectTypeOf((await run.result).plan).toEqualTypeOf<Plan | undefined>();
    expectTypeOf(run.actor.getSnapshot().status).toEqualTypeOf<'active' | 'done' | 'error' | 'stopped'>();
    expect(run.actor.getSnapshot().status).toBe('done');
    expect(states).toEqual(['staggered', 'running']);
  });
});
