import type { EngineInput } from '../../actors/engine.ts';
import { nowOf } from '../../xstate/messaging.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import { completeInput } from './alone.ts';
import { attemptStates } from './attempt-states.ts';
import type { TaskContext } from './events.ts';
import * as logic from './logic.ts';
import { taskSetup } from './setup.ts';

/** Asks for a start, of the agent whose turn it is. */
const askAgain = <const A extends 'countOpenWait' | 'leaveBreaker' | 'noteRefuted'>(...first: A[]) =>
  [
    { guard: 'isOnFallback', target: '#task.fallback', actions: first },
    { target: '#task.staggered', actions: [...first, 'enterQueue'] },
  ] as const;

/** Runs a task from its admission to its one outcome. Alone, it needs `{ task: { id, prompt }, agent }`. */
export const taskMachine = taskSetup.createMachine({
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
          { guard: 'shouldPause', target: 'retrying', actions: ['recordEnd', 'pause'] },
          { guard: 'shouldAwaitVerdict', target: 'awaitingVerdict', actions: 'recordEnd' },
          { guard: 'shouldAskAgain', target: 'staggered', actions: ['recordEnd', 'noteRefuted', 'enterQueue'] },
          { guard: 'shouldFallBack', target: 'fallback', actions: 'recordEnd' },
          { target: 'done', actions: 'recordEnd' },
        ],
        'run.cancel': { target: 'cancelling', actions: ['stopAttempt', 'noteCancelled'] },
      },
    },
    retrying: {
      tags: 'waiting',
      entry: 'announceRetry',
      invoke: {
        id: 'backoff',
        src: 'sleepUntil',
        input: ({ context }) => ({ at: context.waits.until }),
        onDone: askAgain(),
        onError: askAgain(),
      },
      on: {
        'run.cancel': { target: 'done', actions: 'noteCancelled' },
        'task.skip': { target: 'done', actions: 'noteSkipped' },
      },
    },
    awaitingVerdict: {
      tags: 'waiting',
      entry: 'announceVerdict',
      on: {
        'auth.refuted': [{ guard: 'isStale' }, ...askAgain('noteRefuted')],
        'auth.confirmed': [
          { guard: 'isStale' },
          { guard: 'hasFallback', target: 'fallback', actions: 'blameAgent' },
          { target: 'done', actions: ['blameAgent', 'noteConfirmed'] },
        ],
        'run.cancel': { target: 'done', actions: 'noteCancelled' },
        'task.skip': { target: 'done', actions: 'noteSkipped' },
      },
    },
    cooling: {
      tags: 'waiting',
      entry: 'announceCooling',
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
          entry: 'announceRefusal',
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
            'attempt.ended': [
              { guard: 'isStale' },
              { guard: 'succeeded', target: '#task.done', actions: 'recordEnd' },
              { guard: 'shouldGiveUp', target: '#task.done', actions: ['recordEnd', 'noteBudgetSpent'] },
              { guard: 'shouldPause', target: '#task.retrying', actions: ['recordEnd', 'pause'] },
              { guard: 'shouldAwaitVerdict', target: '#task.awaitingVerdict', actions: 'recordEnd' },
              { guard: 'shouldAskAgain', target: 'waiting', actions: ['recordEnd', 'noteRefuted'] },
              { target: '#task.done', actions: 'recordEnd' },
            ],
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
