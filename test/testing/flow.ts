import { assign, fromPromise, setup } from 'xstate';

/** Fetches, tries again once after a pause, then gives up. */
export const flow = setup({
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

/** Through the first retry. */
export const again = 'go → xstate.error.actor.fetch → xstate.after.pause.flow.pausing';
