import { assign, fromPromise, sendTo, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import { offlinePhases } from '../../actors/phases/offline.ts';
import type {
  AssessInput,
  Assessment,
  DecomposeInput,
  Decomposition,
  Retrieval,
  RetrieveInput,
  RouteInput,
  Routing,
  Synthesis,
  SynthesizeInput,
} from '../../actors/phases/types.ts';
import { nowOf } from '../../actors/scope.ts';
import { type PhaseName, publishNothing } from '../../streams/events.ts';
import type { CollectOutput } from '../collect/events.ts';
import { collectMachine } from '../collect/machine.ts';
import type { SoarContext, SoarEvent, SoarInput, SoarOutput } from './events.ts';
import { agentInfos, foundBy, phaseError, resultOf, summaryOf } from './logic.ts';

const offline = offlinePhases({});

/** A query, through all six phases, to an answer. Each phase is an invoked actor that `.provide` replaces. */
export const soarMachine = setup({
  types: {
    context: {} as SoarContext,
    events: {} as SoarEvent,
    input: {} as SoarInput,
    output: {} as SoarOutput,
    tags: {} as 'working' | 'settled',
  },
  actors: {
    engine,
    assess: fromPromise<Assessment, AssessInput>(async ({ input, signal }) => offline.assess(input, { signal })),
    retrieve: fromPromise<Retrieval, RetrieveInput>(async ({ input, signal }) => offline.retrieve(input, { signal })),
    decompose: fromPromise<Decomposition, DecomposeInput>(async ({ input, signal }) =>
      offline.decompose(input, { signal }),
    ),
    route: fromPromise<Routing, RouteInput>(async ({ input, signal }) => offline.route(input, { signal })),
    collect: collectMachine,
    synthesize: fromPromise<Synthesis, SynthesizeInput>(async ({ input, signal }) =>
      offline.synthesize(input, { signal }),
    ),
  },
  actions: {
    announce: ({ context, self }, { phase }: { phase: PhaseName }) =>
      context.publish({ type: 'phase.started', phase }, nowOf(self)),
    announceDone: ({ context, self }, { phase }: { phase: PhaseName }) => {
      const complexity = context.assessment?.complexity;
      const summary = summaryOf(phase, context);
      const news = { type: 'phase.completed' as const, phase, summary };
      const { log } = context.input;
      log?.append({ type: 'phase.completed', phase, output: foundBy(phase, context), at: nowOf(self) });
      context.publish(complexity ? { ...news, complexity } : news, nowOf(self));
    },
    keep: assign((_, found: Partial<SoarContext>) => found),
    noteReason: assign(({ event: { kind, message } }) => ({ error: { kind, message, retryable: false } })),
    notePhaseError: assign(({ self }, { phase, error }: { phase: PhaseName; error: unknown }) => ({
      error: phaseError(phase, error, nowOf(self)),
    })),
    forwardCancel: sendTo('collect', ({ event }) => event),
  },
  guards: {
    wasCancelled: (_, { collected }: { collected: CollectOutput }) => collected.status === 'cancelled',
    hasNoPlan: (_, { collected }: { collected: CollectOutput }) =>
      collected.error?.kind === 'invalid_request' && collected.outcomes.length === 0,
    hasFailed: ({ context }) => context.collected?.status === 'failed',
  },
}).createMachine({
  id: 'soar',
  context: ({ input, spawn, self }) => ({
    input,
    runId: input.runId ?? 'run',
    services: input.services ?? spawn('engine', { id: 'engine', input: input.engine ?? {} }).getSnapshot().services,
    publish: input.publish ?? publishNothing,
    startedAt: input.resumed?.startedAt ?? nowOf(self),
    assessment: input.resumed?.assessment ?? null,
    retrieval: input.resumed?.retrieval ?? null,
    decomposition: input.resumed?.decomposition ?? null,
    routing: input.resumed?.routing ?? null,
    collected: null,
    synthesis: null,
    error: null,
  }),
  initial: 'assess',
  on: { 'run.cancel': { target: '.cancelled', actions: 'noteReason' } },
  states: {
    assess: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'assess' } },
      invoke: {
        id: 'assess',
        src: 'assess',
        input: ({ context }) => ({ query: context.input.query }),
        onDone: {
          target: 'retrieve',
          actions: [
            { type: 'keep', params: ({ event }) => ({ assessment: event.output }) },
            { type: 'announceDone', params: { phase: 'assess' } },
          ],
        },
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'assess', error: event.error }) },
        },
      },
    },
    retrieve: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'retrieve' } },
      invoke: {
        id: 'retrieve',
        src: 'retrieve',
        input: ({ context: { input, assessment } }) => ({
          query: input.query,
          complexity: assessment?.complexity ?? 'medium',
          ...(input.contextFiles ? { contextFiles: input.contextFiles } : {}),
        }),
        onDone: {
          target: 'decompose',
          actions: [
            { type: 'keep', params: ({ event }) => ({ retrieval: event.output }) },
            { type: 'announceDone', params: { phase: 'retrieve' } },
          ],
        },
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'retrieve', error: event.error }) },
        },
      },
    },
    decompose: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'decompose' } },
      invoke: {
        id: 'decompose',
        src: 'decompose',
        input: ({ context: { input, assessment, retrieval, services } }) => ({
          query: input.query,
          complexity: assessment?.complexity ?? 'medium',
          passages: retrieval?.passages ?? [],
          agents: agentInfos(services),
        }),
        onDone: {
          target: 'route',
          actions: [
            { type: 'keep', params: ({ event }) => ({ decomposition: event.output }) },
            { type: 'announceDone', params: { phase: 'decompose' } },
          ],
        },
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'decompose', error: event.error }) },
        },
      },
    },
    route: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'route' } },
      invoke: {
        id: 'route',
        src: 'route',
        input: ({ context: { input, retrieval, decomposition, services } }) => ({
          query: input.query,
          decomposition: decomposition ?? { goal: input.query, subgoals: [], notes: [] },
          agents: agentInfos(services),
          passages: retrieval?.passages ?? [],
          fallback: input.settings?.fallback ?? null,
          defaultAgent: input.defaultAgent ?? [...services.agents.keys()][0] ?? null,
        }),
        onDone: {
          target: 'collect',
          actions: [
            { type: 'keep', params: ({ event }) => ({ routing: event.output }) },
            { type: 'announceDone', params: { phase: 'route' } },
          ],
        },
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'route', error: event.error }) },
        },
      },
    },
    collect: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'collect' } },
      invoke: {
        id: 'collect',
        src: 'collect',
        input: ({ context: { input, routing, retrieval, services, publish, runId } }) => ({
          plan: routing?.plan ?? { tasks: [] },
          runId,
          services,
          publish,
          query: input.query,
          passages: retrieval?.passages ?? [],
          ...(input.settings ? { settings: input.settings } : {}),
          log: input.log ?? null,
          ...input.resumed?.collect,
        }),
        onDone: [
          {
            guard: { type: 'wasCancelled', params: ({ event }) => ({ collected: event.output }) },
            target: 'cancelled',
            actions: [
              { type: 'keep', params: ({ event }) => ({ collected: event.output }) },
              { type: 'announceDone', params: { phase: 'collect' } },
            ],
          },
          {
            guard: { type: 'hasNoPlan', params: ({ event }) => ({ collected: event.output }) },
            target: 'failed',
            actions: [
              { type: 'keep', params: ({ event }) => ({ collected: event.output }) },
              { type: 'announceDone', params: { phase: 'collect' } },
            ],
          },
          {
            target: 'synthesize',
            actions: [
              { type: 'keep', params: ({ event }) => ({ collected: event.output }) },
              { type: 'announceDone', params: { phase: 'collect' } },
            ],
          },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'collect', error: event.error }) },
        },
      },
      initial: 'running',
      states: { running: { on: { 'run.cancel': { target: 'cancelling', actions: 'forwardCancel' } } }, cancelling: {} },
      // Left only when the child has ended: stopping it would lose what is in flight.
      on: { 'run.cancel': {} },
    },
    synthesize: {
      tags: 'working',
      entry: { type: 'announce', params: { phase: 'synthesize' } },
      invoke: {
        id: 'synthesize',
        src: 'synthesize',
        input: ({ context: { input, assessment, retrieval, routing, collected } }) => ({
          query: input.query,
          complexity: assessment?.complexity ?? 'medium',
          plan: routing?.plan ?? { tasks: [] },
          outcomes: collected?.outcomes ?? [],
          passages: retrieval?.passages ?? [],
        }),
        onDone: [
          {
            guard: 'hasFailed',
            target: 'failed',
            actions: [
              { type: 'keep', params: ({ event }) => ({ synthesis: event.output }) },
              { type: 'announceDone', params: { phase: 'synthesize' } },
            ],
          },
          {
            target: 'done',
            actions: [
              { type: 'keep', params: ({ event }) => ({ synthesis: event.output }) },
              { type: 'announceDone', params: { phase: 'synthesize' } },
            ],
          },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'notePhaseError', params: ({ event }) => ({ phase: 'synthesize', error: event.error }) },
        },
      },
    },
    done: { type: 'final', tags: 'settled', output: ({ context, self }) => resultOf(context, 'done', nowOf(self)) },
    failed: { type: 'final', tags: 'settled', output: ({ context, self }) => resultOf(context, 'failed', nowOf(self)) },
    cancelled: {
      type: 'final',
      tags: 'settled',
      output: ({ context, self }) => resultOf(context, 'cancelled', nowOf(self)),
    },
  },
  output: ({ event }) => event.output as SoarOutput,
});
