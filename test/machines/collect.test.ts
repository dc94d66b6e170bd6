import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { CollectOutput } from '../../src/machines/collect/events.ts';
import { collectMachine } from '../../src/machines/collect/machine.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, retrying, start, startOn, task, tasks } from '../support/watched-run.ts';

const chain = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] }), task('free')];

describe('a plan', () => {
  it('without tasks is a run that succeeds at once with nothing in it', async () => {
    const clock = new VirtualClock();
    const run = start([], { agents: { one: scriptedAgent(clock) }, clock });
    expect(await run.settled()).toMatchObject({
      status: 'succeeded',
      outcomes: [],
      metadata: { totalTasks: 0, waves: [], totalDurationMs: 0, breakers: {} },
    });
    expect(clock.now()).toBe(0);
  });

  it('that is invalid throws with every issue, before anything runs', () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    const plan = [task('a', { dependsOn: ['zz'] }), task('b', { dependsOn: ['b'] }), task('c', { agent: 'nobody' })];
    let thrown: unknown;
    try {
      start(plan, { agents: { one }, clock });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalid-plan' });
    const codes = (thrown as { issues: { code: string }[] }).issues.map(({ code }) => code).sort();
    expect(codes).toEqual(['self-dependency', 'unknown-agent', 'unknown-dependency']);
    expect(one.calls).toEqual([]);
  });

  it('has its outcomes in plan order, whatever order they settle in', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ ms: 300 }], t2: [{ ms: 100 }], t3: [{ ms: 200 }] });
    const result = await start(tasks(3), { agents: { one }, clock }).settled();
    expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't3']);
  });

  it('does not run ticked tasks, whose dependents see their output', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    const plan = [task('a', { done: { output: 'from before' } }), task('b', { dependsOn: ['a'] })];
    const result = await start(plan, { agents: { one }, clock }).settled();
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['b']);
    expect(one.calls[0]?.prompt).toContain('✓ [a]: from before');
    expect(outcomeOf(result, 'a')).toMatchObject({
      status: 'succeeded',
      via: null,
      attempts: [],
      output: 'from before',
    });
    expect(result.status).toBe('succeeded');
  });

  it.each(['wave', 'eager'] as const)('of ticked tasks alone is done at once (%s)', async (schedule) => {
    const clock = new VirtualClock();
    const done = { output: '' };
    const plan = [task('a', { done }), task('b', { done, dependsOn: ['a'] })];
    const result = await start(plan, { agents: { one: scriptedAgent(clock) }, clock, schedule }).settled();
    expect(result).toMatchObject({ status: 'succeeded', metadata: { succeeded: 2 } });
  });

  it('counts ticked tasks in its progress like any other', async () => {
    const clock = new VirtualClock();
    const plan = [task('a', { done: { output: 'x' } }), task('b', { dependsOn: ['a'] })];
    const run = start(plan, { agents: { one: scriptedAgent(clock) }, clock });
    const seen: object[] = [];
    run.run.progress$.subscribe((progress) => seen.push(progress));
    await run.settled();
    expect(seen.at(-1)).toMatchObject({ total: 2, settled: 2, succeeded: 2, status: 'succeeded' });
  });
});

describe('the prompt of a dependent', () => {
  it('has what its dependencies produced, by task id, with failures marked and counted', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ok: 'forty-two' }], b: [{ fail: 'exit', message: 'exit code 3' }] });
    const plan = [task('a'), task('b'), task('c', { dependsOn: ['a', 'b'] })];
    const result = await start(plan, { agents: { one }, clock, onDependencyFailure: 'proceed' }).settled();
    expect(one.calls[2]?.prompt).toBe(
      [
        'do c',
        'Previous context (1/2 dependencies):\n✓ [a]: forty-two\n✗ [b]: FAILED - exit code 3 (exit)',
        'WARNING: 1/2 dependencies failed. Proceed with available context.',
      ].join('\n\n'),
    );
    expect(outcomeOf(result, 'c')).toMatchObject({ status: 'succeeded', partialContext: true });
  });

  it('warns of outputs that lost most of their text, within the budget of the task or of the run', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ok: 'x'.repeat(1000) }] });
    const after = { dependsOn: ['a'] };
    const plan = [task('a'), task('b', after), task('c', { ...after, contextBudgetChars: 300 })];
    const run = start(plan, { agents: { one }, clock, contextBudgetChars: 2000 });
    await run.settled();
    const warnings = run.events.filter(({ type }) => type === 'warning');
    expect(warnings).toMatchObject([{ taskId: 'c', message: expect.stringContaining('limited to 300 characters') }]);
    expect(one.calls.find(({ taskId }) => taskId === 'b')?.prompt).toContain('x'.repeat(1000));
  });

  it('is its own text alone without dependencies', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    const result = await start([task('a')], { agents: { one }, clock }).settled();
    expect(one.calls[0]?.prompt).toBe('do a');
    expect(outcomeOf(result, 'a').partialContext).toBe(false);
  });

  it('has direct dependencies only', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    await start(chain, { agents: { one }, clock }).settled();
    const prompt = one.calls.find(({ taskId }) => taskId === 'c')?.prompt ?? '';
    expect([prompt.includes('[b]'), prompt.includes('[a]')]).toEqual([true, false]);
  });
});

describe.each(['wave', 'eager'] as const)('what depends on a failure (%s)', (schedule) => {
  const failing = (clock: VirtualClock) => scriptedAgent(clock, { a: [{ fail: 'exit', message: 'exit code 3' }] });

  it('runs all the same under `proceed`', async () => {
    const clock = new VirtualClock();
    const options = { agents: { one: failing(clock) }, clock, schedule, onDependencyFailure: 'proceed' as const };
    const result = await start(chain, options).settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['failed', 'succeeded', 'succeeded', 'succeeded']);
    expect(result.status).toBe('partial');
  });

  it('is skipped by default, with the root cause once', async () => {
    const clock = new VirtualClock();
    const one = failing(clock);
    const result = await start(chain, { agents: { one }, clock, schedule }).settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped', 'succeeded']);
    const error = { kind: 'dependency', message: 'dependency `a` failed: exit code 3', retryable: false };
    expect([outcomeOf(result, 'b').error, outcomeOf(result, 'c').error]).toEqual([error, error]);
    expect(one.calls.map(({ taskId }) => taskId).sort()).toEqual(['a', 'free']);
  });

  it('ends the run under `abort`', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ms: 100, fail: 'exit' }], free: [{ hang: true, dyingMs: 50 }] });
    const result = await start(chain, { agents: { one }, clock, schedule, onDependencyFailure: 'abort' }).settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped', 'cancelled']);
    expect(result).toMatchObject({ status: 'failed', error: { kind: 'dependency' } });
    expect(outcomeOf(result, 'free')).toMatchObject({ error: { kind: 'dependency' }, settledAt: 150 });
  });

  it('follows the rule of the task itself, whatever that of the run is', async () => {
    const clock = new VirtualClock();
    const plan = [
      task('a'),
      task('told', { dependsOn: ['a'], onDependencyFailure: 'proceed' }),
      task('held', { dependsOn: ['a'], onDependencyFailure: 'skip' }),
      task('after', { dependsOn: ['held'] }),
    ];
    const statuses = async (onDependencyFailure: 'proceed' | 'skip') => {
      const options = { agents: { one: failing(clock) }, clock, schedule, onDependencyFailure };
      return (await start(plan, options).settled()).outcomes.map(({ status }) => status);
    };
    expect(await statuses('skip')).toEqual(['failed', 'succeeded', 'skipped', 'skipped']);
    expect(await statuses('proceed')).toEqual(['failed', 'succeeded', 'skipped', 'succeeded']);
  });

  it.each([
    ['it depends on the failed task', ['a'], 'Task `a` failed: exit code 3'],
    ['a skipped task lies between', ['b'], 'dependency `a` failed: exit code 3'],
  ])('ends the run for a task under `abort` when %s', async (_, dependsOn, message) => {
    const clock = new VirtualClock();
    const plan = [
      task('a'),
      task('b', { dependsOn: ['a'] }),
      task('strict', { dependsOn, onDependencyFailure: 'abort' }),
      task('later', { dependsOn: ['free', 'b'], onDependencyFailure: 'proceed' }),
      task('free'),
    ];
    const result = await start(plan, { agents: { one: failing(clock) }, clock, schedule }).settled();
    expect(result).toMatchObject({ status: 'failed', error: { kind: 'dependency', message } });
    expect(result.outcomes.map(({ status }) => status).slice(0, 4)).toEqual([
      'failed',
      'skipped',
      'skipped',
      'skipped',
    ]);
  });

  it('ends the run when the task was critical', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, {
      a: [{ ms: 100, fail: 'exit', message: 'exit code 3' }],
      flying: [{ hang: true, lastWords: 'half' }],
      sleeping: [{ fail: 'transient' }],
    });
    const plan = [
      task('a', { critical: true }),
      task('flying'),
      task('sleeping'),
      task('later', { dependsOn: ['flying'] }),
      ...tasks(3),
    ];
    const options = { agents: { one }, clock, schedule, policy: retrying(3, 10_000), maxConcurrent: 2 };
    const result = await start(plan, options).settled();
    expect(result.status).toBe('failed');
    expect(outcomeOf(result, 'a').status).toBe('failed');
    expect(outcomeOf(result, 'flying')).toMatchObject({
      status: 'cancelled',
      error: { kind: 'dependency' },
      output: 'half',
    });
    expect(outcomeOf(result, 'later')).toMatchObject({ status: 'skipped', error: { kind: 'dependency' } });
    expect(result.error?.message).toMatch(/`a`/);
    expect(result.outcomes).toHaveLength(plan.length);
  });

  it('is nothing special when a critical task succeeds by its fallback', async () => {
    const clock = new VirtualClock();
    const agents = { one: failing(clock), two: scriptedAgent(clock) };
    const plan = [task('a', { critical: true }), task('b', { dependsOn: ['a'] })];
    const result = await start(plan, { agents, clock, schedule, fallback: 'two', defaultAgent: 'one' }).settled();
    expect(result.status).toBe('succeeded');
  });
});

describe('two runs of one engine', () => {
  it('share its leases fairly', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const first = start(tasks(4), { agents: { one }, clock, maxConcurrent: 1, run: { runId: 'first' } });
    const second = startOn(first.soar, clock, tasks(4), { runId: 'second' });
    await Promise.all([first.settled(), second.settled()]);
    const turns = one.calls.map(({ request }) => request.runId);
    for (let i = 0; i < 6; i += 1) expect(new Set(turns.slice(i, i + 3)).size).toBe(2);
    expect(one.peak).toBe(1);
  });

  it('share its start gap', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    const first = start(tasks(2), { agents: { one }, clock, staggerMs: 1000, run: { runId: 'first' } });
    const second = startOn(first.soar, clock, tasks(2), { runId: 'second' });
    await Promise.all([first.settled(), second.settled()]);
    expect(one.calls.map(({ at }) => at)).toEqual([0, 1000, 2000, 3000]);
  });

  it('get different ids, also in one instant of a clock and with the same random numbers', async () => {
    const clock = new VirtualClock();
    const first = start(tasks(1), { agents: { one: scriptedAgent(clock) }, clock, random: () => 0.5 });
    const second = startOn(first.soar, clock, tasks(1));
    expect(first.run.id).not.toBe(second.run.id);
    await Promise.all([first.settled(), second.settled()]);
  });

  it('have limits and results of their own', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const first = start(tasks(4), { agents: { one }, clock, run: { runId: 'first', maxConcurrent: 1 } });
    const second = startOn(first.soar, clock, tasks(2), { runId: 'second' });
    const [a, b] = await Promise.all([first.settled(), second.settled()]);
    expect([a.metadata.peakConcurrency, b.metadata.peakConcurrency]).toEqual([1, 2]);
    expect(b.metadata.totalDurationMs).toBe(100);
  });
});

describe('a collect machine as a root of its own', () => {
  const root = (input: object, clock = new VirtualClock()) => {
    const actor = createActor(collectMachine, { input: input as never, clock }).start();
    const output = new Promise<CollectOutput>((resolve, reject) => {
      actor.subscribe({ complete: () => resolve(actor.getSnapshot().output as CollectOutput), error: reject });
      if (actor.getSnapshot().status === 'done') resolve(actor.getSnapshot().output as CollectOutput);
    });
    return { clock, output, settled: () => clock.settle(output) };
  };

  it('brings its own engine and finishes by itself', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]) };
    const { settled } = root({ plan: { tasks: chain }, engine: { agents } }, clock);
    expect(await settled()).toMatchObject({ status: 'succeeded', error: null, metadata: { succeeded: 4 } });
    expect(clock.pending).toBe(0);
  });

  it('fails for an invalid plan instead of throwing', async () => {
    const { settled } = root({
      plan: { tasks: [task('a', { dependsOn: ['a'] })] },
      engine: { agents: { one: () => '' } },
    });
    expect(await settled()).toMatchObject({ status: 'failed', outcomes: [], error: { kind: 'invalid_request' } });
  });
});
