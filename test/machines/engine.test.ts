import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { start, startOn, task, tasks } from '../support/watched-run.ts';

describe('closing an engine', () => {
  it('cancels what runs, waits for it and leaves no timer', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ hang: true, dyingMs: 500 }], t2: [{ fail: 'transient' }] });
    const run = start(tasks(3), {
      agents: { one },
      clock,
      policy: { retry: { retries: 3 }, breaker: { failureThreshold: 1 } },
    });
    await clock.advance(100);
    const closing = run.soar.close();
    const result = await run.settled();
    await closing;
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'The engine was closed.' } });
    expect(clock.now()).toBe(600);
    expect(clock.pending).toBe(0);
  });

  it('is what leaving the scope of an `await using` does', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(1), { agents: { one: scriptedAgent(clock, [{ hang: true }]) }, clock });
    const leave = async () => {
      await using soar = run.soar;
      expect(soar).toBe(run.soar);
    };
    await clock.settle(leave());
    expect((await run.settled()).status).toBe('cancelled');
    expect(() => run.soar.run({ tasks: [] })).toThrow(expect.objectContaining({ code: 'engine-closed' }));
  });

  it('refuses all that comes after', async () => {
    const clock = new VirtualClock();
    const run = start([], { agents: { one: scriptedAgent(clock) }, clock });
    await run.settled();
    await run.soar.close();
    await run.soar.close();
    expect(() => startOn(run.soar, clock, [])).toThrow(expect.objectContaining({ code: 'engine-closed' }));
    expect(() => run.soar.ask('Why?')).toThrow(expect.objectContaining({ code: 'engine-closed' }));
  });
});

describe('a reason to stop', () => {
  it.each([
    ['an error', new Error('enough'), 'enough'],
    ['what a signal was aborted with', AbortSignal.abort('enough').reason, 'enough'],
    ['the event of a button', new Event('click'), 'The run was cancelled.'],
    ['nothing', undefined, 'The run was cancelled.'],
  ])('is reported as a text: %s', async (_, reason, told) => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    run.run.cancel(reason as string);
    const { error, outcomes } = await run.settled();
    expect(error?.message).toBe(told);
    expect(outcomes.map((outcome) => outcome.error?.message)).toEqual([told, told]);
  });
});

describe('bad options', () => {
  it.each([
    ['maxConcurrent 0', { maxConcurrent: 0 }],
    ['a negative gap', { staggerMs: -1 }],
    ['a negative grace', { killGraceMs: -1 }],
    ['NaN', { maxCoolingMs: Number.NaN }],
    ['an unknown preset', { policy: 'hasty' as never }],
    ['an unknown option', { maxConcurent: 3 } as never],
    ['an unknown phase', { phases: { synthesise: () => '' } as never }],
    ['an invalid phase', { phases: { route: 'by hand' as never } }],
    ['an invalid journal', { journal: './runs' as never }],
    ['an unknown fallback', { fallback: 'nobody' }],
    ['an invalid agent', { agents: { one: 'a string' as never } }],
    ['an agent without an id', { agents: { '': () => '' } }],
    ['an unknown agent for the phases', { phaseAgent: 'nobody' }],
    ['a clock without timers', { clock: { now: () => 0 } as never }],
    ['a random number for its source', { random: 0.5 as never }],
    ['the name of a file for a sink', { trace: ['run.jsonl'] as never }],
    ['trace options without sinks', { trace: { texts: true } as never }],
    ['an invalid inspector', { inspect: true as never }],
  ])('are errors at the call: %s', (_, options) => {
    expect(() => createSoar({ agents: { one: () => '' }, ...(options as SoarOptions) })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });

  it('are none where nothing is given: null', async () => {
    const nothing = { journal: null, trace: null, inspect: null, clock: null, random: null } as never;
    const soar = createSoar({ agents: { one: () => 'ok' }, ...(nothing as SoarOptions) });
    expect((await soar.run({ tasks: tasks(1) }).result).status).toBe('succeeded');
    await soar.close();
  });

  it('name every invalid agent', () => {
    const agents = { one: 'a string', two: { run: 'later' }, three: () => '', four: { run: () => '', staggerMs: -1 } };
    expect(() => createSoar({ agents: agents as never })).toThrow(
      'Expected agent `one` to be a function or an object with `run`, got `a string` (string). ' +
        'Expected agent `two` to be a function or an object with `run`, got an object without it. ' +
        'Expected `staggerMs` of agent `four` to be 0 or more, got `-1` (number).',
    );
  });

  it.each([
    ['a controller for its signal', { signal: new AbortController() as never }],
    ['maxConcurrent 0', { maxConcurrent: 0 }],
    ['a timeout of nothing', { timeoutMs: 0 }],
    ['half a retry', { retries: 0.5 }],
    ['an unknown schedule', { schedule: 'lazy' as never }],
    ['a negative budget', { budget: { attempts: -1 } }],
  ])('of a run are errors at its call: %s', (_, run) => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    expect(() => start([task('a')], { agents: { one }, clock, run })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
    expect(one.calls).toEqual([]);
  });

  it.each(['', ' \n', undefined, 5])('include an invalid question: %j', (query) => {
    const one = scriptedAgent(new VirtualClock());
    const soar = createSoar({ agents: { one } });
    expect(() => soar.ask(query as string)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
    expect(() => soar.plan(query as string)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
    expect(one.calls).toEqual([]);
  });

  it.each([undefined, null, 5, 'a plan', []])('include an invalid plan: %j', (plan) => {
    const soar = createSoar({ agents: { one: () => '' }, defaultAgent: 'one', fallback: 'one' });
    expect(() => soar.run(plan as never)).toThrow(/^The plan is not valid: (?:Expected the plan|The plan is missing)/);
  });

  it('include the id of a run under way', async () => {
    const clock = new VirtualClock();
    const run = start([task('a')], {
      agents: { one: scriptedAgent(clock, [{ ms: 10 }]) },
      clock,
      run: { runId: 'same' },
    });
    expect(() => startOn(run.soar, clock, [], { runId: 'same' })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
    await run.settled();
    expect((await startOn(run.soar, clock, [], { runId: 'same' }).settled()).status).toBe('succeeded');
  });
});

describe('spectators that throw', () => {
  const uncaught = vi.fn();
  afterEach(() => {
    process.off('uncaughtException', uncaught);
    process.off('unhandledRejection', uncaught);
    uncaught.mockClear();
  });

  it.each(['events$', 'progress$', 'heartbeats$'] as const)('hurt no run: a subscriber of %s', async (stream) => {
    process.on('uncaughtException', uncaught);
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 1000, says: [{ at: 100, beat: true }] }]);
    const run = start(tasks(3), { agents: { one }, clock });
    const stream$: Observable<unknown> = run.run[stream];
    stream$.subscribe(() => {
      throw new Error('mine');
    });
    const others: string[] = [];
    run.run.events$.subscribe(({ type }) => others.push(type));
    expect((await run.settled()).status).toBe('succeeded');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(others).toContain('run.settled');
    expect(uncaught).not.toHaveBeenCalled();
  });

  const threw = () => {
    throw new Error('mine');
  };
  it.each([
    ['an inspector', threw],
    ['an async inspector', async () => threw()],
  ])('hurt no run: %s', async (_, inspect) => {
    process.on('unhandledRejection', uncaught);
    const clock = new VirtualClock();
    expect((await start(tasks(3), { agents: { one: scriptedAgent(clock) }, clock, inspect }).settled()).status).toBe(
      'succeeded',
    );
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('hurt no run: a source of random numbers', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const random = () => {
      calls += 1;
      if (calls > 1) throw new Error('mine');
      return 0.5;
    };
    const one = scriptedAgent(clock, [{ fail: 'transient' }, {}]);
    const policy = { retry: { retries: 1 }, breaker: { enabled: false } };
    const result = await start([task('a')], { agents: { one }, clock, random, policy, run: { runId: 'r' } }).settled();
    expect(result.outcomes).toHaveLength(1);
  });
});
