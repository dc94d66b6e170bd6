import { interval, take, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { createActor, setup } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import {
  assertTrace,
  drive,
  gatedAgents,
  type RunRecord,
  recordRun,
  schedulerOf,
  type TraceMatchers,
  traceMatchers,
  transitionCoverage,
  VirtualClock,
} from '../../src/testing/index.ts';
import { flow } from './flow.ts';

declare module 'vitest' {
  interface Matchers<R> extends TraceMatchers<R> {}
}

expect.extend(traceMatchers);

describe('transitionCoverage', () => {
  test('reports what is missing, guards that never said no included', () => {
    const coverage = transitionCoverage(flow);
    const { actor, gates } = drive(flow, { inspect: coverage });
    actor.send({ type: 'go' });
    gates.error('fetch', new Error('no net'));
    expect(coverage.report()).toBe(
      [
        'flow: states 4/6 (66 %), transitions 2/7 (28 %), pairs 1/6 (16 %), guards 1/2 (50 %)',
        '  missing state: flow.done',
        '  missing state: flow.failed',
        '  missing transition: flow.fetching | stop | 0',
        '  missing transition: flow.fetching | xstate.done.actor.fetch | 0',
        '  missing transition: flow.fetching | xstate.error.actor.fetch | 1',
        '  missing transition: flow.pausing | stop | 0',
        '  missing transition: flow.pausing | xstate.after.pause.flow.pausing | 0',
        '  missing guard: flow.fetching | xstate.error.actor.fetch | 0 | mayRetry → false',
      ].join('\n'),
    );
    expect(() => coverage.assert({ transitions: 100 })).toThrow('Expected 100 % of the transitions, got 28 %.');
  });

  test('counts no transition that is said to be unreachable, and objects when it is taken', () => {
    const key = 'flow.fetching | stop | 0';
    const coverage = transitionCoverage(flow, { unreachable: { [key]: 'nobody stops it there' } });
    expect(coverage.figures.transitions.of).toBe(6);
    coverage.assert({});
    const { actor } = drive(flow, { inspect: coverage });
    actor.send({ type: 'go' });
    actor.send({ type: 'stop' });
    expect(() => coverage.assert({})).toThrow(`\`${key}\` is said to be unreachable and was taken.`);
    expect(() => transitionCoverage(flow, { unreachable: { 'flow.nowhere': '' } })).toThrow('has no transition');
  });

  test('counts no outcome of a guard that is said to be unreachable, and objects when it is seen', () => {
    const key = 'flow.fetching | xstate.error.actor.fetch | 0 | mayRetry → false';
    const coverage = transitionCoverage(flow, { unreachable: { [key]: 'it always may' } });
    expect(coverage.figures.guards.of).toBe(1);
    const { actor, gates } = drive(flow.provide({ guards: { mayRetry: () => false } }), { inspect: coverage });
    actor.send({ type: 'go' });
    gates.error('fetch', null);
    expect(() => coverage.assert({})).toThrow(`\`${key}\` is said to be unreachable and was seen.`);
  });

  test('sees the machine inside another one', () => {
    const coverage = transitionCoverage(flow);
    const outer = setup({ actors: { flow } }).createMachine({ id: 'outer', invoke: { id: 'inner', src: 'flow' } });
    const actor = createActor(outer, { inspect: coverage }).start();
    actor.getSnapshot().children.inner?.send({ type: 'go' });
    expect(coverage.figures.transitions.seen).toBe(1);
  });
});

describe('gatedAgents', () => {
  test('wait until the test says how an attempt goes', async () => {
    const clock = new VirtualClock();
    const agents = gatedAgents(['a', 'b']);
    const soar = createSoar({ agents, clock, random: () => 0.5, staggerMs: 100 });
    const tasks = [
      { id: 'one', prompt: '', agent: 'a' },
      { id: 'two', prompt: '', agent: 'b' },
    ];
    const run = soar.run({ tasks });
    const record = recordRun(run);
    expect(() => agents.a.next()).toThrow('Advance the clock first');
    await clock.advance(100);
    agents.a.next().limit({ retryAfterMs: 1000 });
    agents.b.next().resolve('fine');
    await clock.advance(1100);
    const attempt = agents.a.next();
    attempt.heartbeat();
    attempt.resolve('late');
    expect(() => attempt.resolve('twice')).toThrow('cannot end twice');
    const { status } = await clock.settle(run.result);
    expect(status).toBe('succeeded');
    expect(agents.a.attempts).toHaveLength(2);
    expect(record).toHaveVisited('one', ['staggered', 'running', 'cooling', 'staggered', 'running', 'done']);
    expect(record).not.toHaveVisited('two', ['cooling']);
    expect(record).toHaveSettledOnce(['one', 'two']);
    expect(record).toHaveSettledOnce();
    expect(record).not.toHaveSettledOnce(['three']);
    expect(record).toNeverExceed(2);
    expect(record).toNeverExceed(1, { agentId: 'a' });
    expect(record).not.toNeverExceed(1);
  });

  test('end by themselves on request stop, unless they hang', async () => {
    const clock = new VirtualClock();
    const agents = gatedAgents(['a']);
    const soar = createSoar({ agents, clock, killGraceMs: 3000 });
    const run = soar.run({ tasks: ['one', 'two'].map((id) => ({ id, prompt: '' })) });
    await clock.advance(0);
    agents.a.next().hang();
    run.cancel();
    const { outcomes } = await clock.settle(run.result);
    expect(outcomes.map(({ attempts, settledAt }) => [attempts[0]?.result, settledAt])).toEqual([
      ['abandoned', 3000],
      ['cancelled', 0],
    ]);
  });
});

describe('assertTrace', () => {
  const at = { at: 0, runId: 'r' };
  const started = (taskId: string) => ({
    ...at,
    type: 'attempt.started',
    taskId,
    agentId: 'x',
    attempt: 1,
    key: taskId,
  });
  const state = (taskId: string, name: string) => ({ ...at, type: 'task.state', taskId, state: name });
  const record = {
    events: [state('a', 'staggered'), state('a', 'running'), started('a'), started('b')],
  } as unknown as RunRecord;

  test('says nothing when all is as said, and continues', () => {
    const same = assertTrace(record).toNeverExceed(2).not.toHaveSettledOnce(['a']).toHaveVisited('a', ['running']);
    expect(same.not.toHaveVisited('a', ['cooling'])).toMatchObject({ not: expect.anything() });
  });

  test('throws what was expected and what was found', () => {
    expect(() => assertTrace(record).toNeverExceed(1)).toThrow('Expected 1 attempts in flight at most; there were 2.');
    expect(() => assertTrace(record).not.toNeverExceed(2)).toThrow(
      'Expected more than 2 attempts in flight; there were 2.',
    );
    expect(() => assertTrace(record).toHaveVisited('a', ['running', 'done'])).toThrow(
      'Expected task a to go through running → done; it went through staggered → running.',
    );
    expect(() => assertTrace(record).not.toHaveVisited('a', ['running'])).toThrow('Expected task a not to go through');
    expect(() => assertTrace(record).toHaveSettledOnce(['a'])).toThrow('a settled 0 times');
    expect(() => assertTrace(record).toHaveVisited('z', ['running'])).toThrow(
      'the record does not contain it, only a.',
    );
    const run = { events$: record.events } as never;
    expect(() => assertTrace(run).toNeverExceed(1)).toThrow('`recordRun(run)`');
    expect(() => assertTrace(run).toHaveVisited('a', [])).toThrow('`recordRun(run)`');
    expect(() => assertTrace(run).toHaveSettledOnce()).toThrow('`recordRun(run)`');
  });
});

describe('VirtualClock', () => {
  test('moves on by what is a duration', async () => {
    const clock = new VirtualClock();
    for (const ms of [-1, Number.NaN, '5', undefined]) {
      await expect(clock.advance(ms as number)).rejects.toThrow('by milliseconds, 0 or more; got ');
      expect(() => clock.skip(ms as number)).toThrow('by milliseconds, 0 or more; got ');
    }
    expect(clock.now()).toBe(0);
  });

  test('says that nothing it brings about settles a promise', async () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {}, 500);
    await expect(clock.settle(new Promise(() => {}))).rejects.toThrow(
      /no timer of the virtual clock brings about, at 500 ms\. .*not given this clock\?$/,
    );
  });
});

describe('schedulerOf', () => {
  test('moves RxJS with the clock', async () => {
    const clock = new VirtualClock();
    const seen: number[][] = [];
    interval(1000, schedulerOf(clock))
      .pipe(take(3), toArray())
      .subscribe((values) => seen.push(values));
    await clock.advance(2999);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual([[0, 1, 2]]);
    expect(clock.pending).toBe(0);
  });
});
