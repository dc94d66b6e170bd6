import { assign, setup } from 'xstate';
import { nowOf } from '../../actors/scope.ts';
import { sleepUntil } from '../../actors/sleep-until.ts';
import type { Args } from './effects.ts';
import * as effects from './effects.ts';
import type { StopReason, TaskContext, TaskEvent, TaskInput, TaskReport } from './events.ts';
import * as logic from './logic.ts';

type GuardArgs = Pick<Args, 'context' | 'event'>;
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

const SPENT = 'The budget of the run is spent, and another attempt would be needed.';

const resultOf = (event: TaskEvent) => (event as Of<'attempt.ended'>).result;
const after =
  (next: logic.Next) =>
  ({ context, event }: GuardArgs) =>
    logic.nextAfter(context, resultOf(event)) === next;

/** What an attempt in flight goes through, by its own agent or by the fallback. */
const attemptStates = {
  initial: 'active',
  states: {
    active: {
      on: {
        'attempt.stalled': { guard: 'isCurrent', target: 'stalled' },
        'attempt.stopping': { guard: 'isCurrent', target: 'stopping' },
      },
    },
    stalled: {
      entry: { type: 'announce', params: { state: 'stalled' } },
      on: {
        'attempt.resumed': { guard: 'isCurrent', target: 'active', actions: 'announceResumed' },
        'attempt.stopping': { guard: 'isCurrent', target: 'stopping' },
      },
    },
    stopping: { entry: { type: 'announce', params: { state: 'stopping' } } },
  },
} as const;

/** One task: from being admitted to its one outcome. */
export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
    output: {} as TaskReport,
    tags: {} as 'waiting' | 'working' | 'settled',
  },
  actors: { sleepUntil },
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
      logic.blocked(context, (event as Of<'start.refused'>).reason, nowOf(self)),
    ),
    noteCancelled: assign(({ event }) => logic.stopped(event as unknown as StopReason, 'cancelled')),
    noteSkipped: assign(({ event }) => logic.stopped(event as unknown as StopReason, 'skipped')),
    noteBudget: assign(({ event }) =>
      logic.stopped({ kind: 'budget', message: (event as Of<'start.refused'>).reason }, 'skipped'),
    ),
    noteBudgetSpent: assign(() => logic.stopped({ kind: 'budget', message: SPENT }, 'skipped')),
    noteFallbackBlocked: assign(({ context, event }) =>
      logic.fallbackBlocked(context, (event as Of<'start.refused'>).reason),
    ),
    coolDown: assign(({ context, event }) => logic.cooling(context, resultOf(event))),
    backOff: assign(({ context, event }) => logic.retrying(context, resultOf(event).endedAt)),
    countOpenWait: assign(({ context: { waits }, self }) => ({
      waits: { ...waits, openMs: waits.openMs + nowOf(self) - waits.since },
    })),
    joinBreaker: effects.joinBreaker,
    leaveBreaker: effects.leaveBreaker,
    enterQueue: effects.enterQueue,
    leaveQueue: effects.leaveQueue,
    announceResumed: effects.announceResumed,
    announce: effects.announce,
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
    hasFallback: ({ context }) => context.fallback !== null,
    failsWhenOpen: ({ context: { input, waits } }) =>
      input.policy.breaker.onOpen === 'fail' || waits.openMs >= input.policy.breaker.maxOpenWaitMs,
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => logic.initialContext(input),
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
      entry: { type: 'announce', params: { state: 'circuitOpen', timed: true } },
      initial: 'refused',
      states: {
        refused: {
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
          on: { 'permit.available': { target: '#task.staggered', actions: ['countOpenWait', 'enterQueue'] } },
        },
      },
      on: {
        'run.cancel': { target: 'done', actions: ['leaveBreaker', 'noteCancelled'] },
        'task.skip': { target: 'done', actions: ['leaveBreaker', 'noteSkipped'] },
      },
    },
    fallback: {
      initial: 'waiting',
      states: {
        waiting: {
          tags: 'waiting',
          entry: 'requestFallback',
          on: {
            'start.granted': { guard: 'isCurrent', target: 'running', actions: 'recordFallbackStart' },
            'start.refused': [
              { guard: 'isStale' },
              { guard: 'isBudgetSpent', target: '#task.done', actions: 'noteBudget' },
              { target: '#task.done', actions: 'noteFallbackBlocked' },
            ],
            'run.cancel': { target: '#task.done', actions: ['withdraw', 'noteCancelled'] },
            'task.skip': { target: '#task.done', actions: ['withdraw', 'noteSkipped'] },
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
