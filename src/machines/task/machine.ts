import { assign, setup } from 'xstate';
import { type EngineInput, engine } from '../../actors/engine.ts';
import { nowOf } from '../../actors/scope.ts';
import { withSecondStart } from '../../actors/second-start.ts';
import { sleepUntil } from '../../actors/sleep-until.ts';
import * as failure from './after-failure.ts';
import { completeInput, type TaskAloneInput } from './alone.ts';
import { attemptStates } from './attempt-states.ts';
import type { Args } from './effects.ts';
import * as effects from './effects.ts';
import type { StopReason, TaskContext, TaskEvent, TaskInput, TaskReport } from './events.ts';
import * as logic from './logic.ts';

type GuardArgs = Pick<Args, 'context' | 'event'>;
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

const SPENT = 'The budget of the run is spent, and another attempt would be needed.';

const resultOf = (event: TaskEvent) => (event as Of<'attempt.ended'>).result;
const after =
  (next: failure.Next) =>
  ({ context, event }: GuardArgs) =>
    failure.nextAfter(context, resultOf(event)) === next;

/** Asks for a start, of the agent whose turn it is. */
const askAgain = <const A extends 'countOpenWait' | 'leaveBreaker'>(...first: A[]) =>
  [
    { guard: 'isOnFallback', target: '#task.fallback', actions: first },
    { target: '#task.staggered', actions: [...first, 'enterQueue'] },
  ] as const;

/** One task: from being admitted to its one outcome. Alone, it needs `{ task: { id, prompt }, agent }`. */
export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput | TaskAloneInput,
    output: {} as TaskReport,
    tags: {} as 'waiting' | 'working' | 'settled',
  },
  actors: { sleepUntil, engine },
  actions: {
    requestStart: effects.requestStart,
    requestFallback: effects.requestFallback,
    withdraw: effects.withdraw,
    recordStart: assign(({ context, event }) =>
      logic.started(context, event as Of<'start.granted'>, context.input.agent),
    ),
    recordFallbackStart: assign(({ context, event }) =>
      logic.started(context, event as Of<'start.granted'>, context.fallback ?? context.input.agent),
    ),
    startAttempt: effects.startAttempt,
    stopAttempt: effects.stopAttempt,
    recordEnd: assign(({ context, event }) => logic.ended(context, resultOf(event))),
    /** A task told to stop keeps the reason it was given, and whatever output arrived. */
    recordCancelledEnd: assign(({ context, event }) => ({
      ...logic.ended(context, resultOf(event)),
      status: 'cancelled' as const,
      error: context.error,
    })),
    noteResume: assign(({ context, event }) => ({
      waits: { ...context.waits, resumeAt: (event as Of<'provider.cooled'>).resumeAt },
    })),
    noteBlocked: assign(({ context, event, self }) =>
      failure.blocked(context, (event as Of<'start.refused'>).reason, nowOf(self)),
    ),
    noteOpened: assign(({ context, event, self }) =>
      failure.opened(context, (event as Of<'circuit.opened'>).reason, nowOf(self)),
    ),
    noteProbe: assign(({ context, event, self }) => {
      const until = event.type === 'probe.started' ? event.until : (event as Of<'start.refused'>).probeUntil;
      return failure.probed(context, until ?? nowOf(self), nowOf(self));
    }),
    takeFallback: assign({ attemptAgent: ({ context }) => context.fallback ?? context.input.agent }),
    noteCancelled: assign(({ event }) => logic.stopped(event as unknown as StopReason, 'cancelled')),
    noteSkipped: assign(({ event }) => logic.stopped(event as unknown as StopReason, 'skipped')),
    noteBudget: assign(({ event }) =>
      logic.stopped({ kind: 'budget', message: (event as Of<'start.refused'>).reason }, 'skipped'),
    ),
    noteBudgetSpent: assign(() => logic.stopped({ kind: 'budget', message: SPENT }, 'skipped')),
    noteFallbackBlocked: assign(({ context, event }) =>
      logic.fallbackBlocked(context, (event as Of<'start.refused' | 'circuit.opened'>).reason),
    ),
    coolDown: assign(({ context, event }) => failure.cooling(context, resultOf(event))),
    backOff: assign(({ context, event }) => failure.retrying(context, resultOf(event).endedAt)),
    countOpenWait: assign(({ context, self }) => failure.waitedOpen(context, nowOf(self))),
    joinBreaker: effects.joinBreaker,
    leaveBreaker: effects.leaveBreaker,
    enterQueue: effects.enterQueue,
    leaveQueue: effects.leaveQueue,
    announceResumed: effects.announceResumed,
    announce: effects.announce,
    announceProbe: effects.announceProbe,
  },
  guards: {
    isCurrent: ({ context, event }: GuardArgs) => logic.isCurrent(context, event),
    isStale: ({ context, event }: GuardArgs) => !logic.isCurrent(context, event),
    succeeded: ({ event }: GuardArgs) => resultOf(event).status === 'succeeded',
    hadAnswered: ({ event }: GuardArgs) => logic.hadAnswered(resultOf(event)),
    shouldGiveUp: after('giveUp'),
    shouldCool: after('cool'),
    shouldRetry: after('retry'),
    shouldFallBack: after('fallback'),
    isBudgetSpent: ({ event }: GuardArgs) => (event as Of<'start.refused'>).cause === 'budget',
    canAwaitProbe: ({ context, event }: GuardArgs) => failure.canAwaitProbe(context, event as Of<'start.refused'>),
    isOnFallback: ({ context }) => failure.isOnFallback(context),
    hasFallback: ({ context }) => context.fallback !== null,
    failsWhenOpen: ({ context: { input, waits } }) =>
      input.policy.breaker.onOpen === 'fail' || waits.openMs >= input.policy.breaker.maxOpenWaitMs,
  },
}).createMachine({
  id: 'task',
  context: ({ input, spawn, self }) => {
    const engineOf = (own: EngineInput) => spawn('engine', { id: 'engine', input: own }).getSnapshot().services;
    return logic.initialContext(completeInput(input, engineOf, nowOf(self)));
  },
  initial: 'staggered',
  states: {
    staggered: {
      tags: 'waiting',
      entry: 'requestStart',
      exit: 'leaveQueue',
      on: {
        'start.granted': { guard: 'isCurrent', target: 'running', actions: 'recordStart' },
        'start.refused': [
          { guard: 'isStale' },
          { guard: 'isBudgetSpent', target: 'done', actions: ['leaveBreaker', 'noteBudget'] },
          { guard: 'canAwaitProbe', target: 'circuitOpen.awaitingProbe', actions: ['noteBlocked', 'noteProbe'] },
          { target: 'circuitOpen', actions: 'noteBlocked' },
        ],
        'run.cancel': { target: 'done', actions: ['withdraw', 'leaveBreaker', 'noteCancelled'] },
        'task.skip': { target: 'done', actions: ['withdraw', 'leaveBreaker', 'noteSkipped'] },
      },
    },
    running: {
      tags: 'working',
      entry: 'startAttempt',
      ...attemptStates,
      on: {
        'provider.cooled': { actions: 'noteResume' },
        'attempt.ended': [
          { guard: 'isStale' },
          { guard: 'succeeded', target: 'done', actions: 'recordEnd' },
          { guard: 'shouldGiveUp', target: 'done', actions: ['recordEnd', 'noteBudgetSpent'] },
          { guard: 'shouldCool', target: 'cooling', actions: ['recordEnd', 'coolDown'] },
          { guard: 'shouldRetry', target: 'retrying', actions: ['recordEnd', 'backOff'] },
          { guard: 'shouldFallBack', target: 'fallback', actions: 'recordEnd' },
          { target: 'done', actions: 'recordEnd' },
        ],
        'run.cancel': { target: 'cancelling', actions: ['stopAttempt', 'noteCancelled'] },
      },
    },
    retrying: {
      tags: 'waiting',
      entry: { type: 'announce', params: { state: 'retrying', timed: true } },
      invoke: {
        id: 'backoff',
        src: 'sleepUntil',
        input: ({ context }) => ({ at: context.waits.until }),
        onDone: { target: 'staggered', actions: 'enterQueue' },
        onError: { target: 'staggered', actions: 'enterQueue' },
      },
      on: {
        'run.cancel': { target: 'done', actions: 'noteCancelled' },
        'task.skip': { target: 'done', actions: 'noteSkipped' },
      },
    },
    cooling: {
      tags: 'waiting',
      entry: { type: 'announce', params: { state: 'cooling', timed: true } },
      invoke: {
        id: 'cooling',
        src: 'sleepUntil',
        input: ({ context }) => ({ at: context.waits.until }),
        onDone: { target: 'staggered', actions: 'enterQueue' },
        onError: { target: 'staggered', actions: 'enterQueue' },
      },
      on: {
        'run.cancel': { target: 'done', actions: 'noteCancelled' },
        'task.skip': { target: 'done', actions: 'noteSkipped' },
      },
    },
    circuitOpen: {
      tags: 'waiting',
      initial: 'refused',
      states: {
        refused: {
          entry: { type: 'announce', params: { state: 'circuitOpen', timed: true } },
          always: [
            { guard: 'hasFallback', target: '#task.fallback' },
            { guard: 'failsWhenOpen', target: '#task.done' },
            { target: 'queued' },
          ],
        },
        queued: {
          entry: 'joinBreaker',
          invoke: {
            id: 'openWait',
            src: 'sleepUntil',
            input: ({ context }) => ({ at: context.waits.until }),
            onDone: { target: '#task.done', actions: 'leaveBreaker' },
            onError: { target: '#task.done', actions: 'leaveBreaker' },
          },
          on: {
            'permit.available': { target: '#task.staggered', actions: ['countOpenWait', 'enterQueue'] },
            'probe.started': { target: 'awaitingProbe', actions: ['countOpenWait', 'noteProbe'] },
          },
        },
        awaitingProbe: {
          entry: ['announceProbe', 'joinBreaker'],
          invoke: {
            id: 'probeWait',
            src: 'sleepUntil',
            input: ({ context }) => ({ at: context.waits.until }),
            onDone: askAgain('countOpenWait', 'leaveBreaker'),
            onError: askAgain('countOpenWait', 'leaveBreaker'),
          },
          on: {
            'permit.available': askAgain('countOpenWait'),
            'probe.started': { target: 'awaitingProbe', reenter: true, actions: ['countOpenWait', 'noteProbe'] },
            'circuit.opened': [
              { guard: 'isOnFallback', target: '#task.done', actions: ['leaveBreaker', 'noteFallbackBlocked'] },
              { target: 'refused', actions: ['countOpenWait', 'leaveBreaker', 'noteOpened'] },
            ],
          },
        },
      },
      on: {
        'run.cancel': { target: 'done', actions: ['leaveBreaker', 'noteCancelled'] },
        'task.skip': { target: 'done', actions: ['leaveBreaker', 'noteSkipped'] },
      },
    },
    fallback: {
      entry: 'takeFallback',
      initial: 'waiting',
      states: {
        waiting: {
          tags: 'waiting',
          entry: 'requestFallback',
          on: {
            'start.granted': { guard: 'isCurrent', target: 'running', actions: 'recordFallbackStart' },
            'start.refused': [
              { guard: 'isStale' },
              { guard: 'isBudgetSpent', target: '#task.done', actions: ['leaveBreaker', 'noteBudget'] },
              {
                guard: 'canAwaitProbe',
                target: '#task.circuitOpen.awaitingProbe',
                actions: ['noteBlocked', 'noteProbe'],
              },
              { target: '#task.done', actions: ['leaveBreaker', 'noteFallbackBlocked'] },
            ],
            'run.cancel': { target: '#task.done', actions: ['withdraw', 'leaveBreaker', 'noteCancelled'] },
            'task.skip': { target: '#task.done', actions: ['withdraw', 'leaveBreaker', 'noteSkipped'] },
          },
        },
        running: {
          tags: 'working',
          entry: 'startAttempt',
          ...attemptStates,
          on: {
            'provider.cooled': { actions: 'noteResume' },
            'attempt.ended': [{ guard: 'isStale' }, { target: '#task.done', actions: 'recordEnd' }],
            'run.cancel': { target: '#task.cancelling', actions: ['stopAttempt', 'noteCancelled'] },
          },
        },
      },
    },
    cancelling: {
      tags: 'working',
      entry: { type: 'announce', params: { state: 'cancelling' } },
      on: {
        'attempt.ended': [
          { guard: 'isStale' },
          { guard: 'hadAnswered', target: 'done', actions: 'recordEnd' },
          { target: 'done', actions: 'recordCancelledEnd' },
        ],
      },
    },
    done: { type: 'final', tags: 'settled' },
  },
  output: ({ context, self }) => logic.settle(context, nowOf(self)),
});

withSecondStart(taskMachine, { hasWorked: ({ input }: TaskContext) => input.services.hasCalled === true });
