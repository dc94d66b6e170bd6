import { type Addressee, nowOf } from '../../xstate/messaging.ts';
import { isObject, requireInput } from '../../xstate/required-input.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import type { CollectEvent, CollectOutput } from './events.ts';
import { createRun } from './run.ts';
import { Scheduler } from './scheduler.ts';
import { type CollectContext, collectSetup } from './setup.ts';

/** In each state that still waits for tasks: the run's time may be up, whatever else has happened to it. */
const deadline = {
  id: 'deadline',
  src: 'sleepUntil',
  input: ({ context }: { context: CollectContext }) => ({
    at: context.run.limit.deadlineAt,
    patient: context.run.limit.isDerived,
  }),
  onDone: { target: 'cancelling', actions: 'cancelForTime' },
  onError: { target: 'cancelling', actions: 'cancelForTime' },
} as const;

/** Runs a plan: records what settles, and runs a wave controller for each topological wave. */
export const collectMachine = collectSetup.createMachine({
  id: 'collect',
  context: ({ input, spawn, self }) => {
    requireInput('collect', input, { plan: { expected: 'a plan, such as { tasks }', isGiven: isObject } });
    const services =
      input.services ?? spawn('engine', { id: 'engine', input: input.engine ?? {} }).getSnapshot().services;
    const ref = self as Addressee<CollectEvent>;
    const run = createRun(input, services, { ref, now: () => nowOf(self) });
    const waves = spawn('waves', { id: 'waves' }) as CollectContext['waves'];
    return { run, scheduler: new Scheduler(run), waves, output: null };
  },
  initial: 'compiling',
  on: {
    'child.done': { actions: 'closeWave' },
    'child.failed': { actions: 'loseWave' },
    'xstate.error.actor.waves': { actions: 'loseAllWaves' },
    'tasks.settled': { actions: 'record' },
    'task.queued': { actions: 'enqueue' },
    'task.dequeued': { actions: 'dequeue' },
    'provider.cooling': { actions: 'holdLimit' },
    'time.granted': { actions: 'grantTime' },
  },
  states: {
    compiling: {
      always: [
        { guard: 'isInvalid', target: 'done' },
        { guard: 'hadEnded', target: 'reopening', actions: ['openRun', 'reportEnding'] },
        { target: 'collecting', actions: ['openRun', 'start'] },
      ],
    },
    reopening: {
      tags: 'working',
      on: { 'tasks.settled': { target: 'aborting', actions: ['record', 'abort'] } },
    },
    collecting: {
      tags: 'working',
      invoke: [
        deadline,
        {
          id: 'budget',
          src: 'sleepUntil',
          input: ({ context }) => ({ at: context.run.budgetAt }),
          onDone: { target: 'exhausted', actions: 'exhaust' },
          onError: { target: 'exhausted', actions: 'exhaust' },
        },
      ],
      always: { guard: 'isOver', target: 'done' },
      on: {
        'tasks.settled': [
          { guard: 'endsRun', target: 'aborting', actions: ['record', 'abort'] },
          { actions: ['record', 'release'] },
        ],
        'task.dequeued': { actions: ['dequeue', 'release'] },
        'child.done': { actions: ['closeWave', 'advance'] },
        'child.failed': { actions: ['loseWave', 'advance', 'release'] },
        'budget.spent': { target: 'exhausted', actions: 'exhaust' },
        'run.cancel': { target: 'cancelling', actions: 'cancel' },
      },
    },
    exhausted: {
      tags: 'working',
      invoke: deadline,
      always: { guard: 'isOver', target: 'done' },
      on: {
        'tasks.settled': [
          { guard: 'endsRun', target: 'aborting', actions: ['record', 'abort'] },
          { actions: ['record', 'settleDuplicates'] },
        ],
        'child.failed': { actions: ['loseWave', 'settleDuplicates'] },
        'run.cancel': { target: 'cancelling', actions: 'cancel' },
      },
    },
    aborting: {
      tags: 'working',
      invoke: deadline,
      always: { guard: 'isOver', target: 'done' },
      on: { 'run.cancel': { target: 'cancelling', actions: 'cancel' } },
    },
    cancelling: {
      tags: 'working',
      always: { guard: 'isOver', target: 'done' },
    },
    done: { type: 'final', tags: 'settled', entry: ['conclude', 'closeRun'] },
  },
  output: ({ context }) => context.output as CollectOutput,
});

withSecondStart(collectMachine, { hasWorked: ({ run }: CollectContext) => run.services.hasCalled === true });
