import fc from 'fast-check';
import { interval, take, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { assign, createActor, fromPromise, setup } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import {
  assertTrace,
  type Driven,
  drive,
  gatedAgents,
  propertyTest,
  type RunRecord,
  recordRun,
  runPath,
  schedulerOf,
  type TestPath,
  type TraceMatchers,
  testPaths,
  traceMatchers,
  transitionCoverage,
  VirtualClock,
} from '../../src/testing/index.ts';

declare module 'vitest' {
  interface Matchers<R> extends TraceMatchers<R> {}
}

expect.extend(traceMatchers);

/** Fetches, tries again once after a pause, then gives up. */
const flow = setup({
  types: { context: {} as { tries: number }, events: {} as { type: 'go' } | { type: 'stop' } },
  actors: { fetch: fromPromise<string>(async () => 'never called') },
  actions: { count: assign({ tries: ({ context }) => context.tries + 1 }) },
  guards: { mayRetry: ({ context }) => context.tries < 2 },
  delays: { pause: 500 },
}).createMachine({
  id: 'flow',
  context: { tries: 0 },
  initial: 'idle',
  states: {
    idle: { on: { go: 'fetching' } },
    fetching: {
      entry: 'count',
      invoke: {
        id: 'fetch',
        src: 'fetch',
        onDone: 'done',
        onError: [{ guard: 'mayRetry', target: 'pausing' }, { target: 'failed' }],
      },
      on: { stop: 'failed' },
    },
    pausing: { after: { pause: 'fetching' }, on: { stop: 'failed' } },
    done: { type: 'final' },
    failed: { type: 'final' },
  },
});

const again = 'go → xstate.error.actor.fetch → xstate.after.pause.flow.pausing';

describe('testPaths', () => {
  test('takes every edge, those of invoked actors and delays included', () => {
    expect(testPaths(flow).map(({ description }) => description)).toEqual([
      'go → stop',
      'go → xstate.done.actor.fetch',
      `${again} → stop`,
      `${again} → xstate.done.actor.fetch`,
      'go → xstate.error.actor.fetch → stop',
      `${again} → xstate.error.actor.fetch`,
    ]);
  });

  test('finds one path to each state, or every path that repeats none', () => {
    const project = ({ value }: { value: unknown }) => value;
    const paths = (kind: 'shortest' | 'simple') =>
      testPaths(flow, { kind, project })
        .map(({ description }) => description)
        .sort();
    const both = ['go → stop', 'go → xstate.done.actor.fetch'];
    expect(paths('shortest')).toEqual([...both, 'go → xstate.error.actor.fetch']);
    expect(paths('simple')).toEqual([...both, 'go → xstate.error.actor.fetch → stop']);
  });

  test('finds the same paths by driving real actors', () => {
    const after = ({ actor }: { actor: { send(event: never): void } }, event: object) => actor.send(event as never);
    const events = { 'xstate.after.pause.flow.pausing': after };
    expect(testPaths(flow, { replay: true, events })).toEqual(testPaths(flow));
  });

  test('knows that an error which nobody handles breaks the machine', async () => {
    const careless = setup({ actors: { work: fromPromise(async () => {}) } }).createMachine({
      id: 'careless',
      invoke: { id: 'work', src: 'work' },
    });
    const [path, ...others] = testPaths(careless);
    expect(others).toEqual([]);
    expect(path?.steps[0]?.state).toMatchObject({ status: 'error' });
    await runPath(path ?? expect.fail(), careless);
  });

  test('says so when there are too many', () => {
    const counter = setup({ actions: { add: assign({ count: ({ context }) => context.count + 1 }) } }).createMachine({
      context: { count: 0 },
      on: { add: { actions: 'add' } },
    });
    expect(() => testPaths(counter, { limit: 100 })).toThrow('limit');
  });
});

describe('runPath', () => {
  test('drives the real actor along every path, through real timers', async () => {
    const coverage = transitionCoverage(flow);
    for (const path of testPaths(flow)) await runPath(path, flow, { inspect: coverage });
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });

  test('says where the actor leaves the path', async () => {
    const changed = flow.provide({ guards: { mayRetry: () => false } });
    const [path] = testPaths(flow).filter(({ description }) => description.startsWith(again));
    await expect(runPath(path ?? expect.fail(), changed)).rejects.toThrow(
      [
        'The actor is not where the model says, after 2 of 4 steps: go → xstate.error.actor.fetch.',
        '  status: expected "active", found "done"',
        '  value: expected "pausing", found "failed"',
      ].join('\n'),
    );
  });

  test('tells what differs part by part, and no more than can be read', async () => {
    const project = (list: unknown) => () => ({ a: { b: [1, { c: 2 }], list }, same: 1 });
    const paths = testPaths(flow, { project: project({}), kind: 'shortest' });
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, i]));
    const told = (list: unknown) => runPath(paths[0] as TestPath, flow, { project: project(list) });
    await expect(told(null)).rejects.toThrow('at the start.\n  a.list: expected {}, found null');
    await expect(told([])).rejects.toThrow('a.list: expected {}, found []');
    await expect(told(many)).rejects.toThrow(/k0: expected undefined, found 0\n[\s\S]*k7: .*\n {2}… and 2 more$/);
  });
});

describe('transitionCoverage', () => {
  test('tells what is missing, guards that never said no included', () => {
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

  test('end by themselves when told to stop, unless they hang', async () => {
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

  test('says nothing when all is as said, and goes on', () => {
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

describe('propertyTest', () => {
  const lines: string[] = [];
  const options = { fc, runs: 50, seed: 1, log: (line: string) => void lines.push(line) };

  test('finds a shortest sequence that breaks an invariant, and tells the seed', async () => {
    const world = () => ({ count: 0 });
    const set = (given: { count: number }, count: number) => Object.assign(given, { count });
    const commands = {
      add: {
        with: fc.integer({ min: 1, max: 9 }),
        run: (given: { count: number }, n: number) => void set(given, given.count + n),
      },
      reset: {
        can: ({ count }: { count: number }) => count > 0,
        run: (given: { count: number }) => void set(given, 0),
      },
    };
    const failing = propertyTest(world, commands, { 'stays small': ({ count }) => count < 10 }, options);
    const message = await failing.catch((error: Error) => error.message);
    expect(message).toMatch(/^"stays small" does not hold after add\(\d\)\./);
    expect(message).toMatch(
      /The shortest sequence found, in run \d+:\n( {2}\d\. add\(\d\)\n){2,3}Repeat it with \{ seed: 1, /,
    );
    expect(lines.at(-1)).toMatch(/^property test: \d+ runs, seed 1$/);
  });

  test('tells where a machine was after each command, and how to see it again', async () => {
    type World = Driven<typeof flow>;
    const counts = { seen: 0 };
    const commands = {
      go: {
        can: ({ actor }: World) => actor.getSnapshot().matches('idle'),
        run: ({ actor }: World) => actor.send({ type: 'go' }),
      },
      fail: {
        can: ({ gates }: World) => gates.waiting.length > 0,
        run: ({ gates }: World) => gates.error('fetch', null),
      },
      wait: { with: fc.constant(500), run: ({ clock }: World, ms: number) => clock.advance(ms) },
      never: { can: () => false, run: () => expect.unreachable() },
    };
    const once = {
      'fetches once': ({ actor }: World) => {
        counts.seen += 1;
        return actor.getSnapshot().context.tries < 2;
      },
    };
    const failure = (more: object) =>
      propertyTest(flow, commands, once, { ...options, ...more }).catch((error: Error) => error.message);
    const message = await failure({});
    expect(message).toMatch(
      /^"fetches once" does not hold after wait\(500\)\.\nThe shortest sequence found, in run \d+:\n {2}1\. go → "fetching"\n {2}2\. fail → "pausing"\n {2}3\. wait\(500\) → "fetching"\nRepeat it with \{ seed: 1, path: "[\d:]+", replayPath: ".+" \}\.$/,
    );
    const [, path, replayPath] = /path: "(.+)", replayPath: "(.+)"/.exec(String(message)) ?? [];
    counts.seen = 0;
    expect(await failure({ path, replayPath })).toContain(String(message).split('\n').slice(2, 5).join('\n'));
    expect(counts.seen).toBe(4);
  });

  test('tells of a world of its own what it is asked to, and of one that is wrong from the start that it is', async () => {
    const add = { run: (given: { count: number }) => void Object.assign(given, { count: given.count + 1 }) };
    const failure = (bound: number) =>
      propertyTest(
        () => ({ count: 0 }),
        { add },
        { small: ({ count }) => count < bound },
        { ...options, describe: ({ count }) => count },
      );
    await expect(failure(2)).rejects.toThrow('\n  1. add → 1\n  2. add → 2\nRepeat');
    await expect(failure(0)).rejects.toThrow(
      '"small" does not hold at the start.\nThe shortest sequence found, in run 1, has no commands.',
    );
    await expect(propertyTest(() => ({}), {}, {}, options)).rejects.toThrow('needs at least one command');
  });

  test('tries sequences up to the longest that is asked for', async () => {
    const lengths: number[] = [];
    const world = () => ({ count: 0 });
    const add = { run: (given: { count: number }) => void Object.assign(given, { count: given.count + 1 }) };
    const ends = { end: ({ count }: { count: number }) => void lengths.push(count) };
    await propertyTest(world, { add }, {}, { ...options, ...ends, maxCommands: 40 });
    expect(Math.max(...lengths)).toBeGreaterThan(30);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40);
  });

  test('drives a machine with its actors gated', async () => {
    const commands = {
      go: {
        can: ({ actor }: ReturnType<typeof drive<typeof flow>>) => actor.getSnapshot().status === 'active',
        run: ({ actor }: ReturnType<typeof drive<typeof flow>>) => actor.send({ type: 'go' }),
      },
      fail: {
        can: ({ gates }: ReturnType<typeof drive<typeof flow>>) => gates.waiting.includes('fetch'),
        run: ({ gates }: ReturnType<typeof drive<typeof flow>>) => gates.error('fetch', new Error('no net')),
      },
      wait: { run: ({ clock }: ReturnType<typeof drive<typeof flow>>) => clock.advance(500) },
    };
    const coverage = transitionCoverage(flow);
    const { runs } = await propertyTest(
      flow,
      commands,
      { 'tries twice at most': ({ actor }) => actor.getSnapshot().context.tries <= 2 },
      { ...options, inspect: coverage },
    );
    expect(runs).toBe(50);
    coverage.assert({ guards: 100 });
  });
});
