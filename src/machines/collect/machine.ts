import { type ActorRefFrom, assign, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import { createRoster } from '../../actors/roster.ts';
import { nowOf } from '../../actors/scope.ts';
import { withSecondStart } from '../../actors/second-start.ts';
import { sleepUntil } from '../../actors/sleep-until.ts';
import { isObject, requireInput } from '../required-input.ts';
import { waveMachine } from '../wave/machine.ts';
import { closeAccount, openAccount } from './account.ts';
import { conclude } from './conclude.ts';
import type { CollectEvent, CollectInput, CollectOutput } from './events.ts';
import { grantTime, holdLimit } from './limit.ts';
import { endsRun } from './logic.ts';
import { type CollectRun, createRun } from './run.ts';
import * as steps from './steps.ts';
import { stopAll } from './stops.ts';

export interface CollectContext {
  run: CollectRun;
  waves: ActorRefFrom<ReturnType<typeof createRoster>>;
  output: CollectOutput | null;
}

type GuardArgs = { context: CollectContext; event: CollectEvent };

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

/** Runs a plan: owns what has settled, and runs a wave controller for each topological wave. */
export const collectMachine = setup({
  types: {
    context: {} as CollectContext,
    events: {} as CollectEvent,
    input: {} as CollectInput,
    output: {} as CollectOutput,
    tags: {} as 'working' | 'settled',
  },
  actors: { sleepUntil, engine, waves: createRoster(waveMachine) },
  actions: {
    openRun: (args) => openAccount(args),
    startWaves: (args) => steps.startWaves(args),
    nextWave: (args) => steps.nextWave(args),
    settle: (args) => steps.settle(args),
    settleAndRelease: (args) => {
      steps.settle(args);
      steps.release(args);
    },
    release: (args) => steps.release(args),
    noteQueued: (args) => steps.noteQueued(args),
    noteDequeued: (args) => steps.noteDequeued(args),
    closeWave: (args) => steps.closeWave(args),
    loseWaves: (args) => steps.loseWaves(args),
    cancel: (args) => stopAll(args, 'told'),
    cancelForTime: (args) => stopAll(args, 'time'),
    abort: (args) => stopAll(args, 'failure'),
    settleTwins: (args) => steps.settleTwins(args),
    exhaust: (args) => stopAll(args, 'budget'),
    closeRun: (args) => closeAccount(args),
    holdLimit: (args) => holdLimit(args),
    grantTime: (args) => grantTime(args),
    conclude: assign({ output: ({ context, self }) => conclude(context.run, nowOf(self)) }),
  },
  guards: {
    isInvalid: ({ context }: GuardArgs) => context.run.fault !== null,
    endsRun: ({ context: { run }, event }: GuardArgs) =>
      event.type === 'tasks.settled' && event.reports.some((report) => endsRun(run.plan, report, run.settings)),
    isOver: ({ context: { run } }: GuardArgs) => run.activeWaves.size === 0 && run.book.settled === run.book.total,
  },
}).createMachine({
  id: 'collect',
  context: ({ input, spawn, self }) => {
    requireInput('collect', input, { plan: { expected: 'a plan, such as { tasks }', isGiven: isObject } });
    const services =
      input.services ?? spawn('engine', { id: 'engine', input: input.engine ?? {} }).getSnapshot().services;
    return {
      run: createRun(input, services, nowOf(self)),
      waves: spawn('waves', { id: 'waves' }) as CollectContext['waves'],
      output: null,
    };
  },
  initial: 'compiling',
  on: {
    'child.done': { actions: 'closeWave' },
    'child.failed': { actions: ['loseWaves', 'closeWave'] },
    'xstate.error.actor.waves': { actions: 'loseWaves' },
    'tasks.settled': { actions: 'settle' },
    'task.queued': { actions: 'noteQueued' },
    'task.dequeued': { actions: 'noteDequeued' },
    'provider.cooling': { actions: 'holdLimit' },
    'time.granted': { actions: 'grantTime' },
  },
  states: {
    compiling: {
      always: [
        { guard: 'isInvalid', target: 'done' },
        { target: 'collecting', actions: ['openRun', 'startWaves'] },
      ],
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
          { guard: 'endsRun', target: 'aborting', actions: ['settle', 'abort'] },
          { actions: 'settleAndRelease' },
        ],
        'task.dequeued': { actions: ['noteDequeued', 'release'] },
        'child.done': { actions: ['closeWave', 'nextWave'] },
        'child.failed': { actions: ['loseWaves', 'closeWave', 'nextWave', 'release'] },
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
          { guard: 'endsRun', target: 'aborting', actions: ['settle', 'abort'] },
          { actions: ['settle', 'settleTwins'] },
        ],
        'child.failed': { actions: ['loseWaves', 'closeWave', 'settleTwins'] },
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
