import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import { type MemoryJournal, memoryJournal } from '../../src/journal/memory-journal.ts';
import { INTERRUPTED } from '../../src/journal/replay.ts';
import type { Plan, TaskSpec } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, ONE_TRY, outcomeOf, retrying, task, tasks, type Watched, watch } from '../support/watched-run.ts';

interface Story {
  clock: VirtualClock;
  journal: MemoryJournal;
  /** The executions of all processes, in order. */
  one: ScriptedAgent;
  run(plan: Plan | readonly TaskSpec[], options?: object): Watched;
  /** The process dies; another one continues with the run. */
  reborn(options?: Partial<SoarOptions>): Watched;
}

/** One agent and one clock for all processes, a journal that outlives each. */
function story(
  script: readonly Step[] | Readonly<Record<string, readonly Step[]>>,
  options: SoarOptions = {},
  keeping: Parameters<typeof memoryJournal>[0] = {},
): Story {
  const clock = new VirtualClock(1000);
  const one = scriptedAgent(clock, script);
  let journal = memoryJournal(keeping);
  const engine = (more: Partial<SoarOptions> = {}) =>
    createSoar({ agents: { one }, random: () => 0.5, policy: ONE_TRY, ...options, ...more, clock, journal });
  return {
    clock,
    one,
    get journal() {
      return journal;
    },
    run(plan, runOptions = {}) {
      const soar = engine();
      return watch(soar.run('tasks' in plan ? plan : { tasks: plan }, { runId: 'r', ...runOptions }), clock, soar);
    },
    reborn(more) {
      journal = journal.crash();
      const soar = engine(more);
      return watch(soar.resume('r'), clock, soar);
    },
  };
}

const callsOf = (agent: ScriptedAgent, taskId: string) => agent.calls.filter((call) => call.taskId === taskId);

describe('a run that is resumed', () => {
  it('runs nothing again that has settled', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }], { maxConcurrent: 1 });
    run(tasks(3));
    await clock.advance(150);
    const result = await reborn().settled();
    expect(result.status).toBe('succeeded');
    expect(callsOf(one, 't1')).toHaveLength(1);
    expect(callsOf(one, 't3')).toHaveLength(1);
  });

  it('runs an attempt again that was cut off, with a new number, and records what became of the old one', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }]);
    run(tasks(1));
    await clock.advance(50);
    const result = await reborn().settled();
    expect(callsOf(one, 't1').map(({ request }) => request.key)).toEqual(['r/t1/1', 'r/t1/2']);
    expect(outcomeOf(result, 't1').attempts).toMatchObject([
      { n: 1, startedAt: 1000, endedAt: 1050, result: 'cancelled', error: { kind: 'cancelled', message: INTERRUPTED } },
      { n: 2, startedAt: 1050, endedAt: 1150, result: 'succeeded' },
    ]);
  });

  it('counts an attempt that was cut off as no retry', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100, fail: 'transient' }], { policy: retrying(1) });
    run(tasks(1));
    await clock.advance(50);
    const result = await reborn().settled();
    expect(one.calls).toHaveLength(3);
    expect(outcomeOf(result, 't1')).toMatchObject({ status: 'failed', attempts: [{}, {}, {}] });
  });

  it('waits for a retry until the time that was set', async () => {
    const { run, reborn, clock, one } = story([{ fail: 'transient' }, {}], { policy: retrying(1, 10_000) });
    run(tasks(1));
    await clock.advance(4000);
    const next = reborn();
    await clock.advance(0);
    expect(next.of('task.state')).toMatchObject([{ taskId: 't1', state: 'retrying', until: 11_000 }]);
    await next.settled();
    expect(one.calls.map(({ at }) => at)).toEqual([1000, 11_000]);
  });

  it('cools until the time the provider named', async () => {
    const { run, reborn, clock, one } = story([{ fail: 'rate_limited', details: { retryAt: 31_000 } }, {}]);
    run(tasks(1));
    await clock.advance(4000);
    const result = await reborn().settled();
    expect(one.calls.map(({ at }) => at)).toEqual([1000, 31_000]);
    expect(result.metadata.rateLimits).toEqual([{ taskId: 't1', agentId: 'one', resumeAt: 31_000 }]);
  });

  it('admits others while a task of it sleeps', async () => {
    const script = { t1: [{ fail: 'transient' as const }, {}], t2: [{ ms: 100 }] };
    const { run, reborn, clock, one } = story(script, { policy: retrying(1, 10_000), maxConcurrent: 1 });
    run(tasks(2));
    await clock.advance(50);
    await reborn().settled();
    expect(callsOf(one, 't2').map(({ at }) => at)).toEqual([1000, 1050]);
  });

  it('continues with the fallback where it was', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ fail: 'auth' }]), two: scriptedAgent(clock, [{ ms: 100 }]) };
    const journal = memoryJournal();
    const options: SoarOptions = { agents, clock, fallback: 'two', defaultAgent: 'one', policy: ONE_TRY };
    createSoar({ ...options, journal }).run({ tasks: tasks(1) }, { runId: 'r' });
    await clock.advance(50);
    const soar = createSoar({ ...options, journal: journal.crash() });
    const result = await clock.settle(soar.resume('r').result);
    expect(agents.one.calls).toHaveLength(1);
    expect(outcomeOf(result, 't1')).toMatchObject({ status: 'succeeded', via: 'fallback', attempts: [{}, {}, {}] });
    expect(result.metadata.fallbackCount).toBe(1);
  });

  it('keeps its deadline', async () => {
    const { run, reborn, clock } = story([{ hang: true }]);
    run(tasks(1), { timeoutMs: 10_000 });
    await clock.advance(9000);
    const result = await reborn().settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
    expect(clock.now()).toBe(11_000);
    expect(result.metadata.totalDurationMs).toBe(10_000);
  });

  it('takes a new limit', async () => {
    const { run, journal, clock, one } = story([{ ms: 500 }]);
    run(tasks(1), { timeoutMs: 100 });
    await clock.advance(50);
    const soar = createSoar({ agents: { one }, clock, journal: journal.crash(), policy: ONE_TRY });
    const result = await clock.settle(soar.resume('r', { timeoutMs: 1000 }).result);
    expect(result.status).toBe('succeeded');
  });

  it('has spent what it had spent of its budgets', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100, usage: { totalTokens: 60 } }], { maxConcurrent: 1 });
    run(tasks(4), { budget: { attempts: 3, tokens: 1000 } });
    await clock.advance(150);
    const result = await reborn().settled();
    expect(one.calls).toHaveLength(3);
    expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'skipped', 'skipped']);
  });

  it('has spent the tokens it had spent', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100, usage: { totalTokens: 60 } }], { maxConcurrent: 1 });
    run(tasks(4), { budget: { tokens: 100 } });
    await clock.advance(150);
    await reborn().settled();
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't2']);
  });

  it('has spent the money it had spent, failed attempts and all', async () => {
    const usage = { costUsd: 0.6 };
    const fails = { ms: 100, fail: 'transient', details: { usage } } as const;
    const { run, reborn, clock, one } = story(
      { t1: [fails, { ms: 100, usage }] },
      { maxConcurrent: 1, policy: retrying(1, 10) },
    );
    run([task('t1'), task('z', { dependsOn: ['t1'] })], { budget: { costUsd: 1 } });
    await clock.advance(105);
    const result = await reborn().settled();
    expect(one.calls.filter(({ taskId }) => taskId === 't1')).toHaveLength(2);
    expect(result.metadata.usage.costUsd).toBe(1.2);
    expect(outcomeOf(result, 'z')).toMatchObject({ status: 'skipped', error: { kind: 'budget' } });
  });

  it('keeps its budget of time', async () => {
    const { run, reborn, clock } = story([{ ms: 400 }], { maxConcurrent: 1 });
    run(tasks(4), { budget: { timeMs: 1000 } });
    await clock.advance(500);
    const result = await reborn().settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'skipped']);
  });

  it.each<[string, Step, number]>([
    ['for a retry', { fail: 'transient' }, 10_000],
    // The other task, whose attempt was cut off, goes first, and the gap has widened.
    ['for its provider', { fail: 'rate_limited', details: { retryAt: 41_000 } }, 40_500],
  ])('waits %s as long as was left when the clock was put back meanwhile', async (_, first, leftMs) => {
    const { run, journal, clock } = story({ t1: [first, {}], t2: [{ hang: true }] }, { policy: retrying(1, 10_000) });
    run(tasks(2), { timeoutMs: 100_000 });
    await clock.advance(4000);
    // Its last records are of the start; of the 4 s since then nothing is written.
    const hourAgo = 1000 - 3_600_000;
    const earlier = new VirtualClock(hourAgo);
    const again = scriptedAgent(earlier, { t2: [{ hang: true }] });
    const soar = createSoar({ agents: { one: again }, clock: earlier, journal: journal.crash(), policy: ONE_TRY });
    const result = await earlier.settle(soar.resume('r').result);
    expect(callsOf(again, 't1').map(({ at }) => at - hourAgo)).toEqual([leftMs]);
    expect(earlier.now() - hourAgo).toBe(100_000);
    expect(result).toMatchObject({ status: 'cancelled', metadata: { totalDurationMs: 100_000 } });
  });

  it('asks again for work that was under way, and hands its answer to the duplicates that waited', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }]);
    run(tasks(3, { prompt: 'the same' }), { cache: true });
    await clock.advance(50);
    const result = await reborn().settled();
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1', 't1']);
    expect(result.outcomes.map(({ via, output }) => [via, output])).toEqual([
      ['agent', 't1 by one'],
      ['cache', 't1 by one'],
      ['cache', 't1 by one'],
    ]);
  });

  it('lets a task continue that had begun, and holds its duplicate', async () => {
    const { run, reborn, clock, one } = story(
      { t1: [{ fail: 'auth' }], t2: [{ fail: 'transient' }, { ms: 10 }] },
      { policy: retrying(1, 1000) },
    );
    run(tasks(3, { prompt: 'the same' }), { cache: true });
    await clock.advance(500);
    const result = await reborn().settled();
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't2']);
    expect(result.outcomes.map(({ status, via, attempts }) => [status, via, attempts.length])).toEqual([
      ['failed', 'agent', 1],
      ['succeeded', 'agent', 2],
      ['succeeded', 'cache', 0],
    ]);
  });

  it('shows dependents what their dependencies produced before', async () => {
    const { run, reborn, clock, one } = story({ a: [{ ok: 'forty-two' }], b: [{ ms: 100 }] });
    run([task('a'), task('b', { dependsOn: ['a'] })]);
    await clock.advance(50);
    await reborn().settled();
    expect(callsOf(one, 'b').at(-1)?.prompt).toContain('✓ [a]: forty-two');
    expect(callsOf(one, 'b').at(-1)?.request.dependencies).toEqual({ a: 'forty-two' });
  });

  it('is ended by a critical failure that came before', async () => {
    const script = { a: [{ ms: 100, fail: 'forbidden' as const }], b: [{ deaf: true }] };
    const { run, reborn, clock, one } = story(script);
    run([task('a', { critical: true }), task('b'), task('c', { dependsOn: ['b'] })]);
    await clock.advance(150);
    const result = await reborn().settled();
    expect(result.status).toBe('failed');
    expect(result.outcomes).toMatchObject([
      { taskId: 'a', status: 'failed' },
      { taskId: 'b', status: 'skipped', error: { kind: 'dependency' }, attempts: [{ n: 1, result: 'cancelled' }] },
      { taskId: 'c', status: 'skipped' },
    ]);
    expect(callsOf(one, 'b')).toHaveLength(1);
  });

  it('can be resumed again and again', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }], { maxConcurrent: 1 });
    run(tasks(4));
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(150);
      reborn();
    }
    const result = await reborn().settled();
    expect(result.metadata.succeeded).toBe(4);
    const attempts = result.outcomes.flatMap((outcome) => outcome.attempts);
    expect(new Set(attempts.map(({ key }) => key)).size).toBe(attempts.length);
    expect(one.calls.length).toBe(attempts.length);
  });

  it('reports what settled before', async () => {
    const { run, reborn, clock } = story([{ ms: 100 }], { maxConcurrent: 1 });
    run(tasks(2));
    await clock.advance(150);
    const next = reborn();
    await next.settled();
    expect(next.of('task.settled').map(({ outcome, settled }) => [outcome.taskId, settled])).toEqual([
      ['t1', 1],
      ['t2', 2],
    ]);
  });

  it('is announced as settled only once that is durable', async () => {
    const { run, journal, clock } = story([{}]);
    const first = run(tasks(1));
    const stored: boolean[] = [];
    first.run.events$.subscribe(({ type }) => {
      if (type !== 'task.settled') return;
      const entries = [...(journal.disk.runs.get('r')?.entries ?? [])];
      stored.push(entries.some((body) => body.includes('"task.settled"')));
    });
    await clock.advance(10);
    expect(stored).toEqual([true]);
  });

  it('starts no agent whose start is not durable', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const stored: boolean[] = [];
    const one = () => {
      stored.push(journal.disk.runs.get('r')?.entries.some((body) => body.includes('attempt.started')) ?? false);
      return 'ok';
    };
    const soar = createSoar({ agents: { one }, clock, journal });
    await clock.settle(soar.run({ tasks: tasks(1) }, { runId: 'r' }).result);
    expect(stored).toEqual([true]);
  });
});

describe('a run that has ended', () => {
  it('gives the same result and runs nothing', async () => {
    const { run, reborn, one } = story({ t1: [{ ok: 'x', usage: { totalTokens: 5 } }], t2: [{ fail: 'auth' }] });
    const first = await run([task('t2'), task('t1')]).settled();
    const calls = one.calls.length;
    const again = await reborn().settled();
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(one.calls).toHaveLength(calls);
  });

  it('cannot be resumed when its program cancelled it, and says so', async () => {
    const { run, reborn, clock } = story([{ hang: true }]);
    const first = run(tasks(1));
    await clock.advance(10);
    first.run.cancel('Not needed.');
    await first.settled();
    expect(() => reborn()).toThrow(
      expect.objectContaining({ code: 'run-cancelled', message: expect.stringContaining('Not needed.') }),
    );
  });

  it('can be resumed when it was interrupted', async () => {
    const { run, reborn, clock, one } = story({ t1: [{}], t2: [{ hang: true }, {}], t3: [{}] }, { maxConcurrent: 2 });
    const first = run([task('t1'), task('t2'), task('t3', { dependsOn: ['t2'] })]);
    await clock.advance(10);
    first.run.interrupt('Ctrl-C');
    const cut = await first.settled();
    expect(cut).toMatchObject({ status: 'cancelled', error: { message: 'Ctrl-C' } });
    expect(cut.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'cancelled', 'cancelled']);
    const result = await reborn().settled();
    expect(result.status).toBe('succeeded');
    expect(one.calls.map(({ taskId }) => taskId)).toEqual(['t1', 't2', 't2', 't3']);
    expect(outcomeOf(result, 't2').attempts).toMatchObject([
      { n: 1, result: 'cancelled', error: { message: 'Ctrl-C' } },
      { n: 2, result: 'succeeded' },
    ]);
  });

  it('keeps waiting for a retry after an interrupt', async () => {
    const { run, reborn, clock, one } = story([{ fail: 'transient' }, {}], { policy: retrying(1, 10_000) });
    const first = run(tasks(1));
    await clock.advance(1000);
    first.run.interrupt();
    await first.settled();
    await reborn().settled();
    expect(one.calls.map(({ at }) => at)).toEqual([1000, 11_000]);
  });
});

describe('a run of a question', () => {
  it('does not repeat the phases it has completed', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const done: string[] = [];
    const agents = { one: scriptedAgent(clock, [{ ms: 100, ok: 'It is so.' }]) };
    const phases: SoarOptions['phases'] = {
      assess: () => {
        done.push('assess');
        return { complexity: 'simple', score: 1, confidence: 1, reasons: [] };
      },
      retrieve: () => {
        done.push('retrieve');
        return { passages: [], budget: 0, searched: 0, notes: [] };
      },
    };
    createSoar({ agents, clock, journal, phases }).ask('What is it?', { runId: 'q' });
    await clock.advance(50);
    const soar = createSoar({ agents, clock, journal: journal.crash(), phases });
    const next = watch(soar.resume('q'), clock, soar);
    const result = await next.settled();
    expect(done).toEqual(['assess', 'retrieve']);
    expect(next.of('phase.started').map(({ phase }) => phase)).toEqual(['collect', 'synthesize']);
    expect(result).toMatchObject({ status: 'succeeded', query: 'What is it?', complexity: 'simple' });
    expect(result.metadata.totalDurationMs).toBe(150);
  });
});

describe('resuming', () => {
  it('refuses a run that is under way', async () => {
    const { run, journal, clock, one } = story([{ hang: true }]);
    run(tasks(1));
    await clock.advance(10);
    const other = createSoar({ agents: { one }, clock, journal });
    expect(() => other.resume('r')).toThrow(expect.objectContaining({ code: 'run-owned' }));
  });

  it('refuses a run nothing knows, and an engine without a journal', () => {
    const clock = new VirtualClock();
    expect(() => createSoar({ clock, journal: memoryJournal() }).resume('x')).toThrow(
      expect.objectContaining({ code: 'unknown-run' }),
    );
    expect(() => createSoar({ clock }).resume('x')).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });

  it('leaves the run alone when its agents are missing', async () => {
    const { run, journal, clock, one } = story([{ ms: 100 }]);
    run([task('t1', { agent: 'one' })]);
    await clock.advance(10);
    const left = journal.crash();
    expect(() => createSoar({ agents: { two: one }, clock, journal: left }).resume('r')).toThrow(
      expect.objectContaining({ code: 'invalid-plan' }),
    );
    const result = await clock.settle(createSoar({ agents: { one }, clock, journal: left }).resume('r').result);
    expect(result.status).toBe('succeeded');
  });

  it('is resumed although what a task reads had a secret, which is not stored', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }]);
    const passage = { id: 'p', path: 'a.md', startLine: 1, endLine: 1, text: 'export KEY=«masked»', score: 1 };
    run([task('a', { passages: [passage] })]);
    await clock.advance(50);
    expect((await reborn().settled()).status).toBe('succeeded');
    expect(one.calls[1]?.request.passages).toEqual([passage]);
  });

  it('cannot be resumed when what a task asks had a secret, and names the task', async () => {
    const mask = (json: string) => json.replaceAll('hunter22', '«masked»');
    const { run, reborn, clock } = story([{ ms: 100 }], {}, { mask });
    run([task('a', { prompt: 'Log in with hunter22' })]);
    await clock.advance(50);
    expect(() => reborn()).toThrow(
      expect.objectContaining({ code: 'not-supported', message: expect.stringContaining('task `a`') }),
    );
  });

  it('cannot be resumed when its question had a secret, which would be asked without it', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal({ mask: (json) => json.replaceAll('hunter22', '«masked»') });
    const phases: SoarOptions['phases'] = { assess: () => new Promise(() => {}) };
    const options = { agents: { one: scriptedAgent(clock) }, phases, clock };
    createSoar({ ...options, journal }).ask('How do I log in with hunter22?', { runId: 'q' });
    await clock.advance(50);
    expect(() => createSoar({ ...options, journal: journal.crash() }).resume('q')).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringContaining('its question held a secret'),
      }),
    );
  });

  it('is resumed with a text that says it was masked, where nothing is', async () => {
    const { run, reborn, clock, one } = story([{ ms: 100 }]);
    run([task('a', { prompt: 'What does «masked» stand for?' })]);
    await clock.advance(50);
    expect((await reborn().settled()).status).toBe('succeeded');
    expect(one.calls.map(({ prompt }) => prompt)).toEqual(Array(2).fill('What does «masked» stand for?'));
  });

  it('starts nothing beside processes that could not be ended, and leaves the run to be resumed', async () => {
    const { run, clock, one, journal } = story([{ ms: 100 }]);
    run(tasks(1));
    await clock.advance(50);
    const resumed = (next: MemoryJournal) => {
      const soar = createSoar({ agents: { one }, clock, journal: next });
      return watch(soar.resume('r'), clock, soar).settled();
    };
    const stuck = journal.crash();
    stuck.endProcesses = () => Promise.reject(new SoarError('io', 'They could not be ended.'));
    expect(await resumed(stuck)).toMatchObject({
      status: 'cancelled',
      error: { message: 'They could not be ended.' },
    });
    expect(callsOf(one, 't1')).toHaveLength(1);
    expect(await resumed(stuck.crash())).toMatchObject({ status: 'succeeded' });
  });

  it('lets two runs of one id be no two runs', () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    createSoar({ clock, journal }).run({ tasks: [] }, { runId: 'r' });
    expect(() => createSoar({ clock, journal }).run({ tasks: [] }, { runId: 'r' })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });
});

it('remembers what breakers hold against their agents', async () => {
  const { run, journal, clock, one } = story([{ fail: 'transient' }], { policy: fragile() });
  await run(tasks(1)).settled();
  await clock.advance(1000);
  const soar = createSoar({ agents: { one }, clock, journal: journal.crash(), policy: fragile() });
  const result = await clock.settle(soar.run({ tasks: tasks(1) }).result);
  expect(result.outcomes).toMatchObject([{ status: 'failed', error: { kind: 'circuit_open' } }]);
  expect(one.calls).toHaveLength(1);
});
