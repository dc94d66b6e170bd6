import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { PolicyInput } from '../../src/policy/policy.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, retrying, start, startOn, task, tasks } from '../support/watched-run.ts';

describe('the timeout of a run', () => {
  it('cancels it, and keeps what has finished', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ ms: 100, ok: 'kept' }], t2: [{ hang: true, dyingMs: 10 }] });
    const plan = [...tasks(2), task('later', { dependsOn: ['t2'] })];
    const result = await start(plan, { agents: { one }, clock, run: { timeoutMs: 1000 } }).settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
    expect(result.outcomes.map(({ status, error }) => [status, error?.kind])).toEqual([
      ['succeeded', undefined],
      ['cancelled', 'timeout'],
      ['cancelled', 'timeout'],
    ]);
    expect(outcomeOf(result, 't1').output).toBe('kept');
    expect(outcomeOf(result, 't2').settledAt).toBe(1010);
  });

  it('cancels a run, too, that a failure is ending already; what was asked to stop before keeps its reason', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { slow: [{ hang: true, dyingMs: 500 }], bad: [{ ms: 900, fail: 'forbidden' }] });
    const plan = [task('slow'), task('bad', { critical: true })];
    const result = await start(plan, { agents: { one }, clock, run: { timeoutMs: 1000 } }).settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
    expect(outcomeOf(result, 'slow')).toMatchObject({ error: { kind: 'dependency' }, settledAt: 1400 });
  });

  it('is derived when none is given', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ deaf: true }]);
    const policy = { preset: 'test', retry: { retries: 0 }, clocks: { maxTimeoutMs: 30_000 } } as const;
    const run = start(tasks(3), { agents: { one }, clock, policy, maxConcurrent: 1, staggerMs: 1000 });
    await run.settled();
    expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(3 * 30_000 + 2000 + 120_000);
  });

  it('counts the fallback of a task', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock), two: scriptedAgent(clock) };
    const run = start([task('a', { agent: 'one', fallback: 'two' })], { agents, clock, policy: 'patient' });
    await run.settled();
    expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(3 * 600_000 + 2000 + 120_000);
  });

  const LIMIT_MS = 121_000;
  const quick = (cooling: object = {}): PolicyInput => ({
    ...{ preset: 'test', retry: { retries: 0 }, breaker: { enabled: false } },
    ...{ clocks: { maxTimeoutMs: 1000 }, cooling: { maxCoolingMs: 6 * 3_600_000, ...cooling } },
  });
  const limited = (retryAfterMs: number) => ({ fail: 'rate_limited', details: { retryAfterMs } }) as const;

  it('does not count cooling when it was derived', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [limited(3_600_000), limited(3_600_000), { ok: 'at last' }]);
    const run = start([task('a')], { agents: { one }, clock, policy: quick() });
    expect((await run.settled()).status).toBe('succeeded');
    expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(LIMIT_MS);
    expect(clock.now()).toBe(7_200_000);
  });

  it('counts cooling of several tasks once, and says that it was derived', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [limited(600_000), {}], t2: [{ ms: 500, ...limited(600_000) }, {}] });
    const slow = scriptedAgent(clock, [{}], { staggerMs: 800_000 });
    const plan = [...tasks(2, { agent: 'one' }), task('s1', { agent: 'slow' }), task('s2', { agent: 'slow' })];
    const result = await start(plan, { agents: { one, slow }, clock, policy: quick() }).settled();
    expect(result.error?.message).toMatch(/^The run did not finish within 121000 ms, a limit derived .*`timeoutMs`/);
    expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'cancelled']);
    expect(clock.now()).toBe(LIMIT_MS + 600_500);
  });

  it('counts cooling when the user has set it', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [limited(3_600_000), {}]);
    const options = { agents: { one }, clock, policy: quick(), run: { timeoutMs: LIMIT_MS } };
    const result = await start([task('a')], options).settled();
    expect(result).toMatchObject({
      status: 'cancelled',
      error: { message: 'The run did not finish within 121000 ms.' },
    });
    expect(clock.now()).toBe(LIMIT_MS);
  });

  it('does not count cooling that another run has caused', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { first: [limited(3_600_000), {}] });
    const soar = createSoar({ agents: { one }, clock, policy: quick() });
    soar.run({ tasks: [task('first')] });
    await clock.advance(10);
    const { status } = await clock.settle(soar.run({ tasks: [task('second')] }).result);
    expect([status, clock.now()]).toEqual(['succeeded', 3_600_000]);
  });

  it('keeps what it did not count over a resume', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const one = scriptedAgent(clock, [limited(3_600_000), { ms: 500 }]);
    const options = { agents: { one }, clock, policy: quick() };
    createSoar({ ...options, journal }).run({ tasks: [task('a')] }, { runId: 'r' });
    await clock.advance(1_800_000);
    const crashed = journal.crash();
    await clock.advance(1_000_000);
    const { status } = await clock.settle(createSoar({ ...options, journal: crashed }).resume('r').result);
    expect([status, clock.now()]).toEqual(['succeeded', 3_600_500]);
  });

  it('leaves no timer behind when the run ends before', async () => {
    const clock = new VirtualClock();
    await start([task('a')], { agents: { one: scriptedAgent(clock) }, clock, run: { timeoutMs: 1000 } }).settled();
    expect(clock.pending).toBe(0);
  });
});

describe('a budget', () => {
  it('of attempts lets running ones finish and skips all that waits', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const plan = [...tasks(4), task('later', { dependsOn: ['t1'] })];
    const result = await start(plan, {
      agents: { one },
      clock,
      maxConcurrent: 2,
      run: { budget: { attempts: 3 } },
    }).settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
      'skipped',
      'skipped',
    ]);
    expect(outcomeOf(result, 'later').error?.kind).toBe('budget');
    expect(result).toMatchObject({ status: 'partial', error: { kind: 'budget' } });
  });

  it('counts retries and fallbacks too', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ fail: 'transient' }]), two: scriptedAgent(clock) };
    const options = {
      agents,
      clock,
      policy: retrying(5),
      fallback: 'two',
      defaultAgent: 'one',
      run: { budget: { attempts: 3 } },
    };
    const result = await start([task('a')], options).settled();
    expect(agents.one.calls).toHaveLength(3);
    expect(agents.two.calls).toHaveLength(0);
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'skipped', error: { kind: 'budget' } });
  });

  it('that is spent exactly by what was needed is not a reason to stop', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100 }]);
    const plan = [...tasks(2), task('z', { dependsOn: ['t1'] })];
    const result = await start(plan, { agents: { one }, clock, run: { budget: { attempts: 3 } } }).settled();
    expect(result.status).toBe('succeeded');
    expect(result.error).toBeUndefined();
  });

  it('of time skips what waits when it is over, sleepers too', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, {
      t1: [{ ms: 5000 }],
      t2: [{ fail: 'transient' }],
      t3: [{ fail: 'rate_limited', details: { retryAfterMs: 60_000 } }],
    });
    const options = { agents: { one }, clock, policy: retrying(3, 30_000), run: { budget: { timeMs: 1000 } } };
    const result = await start(tasks(3), options).settled();
    expect(result.outcomes.map(({ status, settledAt }) => [status, settledAt])).toEqual([
      ['succeeded', 5000],
      ['skipped', 1000],
      ['skipped', 1000],
    ]);
  });

  it('once spent lets no task go to sleep any more', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 2000, fail: 'transient' }]);
    const options = { agents: { one }, clock, policy: retrying(1, 30_000), run: { budget: { timeMs: 1000 } } };
    const result = await start([task('a')], options).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'budget' }, settledAt: 2000 });
  });

  it('of tokens is what the agents report', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, usage: { inputTokens: 30, outputTokens: 30 } }]);
    const result = await start(tasks(4), {
      agents: { one },
      clock,
      maxConcurrent: 1,
      run: { budget: { tokens: 100 } },
    }).settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'skipped', 'skipped']);
    expect(outcomeOf(result, 't1').attempts[0]?.usage).toEqual({ inputTokens: 30, outputTokens: 30 });
  });

  it('of tokens counts what failed attempts cost too', async () => {
    const clock = new VirtualClock();
    const usage = { inputTokens: 50, outputTokens: 10 };
    const one = scriptedAgent(clock, [{ ms: 100, fail: 'transient', details: { usage } }]);
    const options = { agents: { one }, clock, policy: retrying(5), run: { budget: { tokens: 100 } } };
    const run = start([task('a')], options);
    const result = await run.settled();
    expect(outcomeOf(result, 'a').attempts.map((attempt) => attempt.usage)).toEqual([usage, usage]);
    expect(run.of('attempt.ended').map((ended) => ended.usage)).toEqual([usage, usage]);
    expect(result.metadata.usage).toEqual({ inputTokens: 100, outputTokens: 20, totalTokens: 120 });
  });

  it.each([
    ['tokens', { budget: { tokens: 100 }, usage: { inputTokens: Number.NaN, outputTokens: 60 } }],
    ['cost', { budget: { costUsd: 1 }, usage: { costUsd: 0.6, totalTokens: '60' as never } }],
  ])('of %s holds although an agent reports what is not a number', async (_, { budget, usage }) => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, usage }]);
    const options = { agents: { one }, clock, maxConcurrent: 1, run: { budget } };
    const { outcomes, metadata } = await start(tasks(4), options).settled();
    expect(outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'skipped', 'skipped']);
    expect(metadata.usage.totalTokens).toBe('tokens' in budget ? 120 : 0);
  });

  it('of cost is what agents report, or what their tokens cost by the table of prices', async () => {
    const clock = new VirtualClock();
    const prices = { small: { inputPerMillion: 1000, outputPerMillion: 2000, cachedInputPerMillion: 100 } };
    const usage = { inputTokens: 300, cachedInputTokens: 100, outputTokens: 100 };
    const agents = {
      one: scriptedAgent(clock, [{ ms: 100, usage }], { model: 'small' }),
      two: scriptedAgent(clock, [{ ms: 100, usage: { ...usage, costUsd: 0.3 } }], { model: 'small' }),
    };
    const plan = [...tasks(2, { agent: 'one' }), task('c', { agent: 'two' }), task('d', { agent: 'one' })];
    const options = { agents, clock, prices, maxConcurrent: 1, run: { budget: { costUsd: 1 } } };
    const run = start(plan, options);
    const result = await run.settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'skipped']);
    expect(result.outcomes.map(({ attempts }) => attempts[0]?.usage?.costUsd)).toEqual([0.41, 0.41, 0.3, undefined]);
    expect(result.error).toMatchObject({ kind: 'budget', message: "The run's budget of cost is spent." });
    expect(result.metadata.usage.costUsd).toBeCloseTo(1.12, 10);
    expect(run.of('warning')).toEqual([]);
  });

  it('of cost says once of each agent whose cost nothing knows', async () => {
    const clock = new VirtualClock();
    const usage = { inputTokens: 300, outputTokens: 100 };
    const agents = {
      priced: scriptedAgent(clock, [{ usage }]),
      silent: scriptedAgent(clock, [{}], { kind: 'model', model: 'dear' }),
      free: scriptedAgent(clock),
    };
    const prices = { priced: { inputPerMillion: 0, outputPerMillion: 0 } };
    const plan = ['priced', 'silent', 'free'].flatMap((agent) => [1, 2].map((n) => task(`${agent}-${n}`, { agent })));
    const run = start(plan, { agents, clock, prices, run: { budget: { costUsd: 1 } } });
    expect((await run.settled()).status).toBe('succeeded');
    expect(run.of('warning').map(({ message }) => message)).toEqual([
      'What agent `silent` costs does not count against the budget of cost: it reports none itself, and there is no price for `silent` or `dear`. Add one under `prices`.',
    ]);
  });

  it.each([
    ['tokens', { totalTokens: 60 }, { tokens: 100 }],
    ['cost', { costUsd: 0.6 }, { costUsd: 1 }],
  ])('of %s once spent leaves the gate to other runs', async (_, usage, budget) => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, usage }]);
    const options = { agents: { one }, clock, maxConcurrent: 1, policy: { retry: { retries: 0 } } };
    const run = start(tasks(4), { ...options, run: { budget } });
    expect((await run.settled()).metadata).toMatchObject({ succeeded: 2, skipped: 2 });
    expect((await startOn(run.soar, clock, tasks(2)).settled()).status).toBe('succeeded');
  });

  it('is known to be spent before a waiting task starts', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ms: 100, usage: { totalTokens: 60 } }], b: [{ ms: 500 }] });
    const plan = [task('a'), task('b'), task('z', { dependsOn: ['a'] })];
    const options = { agents: { one }, clock, schedule: 'eager', maxConcurrent: 3 } as const;
    const result = await start(plan, { ...options, run: { budget: { tokens: 60 } } }).settled();
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['a', 'b']);
    expect(outcomeOf(result, 'z').error?.kind).toBe('budget');
  });

  it('is why a run ends whose last task had another attempt coming', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 100, fail: 'transient', details: { usage: { costUsd: 1 } } }]);
    const result = await start([task('a')], {
      agents: { one },
      clock,
      policy: retrying(1),
      run: { budget: { costUsd: 1 } },
    }).settled();
    expect(one.calls).toHaveLength(1);
    expect(result).toMatchObject({ status: 'failed', error: { kind: 'budget' }, metadata: { skipped: 1 } });
  });

  it('of nothing starts nothing', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    const result = await start(tasks(2), { agents: { one }, clock, run: { budget: { attempts: 0 } } }).settled();
    expect(one.calls).toEqual([]);
    expect(result).toMatchObject({ status: 'failed', error: { kind: 'budget' }, metadata: { skipped: 2 } });
  });
});
