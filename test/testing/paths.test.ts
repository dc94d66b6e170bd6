import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, createActor, createMachine, fromPromise, setup } from 'xstate';
import { type Driven, drive, runPath, type TestPath, testPaths, transitionCoverage } from '../../src/testing/index.ts';
import { again, flow } from './flow.ts';

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

  test('knows that an unhandled error breaks the machine', async () => {
    const careless = setup({ actors: { work: fromPromise(async () => {}) } }).createMachine({
      id: 'careless',
      invoke: { id: 'work', src: 'work' },
    });
    const [path, ...others] = testPaths(careless);
    expect(others).toEqual([]);
    expect(path?.steps[0]?.state).toMatchObject({ status: 'error' });
    await runPath(path ?? expect.fail(), careless);
  });

  test('says so when there are too many, and what makes them many', () => {
    const counter = setup({ actions: { add: assign({ count: ({ context }) => context.count + 1 }) } }).createMachine({
      id: 'counter',
      context: { count: 0, name: 'x' },
      on: { add: { actions: 'add' } },
    });
    expect(() => testPaths(counter, { limit: 100 })).toThrow(
      'counter has more than the limit of 100 edges; 101 states so far. What distinguishes them: context.count (101 values).',
    );
  });

  test('reports paths apart by what their events carry', () => {
    const shop = setup({
      types: { events: {} as { type: 'pay'; amount: number } },
      actors: { ship: fromPromise(async () => ({ ok: true })) },
    }).createMachine({
      initial: 'open',
      states: { open: { on: { pay: 'paid' } }, paid: { invoke: { id: 'ship', src: 'ship', onDone: {}, onError: {} } } },
    });
    const paths = testPaths(shop, {
      samples: [{ type: 'pay', amount: 1 }],
      outputs: { ship: [{ ok: true }, { ok: false, why: 'w'.repeat(60) }] },
      errors: { ship: [new Error('lost')] },
    });
    const paid = 'pay {"amount":1} → xstate';
    expect(paths.map(({ description }) => description)).toEqual([
      `${paid}.done.actor.ship {"ok":true}`,
      `${paid}.done.actor.ship {"ok":false,"why":"${'w'.repeat(40)}…`,
      `${paid}.error.actor.ship "Error: lost"`,
    ]);
  });

  test('tries a deadline only where it can come next: once, after the shorter ones, and not when it was called off', async () => {
    const basket = setup({
      types: { context: {} as { warned: boolean } },
      actions: { warn: assign({ warned: true }) },
    }).createMachine({
      id: 'basket',
      context: { warned: false },
      type: 'parallel',
      states: {
        order: {
          initial: 'open',
          states: { open: { after: { 1000: { actions: 'warn' }, 5000: 'closed' } }, closed: { type: 'final' } },
        },
        advert: { initial: 'shown', states: { shown: { after: { 3000: 'gone' }, on: { close: 'gone' } }, gone: {} } },
      },
    });
    const coverage = transitionCoverage(basket);
    const paths = testPaths(basket, { kind: 'simple' });
    for (const path of paths) await runPath(path, basket, { inspect: coverage });
    coverage.assert({ states: 100, transitions: 100 });
    const [warn, gone, closed] = ['1000.basket.order.open', '3000.basket.advert.shown', '5000.basket.order.open'].map(
      (name) => `xstate.after.${name}`,
    );
    expect(paths.map(({ description }) => description).sort()).toEqual(
      [
        'close',
        `close → ${warn}`,
        `close → ${warn} → ${closed}`,
        `${warn}`,
        `${warn} → close`,
        `${warn} → close → ${closed}`,
        `${warn} → ${gone}`,
        `${warn} → ${gone} → ${closed}`,
      ].filter((description, _, all) => !all.some((other) => other.startsWith(`${description} `))),
    );
  });

  test.each([
    ['an input', {}, 'The machine broke: at the start. Cannot read properties of undefined', 'no `input`'],
    ['an event', { input: { n: 1 } }, 'The machine broke: add. ', '`samples: [{ type: "add", … }]`'],
    [
      'an output',
      { input: { n: 1 }, samples: [{ type: 'add', list: [] }] },
      'The machine broke: add {"list":[]} → xstate.done.actor.work. ',
      '`outputs: { "work": […] }`',
    ],
  ])('says what may be missing where %s is', (_, options, ...parts) => {
    const needy = setup({
      types: {
        context: {} as { n: number },
        input: {} as { n: number },
        events: {} as { type: 'add'; list: number[] },
      },
      actors: { work: fromPromise(async () => ({ list: [1] })) },
      guards: { isLong: (_, { list }: { list: number[] }) => list.length > 1 },
    }).createMachine({
      context: ({ input }) => ({ n: input.n }),
      initial: 'idle',
      states: {
        idle: { on: { add: [{ guard: { type: 'isLong', params: ({ event }) => event }, target: 'done' }, 'busy'] } },
        busy: {
          invoke: {
            id: 'work',
            src: 'work',
            onDone: { guard: { type: 'isLong', params: ({ event }) => event.output }, target: 'done' },
          },
        },
        done: {},
      },
    });
    for (const part of parts) expect(() => testPaths(needy, options as never)).toThrow(part);
  });

  test('ends when a machine goes round in circles', () => {
    const circle = setup({}).createMachine({
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    });
    expect(() => testPaths(circle)).toThrow('The machine broke: go. Infinite loop detected');
    const { actor } = drive(circle);
    actor.send({ type: 'go' });
    expect(actor.getSnapshot().status).toBe('error');
    expect(circle.options.maxIterations).toBe(Number.POSITIVE_INFINITY);
  });

  test('drives a machine that invokes by reference, whose logic never runs unless it is to stay real', async () => {
    const calls: number[] = [];
    const src = fromPromise(async () => calls.push(1));
    const machine = createMachine({
      initial: 'busy',
      states: {
        busy: {
          invoke: [
            { id: 'one', src },
            { id: 'two', src, onDone: 'done', onError: 'failed' },
          ],
        },
        done: {},
        failed: {},
      },
    });
    for (const path of testPaths(machine)) await runPath(path, machine);
    expect(calls).toEqual([]);
    expect(drive(machine, { real: ['one'] }).gates.waiting).toEqual(['two']);
    expect(calls).toEqual([1]);
    createActor(machine).start();
    expect(calls).toEqual([1, 1, 1]);
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

  test('reports what the machine or the invariant threw, and after which steps', async () => {
    const [path] = testPaths(flow).filter(({ description }) => description.startsWith(again));
    const broken = flow.provide({
      guards: {
        mayRetry: () => {
          throw new Error('no luck');
        },
      },
    });
    await expect(runPath(path ?? expect.fail(), broken)).rejects.toMatchObject({
      message: expect.stringMatching(
        /after 2 of 4 steps: go → xstate.error.actor.fetch\.\n {2}status: expected "active", found "error"\n[\s\S]*no luck/,
      ),
      cause: { message: expect.stringContaining('no luck') },
    });
    const invariant = ({ actor }: Driven<typeof flow>) => expect(actor.getSnapshot().context.tries).toBe(0);
    await expect(runPath(path ?? expect.fail(), flow, { invariant })).rejects.toMatchObject({
      message: expect.stringContaining('The invariant does not hold, after 1 of 4 steps: go.\n  expected 1 to be +0'),
      cause: { name: 'AssertionError' },
    });
    const events = { stop: () => Promise.reject(new Error('no button')) };
    const [stopped] = testPaths(flow);
    await expect(runPath(stopped ?? expect.fail(), flow, { events })).rejects.toThrow(
      'An event could not be brought about, after 2 of 2 steps: go → stop.\n  no button',
    );
  });

  test('reports what came of itself', async () => {
    const stopLate = async ({ actor, clock }: Driven<AnyStateMachine>) => {
      await clock.advance(600);
      actor.send({ type: 'stop' });
    };
    const timed = createMachine({
      id: 'timed',
      initial: 'on',
      states: { on: { on: { stop: 'off' }, after: { 500: 'late' } }, late: {}, off: {} },
    });
    const [stop] = testPaths(timed, { kind: 'shortest' }).filter(({ description }) => description === 'stop');
    await expect(runPath(stop ?? expect.fail(), timed, { events: { stop: stopLate } })).rejects.toThrow(
      '  value: expected "off", found "late"\n  came of itself: xstate.after.500.timed.on',
    );
    const path = {
      description: '',
      initial: null,
      steps: [{ event: { type: 'xstate.after.9.timed.on' }, state: null }],
    };
    await expect(runPath(path, timed, { project: () => null })).rejects.toThrow(
      'No timer of the clock brought about `xstate.after.9.timed.on`, only xstate.after.500.timed.on.',
    );
  });

  test('reports what differs part by part, and no more than can be read', async () => {
    const project = (list: unknown) => () => ({ a: { b: [1, { c: 2 }], list }, same: 1 });
    const paths = testPaths(flow, { project: project({}), kind: 'shortest' });
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, i]));
    const told = (list: unknown) => runPath(paths[0] as TestPath, flow, { project: project(list) });
    await expect(told(null)).rejects.toThrow('at the start.\n  a.list: expected {}, found null');
    await expect(told([])).rejects.toThrow('a.list: expected {}, found []');
    await expect(told(many)).rejects.toThrow(/k0: expected undefined, found 0\n[\s\S]*k7: .*\n {2}… and 2 more$/);
  });
});
