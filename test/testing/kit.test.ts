import { assign, createActor, fromPromise, setup } from 'xstate';
import { describe, expect, test } from 'vitest';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';

/** Fetches, retries twice, then gives up. */
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

describe('testPaths', () => {
  test('takes every edge, those of invoked actors and delays included', async () => {
    const coverage = transitionCoverage(flow);
    const paths = testPaths(flow);
    expect(paths.map(({ description }) => description)).toMatchInlineSnapshot(`
      [
        "go → stop",
        "go → xstate.done.actor.fetch",
        "go → xstate.error.actor.fetch → xstate.after.pause.flow.pausing → stop",
        "go → xstate.error.actor.fetch → xstate.after.pause.flow.pausing → xstate.done.actor.fetch",
        "go → xstate.error.actor.fetch → stop",
        "go → xstate.error.actor.fetch → xstate.after.pause.flow.pausing → xstate.error.actor.fetch",
      ]
    `);
    for (const path of paths) await runPath(path, flow, { inspect: coverage });
    console.log(coverage.report());
  });
});
