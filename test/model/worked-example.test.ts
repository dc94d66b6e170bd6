import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { assign, createActor, fromPromise, setup, waitFor } from 'xstate';
import { type DecomposeInput, type Decomposition, soarMachine } from '../../src/machines/index.ts';
import {
  drive,
  gatedAgents,
  type Harness,
  runPath,
  testPaths,
  transitionCoverage,
  VirtualClock,
} from '../../src/testing/index.ts';

/** The user's phase: a release is always checked in the same two steps. */
const ask = soarMachine.provide({
  actors: {
    decompose: fromPromise<Decomposition, DecomposeInput>(async () => ({
      goal: 'Is it ready?',
      subgoals: [
        { id: 'tests', title: 'Tests', prompt: 'Run the tests', dependsOn: [] },
        { id: 'notes', title: 'Notes', prompt: 'Write the notes', dependsOn: ['tests'] },
      ],
      notes: [],
    })),
  },
});

/** The user's machine: asks whether a release is ready, has a person look at the answer, and asks again at most twice. */
const release = setup({
  types: {
    context: {} as { version: string; answer: string; asked: number },
    events: {} as { type: 'approve' } | { type: 'reject' },
    input: {} as { version: string },
  },
  actors: { ask },
  actions: {
    count: assign({ asked: ({ context }) => context.asked + 1 }),
    keep: assign({ answer: (_, { answer }: { answer: string }) => answer }),
  },
  guards: {
    isReady: (_, { status }: { status: string }) => status === 'succeeded',
    mayAskAgain: ({ context }) => context.asked < 2,
  },
}).createMachine({
  id: 'release',
  context: ({ input }) => ({ ...input, answer: '', asked: 0 }),
  initial: 'asking',
  states: {
    asking: {
      entry: 'count',
      invoke: {
        id: 'ask',
        src: 'ask',
        input: ({ context }) => ({ query: `Is ${context.version} ready?`, engine: { agents } }),
        onDone: [
          {
            guard: { type: 'isReady', params: ({ event }) => event.output },
            target: 'reviewing',
            actions: { type: 'keep', params: ({ event }) => ({ answer: event.output.answer ?? '' }) },
          },
          { guard: 'mayAskAgain', target: 'asking', reenter: true },
          { target: 'abandoned' },
        ],
        onError: 'abandoned',
      },
    },
    reviewing: {
      on: { approve: 'released', reject: [{ guard: 'mayAskAgain', target: 'asking' }, { target: 'abandoned' }] },
      after: { 86400000: 'abandoned' },
    },
    released: { type: 'final' },
    abandoned: { type: 'final' },
  },
});

/** The user's agent, replaced: its attempts wait for the test. */
let agents = gatedAgents(['checker']);

beforeEach(() => {
  agents = gatedAgents(['checker']);
});

describe('a flow that embeds ours', () => {
  const coverage = transitionCoverage(release);
  const harness: Harness<typeof release> = { input: { version: '1.2.0' }, inspect: coverage };
  const outputs = { ask: [{ status: 'succeeded', answer: 'It is ready.' }, { status: 'partial' }] };

  for (const path of testPaths(release, { ...harness, outputs })) {
    test(`goes where its chart says: ${path.description}`, () => runPath(path, release, harness));
  }

  test('keeps the answer for the one who looks at it', () => {
    const { actor, gates } = drive(release, harness);
    gates.done('ask', { status: 'succeeded', answer: 'It is ready.' });
    expect(actor.getSnapshot()).toMatchObject({ value: 'reviewing', context: { answer: 'It is ready.' } });
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});

describe('the same flow with the real machines in it', () => {
  test('runs the two tasks of its own phase on its own agent', async () => {
    const clock = new VirtualClock();
    const inner = transitionCoverage(soarMachine);
    const actor = createActor(release, { clock, input: { version: '1.2.0' }, inspect: inner }).start();

    await clock.advance(0);
    agents.checker.next().resolve('All 512 tests pass.');

    await clock.advance(0);
    const { request, resolve } = agents.checker.next();
    expect(request).toMatchObject({ taskId: 'notes', dependencies: { tests: 'All 512 tests pass.' } });
    resolve('Faster start.');

    const { context } = await clock.settle(waitFor(actor, (snapshot) => snapshot.matches('reviewing')));
    expect(context.answer).toContain('Faster start.');
    const unseen = inner.figures.states.missing.filter((state) => !/\.(asking|cancelling)$/.test(state));
    expect(unseen).toEqual(['soar.approve', 'soar.planned', 'soar.failed', 'soar.cancelled']);
    actor.stop();
  });

  test('asks again when the agent does not answer well', async () => {
    const clock = new VirtualClock();
    const actor = createActor(release, { clock, input: { version: '1.2.0' } }).start();
    for (let round = 1; round <= 2; round += 1) {
      await clock.runAll(() => agents.checker.waiting.length > 0 || actor.getSnapshot().context.asked > round);
      while (actor.getSnapshot().context.asked === round && actor.getSnapshot().status === 'active') {
        for (const attempt of agents.checker.waiting) attempt.reject(new Error('The disk is full.'));
        await clock.runAll(() => agents.checker.waiting.length > 0 || actor.getSnapshot().status !== 'active');
      }
    }
    expect(actor.getSnapshot()).toMatchObject({ value: 'abandoned', context: { asked: 2 } });
  });
});

test('is what the documentation shows', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const own = read('test/model/worked-example.test.ts')
    .split('\n')
    .map((line) => line.trim());
  const section =
    read('docs/testing.md')
      .split(/^## /m)
      .find((part) => part.startsWith('A flow')) ?? '';
  const blocks = [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code.split('\n'));
  const shown = blocks.flatMap((lines) =>
    lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('import ')),
  );
  expect(shown.length).toBeGreaterThan(60);
  expect(shown.filter((line) => !own.includes(line))).toEqual([]);
});
