import { describe, expect, it } from 'vitest';
import type { TaskSpec } from '../../src/plan/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, retrying, start, task, tasks } from '../support/watched-run.ts';

/** Tasks that ask the same. */
const duplicates = (count: number, more: Partial<TaskSpec> = {}) => tasks(count, { prompt: 'the same', ...more });

function story(
  script: readonly Step[] | Record<string, readonly Step[]>,
  plan: readonly TaskSpec[],
  options: Partial<Parameters<typeof start>[1]> = {},
) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, script);
  const run = start(plan, { agents: { one }, clock, cache: true, ...options });
  return { ...run, clock, one, asked: () => one.calls.map(({ taskId }) => taskId) };
}

describe.each(['wave', 'eager'] as const)('identical work in the schedule %s', (schedule) => {
  it('is done once, and its duplicates settle with the same answer', async () => {
    const { settled, asked, of } = story([{ ms: 100, ok: 'forty-two' }], duplicates(4), { schedule });
    const { status, outcomes, metadata } = await settled();
    expect(asked()).toEqual(['t1']);
    expect(status).toBe('succeeded');
    expect(outcomes.map(({ via, output, settledAt }) => [via, output, settledAt])).toEqual([
      ['agent', 'forty-two', 100],
      ...Array.from({ length: 3 }, () => ['cache', 'forty-two', 100]),
    ]);
    expect(outcomes[1]).toMatchObject({ attempts: [], agentId: 'one', startedAt: null, durationMs: 0, queuedMs: 100 });
    expect(metadata).toMatchObject({ cacheHits: 3, succeeded: 4, peakConcurrency: 1 });
    expect(of('task.settled').map(({ settled: n }) => n)).toEqual([1, 2, 3, 4]);
  });

  it('is done by each without a cache', async () => {
    const { settled, asked } = story([{ ms: 100 }], duplicates(3), { schedule, cache: false });
    expect((await settled()).metadata.cacheHits).toBe(0);
    expect(asked()).toHaveLength(3);
  });

  it('says what a duplicate waits for, and lets it hold nothing', async () => {
    const plan = [...duplicates(3), task('other')];
    const { settled, of, startTimes } = story([{ ms: 100 }], plan, { schedule, maxConcurrent: 2 });
    await settled();
    expect(startTimes()).toEqual([0, 0]);
    const waits = of('task.state').filter(({ reason }) => reason);
    expect(waits.map(({ taskId, state, reason }) => [taskId, state, reason])).toEqual([
      ['t2', 'staggered', 'waits for `t1`, which asks the same'],
      ['t3', 'staggered', 'waits for `t1`, which asks the same'],
    ]);
  });

  it('is done by the next duplicate, by itself, when the first one fails', async () => {
    const script = { t1: [{ ms: 100, fail: 'auth' as const }], t2: [{ ms: 100, fail: 'exit' as const }] };
    const { settled, asked, one, startTimes } = story({ ...script, t3: [{ ms: 100 }] }, duplicates(5), { schedule });
    const result = await settled();
    expect(asked()).toEqual(['t1', 't2', 't3']);
    expect(startTimes()).toEqual([0, 100, 200]);
    expect(one.peak).toBe(1);
    expect(result.outcomes.map(({ status, via }) => `${status} ${via}`)).toEqual([
      'failed agent',
      'failed agent',
      'succeeded agent',
      'succeeded cache',
      'succeeded cache',
    ]);
  });

  it('waits through the retries of the first one', async () => {
    const { settled, asked } = story(
      [
        { ms: 100, fail: 'transient' },
        { ms: 100, ok: 'at last' },
      ],
      duplicates(3),
      {
        schedule,
        policy: retrying(1),
      },
    );
    const result = await settled();
    expect(asked()).toEqual(['t1', 't1']);
    expect(result.outcomes.map(({ output }) => output)).toEqual(['at last', 'at last', 'at last']);
  });

  it.each([
    ['empty', { ok: ' \n' }],
    ['of a fallback', { fail: 'exit' as const }],
  ])('does not take an answer that is %s', async (_, step) => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [step]), two: scriptedAgent(clock) };
    const options = { agents, clock, cache: true, schedule, fallback: 'two', defaultAgent: 'one' };
    const { metadata } = await start(duplicates(3), options).settled();
    expect(agents.one.calls).toHaveLength(3);
    expect(metadata).toMatchObject({ cacheHits: 0, succeeded: 3 });
  });

  it('does not take an answer that was cut', async () => {
    let asked = 0;
    const one = () => {
      asked += 1;
      return { output: 'half of it', truncated: true };
    };
    await start(duplicates(2), { agents: { one }, cache: true, schedule }).settled();
    expect(asked).toBe(2);
  });

  it('hands on the structured part of an answer', async () => {
    const one = () => ({ output: 'two', data: { n: 2 } });
    const result = await start(duplicates(2), { agents: { one }, cache: true, schedule }).settled();
    expect(outcomeOf(result, 't2')).toMatchObject({ via: 'cache', data: { n: 2 } });
  });

  it.each<[string, Partial<TaskSpec>]>([
    ['another prompt', { prompt: 'something else' }],
    ['another agent', { agent: 'two' }],
    ['another environment', { env: { MODE: 'fast' } }],
    ['another directory', { cwd: 'elsewhere' }],
    [
      'another passage',
      { passages: [{ id: 'p', path: 'a.md', startLine: 1, endLine: 1, text: 'hear, hear', score: 1 }] },
    ],
  ])('is not what has %s', async (_, more) => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock), two: scriptedAgent(clock) };
    const plan = [task('a', { prompt: 'the same' }), task('b', { prompt: 'the same', ...more })];
    const result = await start(plan, { agents, clock, cache: true, schedule, defaultAgent: 'one' }).settled();
    expect(result.metadata.cacheHits).toBe(0);
  });

  it('may have another policy, timeout or order of its environment', async () => {
    const plan = [
      task('a', { prompt: 'the same', env: { A: '1', B: '2' } }),
      task('b', { prompt: 'the same', env: { B: '2', A: '1' }, timeoutMs: 5000, retries: 3, critical: true }),
    ];
    expect((await story([{}], plan, { schedule }).settled()).metadata.cacheHits).toBe(1);
  });

  it('is known by what it depends on, in every wave', async () => {
    const plan = [task('a', { prompt: 'ask' }), task('b', { prompt: 'x', dependsOn: ['a'] })];
    const again = [
      task('c', { prompt: 'x', dependsOn: ['a'] }),
      task('d', { prompt: 'y', dependsOn: ['b'] }),
      task('e', { prompt: 'y', dependsOn: ['b'] }),
      task('f', { prompt: 'ask' }),
    ];
    const { settled, asked } = story([{ ms: 10 }], [...plan, ...again], { schedule });
    const { metadata } = await settled();
    expect(metadata).toMatchObject({ cacheHits: 3, succeeded: 6 });
    expect([...asked()].sort()).toEqual(['a', 'b', 'd']);
  });

  it('differs where what dependencies produced differs, also where the prompt has it cut', async () => {
    const long = (end: string) => ({ ok: `${'x'.repeat(60_000)}${end}${'y'.repeat(60_000)}` });
    const plan = [
      task('a'),
      task('b', { prompt: 'z', dependsOn: ['a'] }),
      task('c', { prompt: 'z', dependsOn: ['a'] }),
    ];
    const { settled } = story({ a: [long('1')], b: [{ ms: 10 }] }, plan, { schedule });
    expect((await settled()).metadata.cacheHits).toBe(1);
    const other = [task('a'), task('a2', { prompt: 'do a2' }), task('b', { prompt: 'z', dependsOn: ['a'] })];
    const plan2 = [...other, task('c', { prompt: 'z', dependsOn: ['a2'] })];
    expect((await story({ a: [long('1')], a2: [long('2')] }, plan2, { schedule }).settled()).metadata.cacheHits).toBe(
      0,
    );
  });

  it('cancels its duplicates with the run', async () => {
    const { run, settled, clock, asked } = story([{ hang: true }], duplicates(3), { schedule });
    await clock.advance(50);
    run.cancel('enough');
    const { outcomes, status } = await settled();
    expect(status).toBe('cancelled');
    expect(outcomes.map(({ status: one, via }) => [one, via])).toEqual([
      ['cancelled', 'agent'],
      ['cancelled', null],
      ['cancelled', null],
    ]);
    expect(asked()).toEqual(['t1']);
  });

  it('skips its duplicates when the first one was critical and failed', async () => {
    const plan = [...duplicates(1, { critical: true }), ...duplicates(3).slice(1)];
    const { settled, asked } = story([{ ms: 100, fail: 'auth' }], plan, { schedule });
    const result = await settled();
    expect(asked()).toEqual(['t1']);
    expect(result.status).toBe('failed');
    expect(result.outcomes.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped']);
  });

  it('costs one start of a budget, also when that is spent before the answer comes', async () => {
    const plan = [...duplicates(4), task('other'), task('late', { dependsOn: ['t1'] })];
    const { settled, asked } = story([{ ms: 100 }], plan, { schedule, run: { budget: { attempts: 2 } } });
    const result = await settled();
    expect(asked()).toEqual(['t1', 'other']);
    expect(result).toMatchObject({ status: 'partial', metadata: { cacheHits: 3, skipped: 1 } });
    expect(outcomeOf(result, 'late').error?.kind).toBe('budget');
    const exact = await story([{ ms: 100 }], plan.slice(0, 5), { schedule, run: { budget: { attempts: 2 } } });
    expect(await exact.settled()).toMatchObject({ status: 'succeeded', metadata: { cacheHits: 3 } });
    expect(exact.of('run.stopping')).toEqual([]);
  });

  it('is skipped, duplicate by duplicate, when its budget is spent and the first one fails', async () => {
    const options = { schedule, run: { budget: { attempts: 1 } } };
    const { settled, asked } = story([{ ms: 100, fail: 'auth' }], duplicates(4), options);
    const result = await settled();
    expect(asked()).toEqual(['t1']);
    expect(result.outcomes.map(({ status, error }) => [status, error?.kind])).toEqual([
      ['failed', 'auth'],
      ...Array.from({ length: 3 }, () => ['skipped', 'budget']),
    ]);
  });

  it('is cancelled with its run while it waits for an answer that a spent budget still allows', async () => {
    const options = { schedule, run: { budget: { attempts: 1 } } };
    const { settled, clock, run } = story([{ hang: true }], duplicates(3), options);
    await clock.advance(50);
    run.cancel('enough');
    expect((await settled()).outcomes.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it('skips what depends on a failed duplicate, and never asks for it', async () => {
    const plan = [task('bad'), ...duplicates(2, { dependsOn: ['bad'] })];
    const { settled, asked } = story({ bad: [{ fail: 'auth' }] }, plan, { schedule, onDependencyFailure: 'skip' });
    expect((await settled()).metadata).toMatchObject({ failed: 1, skipped: 2 });
    expect(asked()).toEqual(['bad']);
  });
});
