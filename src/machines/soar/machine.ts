import { type AnyActorRef, assign, type PromiseActorLogic, raise, sendTo, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import { OFFLINE_PHASES as offline } from '../../phases/built-in/built-in.ts';
import { type PhaseInput, phaseLogic } from '../../phases/calls/phase.ts';
import { singleSubgoal } from '../../phases/decompose/single-subgoal.ts';
import type {
  AssessInput,
  DecomposeInput,
  Phase,
  RetrieveInput,
  RouteInput,
  SynthesizeInput,
} from '../../phases/types.ts';
import type { PhaseName } from '../../run/events.ts';
import type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../../run/phase-outputs.ts';
import { nowOf } from '../../xstate/messaging.ts';
import { isText, requireInput } from '../../xstate/required-input.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import { sleepUntil } from '../../xstate/sleep-until.ts';
import type { CollectOutput } from '../collect/events.ts';
import { collectMachine } from '../collect/machine.ts';
import * as effects from './effects.ts';
import type { SoarContext, SoarEvent, SoarInput, SoarOutput } from './events.ts';
import {
  adopted,
  faultOf,
  goesAsItIs,
  initialContext,
  phaseError,
  phaseRecord,
  resultOf,
  SPENT,
  timeoutReason,
} from './logic.ts';
import {
  assessInput,
  collectInput,
  decomposeInput,
  retrieveInput,
  routeInput,
  synthesizeInput,
} from './phase-inputs.ts';
import { completed, failedIn, kept, phaseModes } from './phase-states.ts';

type Of<T extends SoarEvent['type']> = Extract<SoarEvent, { type: T }>;

/** Typed as what an actor of a user's would be, so that any logic of that input and output can stand in for it. */
function phaseActor<I, O>(phase: Phase<I, O>): PromiseActorLogic<O, PhaseInput<I>> {
  return phaseLogic(phase) as unknown as PromiseActorLogic<O, PhaseInput<I>>;
}

const ends = (as: 'planned' | 'done' | 'failed' | 'cancelled') =>
  ({
    type: 'final',
    tags: 'settled',
    entry: 'closeRun',
    output: ({ context, self }: { context: SoarContext; self: AnyActorRef }) => resultOf(context, as, nowOf(self)),
  }) as const;

/** A query, through all six phases, to an answer. Each phase is an invoked actor that `.provide` replaces. */
export const soarMachine = setup({
  types: {
    context: {} as SoarContext,
    events: {} as SoarEvent,
    input: {} as SoarInput,
    output: {} as SoarOutput,
    tags: {} as 'working' | 'waiting' | 'settled',
  },
  actors: {
    engine,
    sleepUntil,
    assess: phaseActor<AssessInput, Assessment>(offline.assess),
    retrieve: phaseActor<RetrieveInput, Retrieval>(offline.retrieve),
    decompose: phaseActor<DecomposeInput, Decomposition>(offline.decompose),
    route: phaseActor<RouteInput, Routing>(offline.route),
    collect: collectMachine,
    synthesize: phaseActor<SynthesizeInput, Synthesis>(offline.synthesize),
  },
  actions: {
    openRun: effects.openRun,
    closeRun: effects.closeRun,
    beginPhase: assign(({ self }) => ({ phaseAt: nowOf(self), report: null })),
    announce: effects.announce,
    keepReport: assign(({ context }, { phase, report, notes }: Omit<Of<'phase.reported'>, 'type'>) => ({
      report,
      called: [...context.called, { phase, ...notes }],
    })),
    recordPhase: assign(({ context, self }, { phase }: { phase: PhaseName }) => ({
      phases: [...context.phases, ...phaseRecord(phase, context, nowOf(self))],
    })),
    announceDone: effects.announceDone,
    keep: assign((_, found: Partial<SoarContext>) => found),
    /** A simple query needs no taking apart. */
    decideAlone: assign(({ context: { input, retrieval } }) => ({
      decomposition: singleSubgoal(input.query, retrieval?.passages ?? []),
    })),
    noteReason: assign(({ event }) => {
      const { kind, message } = event as Of<'run.cancel'>;
      return { error: { kind, message, retryable: false } };
    }),
    notePhaseError: assign(({ self }, { phase, error }: { phase: PhaseName; error: unknown }) => ({
      error: phaseError(phase, error, nowOf(self)),
    })),
    sendToPhase: sendTo(
      (_, { phase }: { phase: PhaseName }) => phase,
      ({ event }) => event,
    ),
    skipCalls: sendTo(
      (_, { phase }: { phase: PhaseName }) => phase,
      () => ({ type: 'task.skip', ...SPENT }),
    ),
    propose: effects.propose,
    adopt: assign(({ context, event }) => adopted(context, event as Of<'plan.approve'>)),
    recordApproval: effects.recordApproval,
    publishFault: effects.publishFault,
    noteRefusal: assign(({ event }) => ({
      error: { kind: 'cancelled' as const, message: (event as Of<'plan.refuse'>).reason, retryable: false },
    })),
    /** At its limit a run is cancelled as a user would cancel it. */
    cancelForTime: raise(({ context, self }) => ({
      type: 'run.cancel' as const,
      ...timeoutReason(context, nowOf(self)),
    })),
    exhaust: raise({ type: 'budget.spent', what: 'time' }),
  },
  guards: {
    endsWithPlan: ({ context }) => context.input.until === 'route',
    needsApproval: ({ context }) => context.input.approve === true,
    isSound: ({ context, event }) => faultOf(context, event as Of<'plan.approve'>) === null,
    goesAsItIs: ({ context: { input, assessment } }) => goesAsItIs(input, assessment),
    wasCancelled: (_, { collected }: { collected: CollectOutput }) => collected.status === 'cancelled',
    hasNoPlan: (_, { collected }: { collected: CollectOutput }) =>
      collected.error?.kind === 'invalid_request' && collected.outcomes.length === 0,
    hasFailed: ({ context }) => context.collected?.status === 'failed',
  },
}).createMachine({
  id: 'soar',
  context: ({ input, spawn, self }) => {
    requireInput('soar', input, { query: { expected: 'a question', isGiven: isText } });
    const services =
      input.services ?? spawn('engine', { id: 'engine', input: input.engine ?? {} }).getSnapshot().services;
    return initialContext(input, services, nowOf(self));
  },
  entry: 'openRun',
  initial: 'assess',
  invoke: [
    {
      id: 'deadline',
      src: 'sleepUntil',
      input: ({ context }) => ({ at: context.bounds.deadlineAt }),
      onDone: { actions: 'cancelForTime' },
      onError: { actions: 'cancelForTime' },
    },
    {
      id: 'budget',
      src: 'sleepUntil',
      input: ({ context }) => ({ at: context.bounds.budgetAt }),
      onDone: { actions: 'exhaust' },
      onError: { actions: 'exhaust' },
    },
  ],
  on: {
    'run.cancel': { target: '.cancelled', actions: 'noteReason' },
    'phase.reported': { actions: { type: 'keepReport', params: ({ event }) => event } },
  },
  states: {
    assess: {
      tags: 'working',
      entry: ['beginPhase', { type: 'announce', params: { phase: 'assess' } }],
      ...phaseModes('assess'),
      invoke: {
        id: 'assess',
        src: 'assess',
        input: ({ context }) => assessInput(context),
        onDone: { target: 'retrieve', actions: [...completed('assess', 'assessment')] },
        onError: failedIn('assess'),
      },
    },
    retrieve: {
      tags: 'working',
      entry: ['beginPhase', { type: 'announce', params: { phase: 'retrieve' } }],
      ...phaseModes('retrieve'),
      invoke: {
        id: 'retrieve',
        src: 'retrieve',
        input: ({ context }) => retrieveInput(context),
        onDone: [
          { guard: 'goesAsItIs', target: 'route', actions: [...completed('retrieve', 'retrieval'), 'decideAlone'] },
          { target: 'decompose', actions: [...completed('retrieve', 'retrieval')] },
        ],
        onError: failedIn('retrieve'),
      },
    },
    decompose: {
      tags: 'working',
      entry: ['beginPhase', { type: 'announce', params: { phase: 'decompose' } }],
      ...phaseModes('decompose'),
      invoke: {
        id: 'decompose',
        src: 'decompose',
        input: ({ context }) => decomposeInput(context),
        onDone: { target: 'route', actions: [...completed('decompose', 'decomposition')] },
        onError: failedIn('decompose'),
      },
    },
    route: {
      tags: 'working',
      entry: ['beginPhase', { type: 'announce', params: { phase: 'route' } }],
      ...phaseModes('route'),
      invoke: {
        id: 'route',
        src: 'route',
        input: ({ context }) => routeInput(context),
        onDone: [
          { guard: 'endsWithPlan', target: 'planned', actions: [...completed('route', 'routing')] },
          { guard: 'needsApproval', target: 'approve', actions: [...completed('route', 'routing')] },
          { target: 'collect', actions: [...completed('route', 'routing')] },
        ],
        onError: failedIn('route'),
      },
    },
    /** A person looks at the plan. Nothing is held meanwhile, and no clock runs but the run's own. */
    approve: {
      tags: 'waiting',
      entry: 'propose',
      on: {
        'plan.approve': [
          { guard: 'isSound', target: 'collect', actions: ['adopt', 'recordApproval'] },
          { actions: 'publishFault' },
        ],
        'plan.refuse': { target: 'cancelled', actions: 'noteRefusal' },
      },
    },
    collect: {
      tags: 'working',
      entry: ['beginPhase', { type: 'announce', params: { phase: 'collect' } }],
      invoke: {
        id: 'collect',
        src: 'collect',
        input: ({ context }) => collectInput(context),
        onDone: [
          {
            guard: { type: 'wasCancelled', params: ({ event }) => ({ collected: event.output }) },
            target: 'cancelled',
            actions: [kept('collected'), { type: 'announceDone', params: { phase: 'collect' } }],
          },
          {
            guard: { type: 'hasNoPlan', params: ({ event }) => ({ collected: event.output }) },
            target: 'failed',
            actions: [kept('collected'), { type: 'announceDone', params: { phase: 'collect' } }],
          },
          {
            target: 'synthesize',
            actions: [kept('collected'), { type: 'announceDone', params: { phase: 'collect' } }],
          },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'collect', error: event.error }) },
        },
      },
      initial: 'running',
      states: {
        running: {
          on: {
            'run.cancel': { target: 'cancelling', actions: { type: 'sendToPhase', params: { phase: 'collect' } } },
          },
        },
        cancelling: {},
      },
      // Left only when the child has ended: stopping it would lose what is in flight.
      on: { 'run.cancel': {} },
    },
    synthesize: {
      tags: 'working',
      // Until now the gate reported the budget to collect.
      entry: ['openRun', 'beginPhase', { type: 'announce', params: { phase: 'synthesize' } }],
      ...phaseModes('synthesize'),
      invoke: {
        id: 'synthesize',
        src: 'synthesize',
        input: ({ context }) => synthesizeInput(context),
        onDone: [
          { guard: 'hasFailed', target: 'failed', actions: [...completed('synthesize', 'synthesis')] },
          { target: 'done', actions: [...completed('synthesize', 'synthesis')] },
        ],
        onError: failedIn('synthesize'),
      },
    },
    planned: ends('planned'),
    done: ends('done'),
    failed: ends('failed'),
    cancelled: ends('cancelled'),
  },
  output: ({ event }) => event.output as SoarOutput,
});

withSecondStart(soarMachine, { hasWorked: ({ services }: SoarContext) => services.hasCalled === true });
