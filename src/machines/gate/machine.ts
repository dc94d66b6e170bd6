import { type EventObject, raise, setup } from 'xstate';
import { type AgentProfile, isOfRuns } from '../../agents/resolve.ts';
import type { Within } from '../../base/async-context.ts';
import { type Addressee, isOver, nowOf, send } from '../../xstate/messaging.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import { sleepUntil } from '../../xstate/sleep-until.ts';
import type { BreakerEvent, BreakerReply } from '../breaker/events.ts';
import type { GateEvent, ReleaseBreakers, StartRequest } from './events.ts';
import { type GateLimits, type Lease, Ledger, type Paces } from './logic.ts';
import type { Pace } from './pacing.ts';

export interface GateInput {
  limits?: Partial<GateLimits>;
  /** The breaker of an agent, in a run. Default: none, every start is permitted. */
  breakerOf?: (agent: AgentProfile, runId: string) => Addressee<BreakerEvent>;
  /** Notified after a run closes and its last request is answered. Default: none. */
  engine?: Addressee<ReleaseBreakers>;
  /** How providers were asked before this gate was made. Default: never. */
  paces?: Paces;
  /** Notified of a provider's pace whenever the wait of its next start changes. Default: none. */
  keepPace?: (provider: string, pace: Pace, now: number) => void;
  /** The async context that a run is answered in. Default: the one in which the gate happens to decide. */
  withinRun?: (runId: string) => Within;
}

export interface GateContext {
  ledger: Ledger;
  breakerOf: GateInput['breakerOf'];
  engine: GateInput['engine'];
  keepPace: GateInput['keepPace'];
  withinRun: GateInput['withinRun'];
}

/** Defaults of the gate's limits; 4 at a time, and a provider that says nothing cools 5 s. */
export const GATE_LIMITS: GateLimits = Object.freeze({
  maxConcurrent: 4,
  staggerMs: null,
  perAgent: {},
  perProvider: {},
  defaultCoolingMs: 5000,
});

type Args = { context: GateContext; event: GateEvent; self: unknown; system: unknown };

/** Grants leases and paces starts. A lease is reserved first and the breaker asked last, so no permit ever waits. */
export const gateMachine = setup({
  types: { context: {} as GateContext, events: {} as GateEvent, input: {} as GateInput },
  actors: { sleepUntil },
  actions: {
    enqueue: (args: Args) => {
      const { context, event, self } = args;
      if (event.type !== 'start.request') return;
      const isWaiting = context.ledger.enqueue(event, nowOf(self));
      const { requestId } = event;
      const reason = 'The budget of the run is spent.';
      if (!isWaiting && !isOver(event.ref)) {
        answer(args, event, { type: 'start.refused', requestId, cause: 'budget', reason, retryAt: null });
      }
      notifyRuns(args);
    },
    withdraw: ({ context, event }: Args) => {
      if (event.type === 'start.withdraw') context.ledger.withdraw(event.requestId);
      if (event.type === 'run.withdraw') context.ledger.withdrawRun(event.runId);
    },
    openRun: (args: Args) => {
      if (args.event.type === 'run.opened') args.context.ledger.open(args.event, nowOf(args.self));
      notifyRuns(args);
    },
    closeRun: (args: Args) => {
      const { context, event } = args;
      if (event.type !== 'run.closed') return;
      const { runId } = event;
      context.ledger.close(runId);
      // After whatever this gate has still to ask of them: a breaker that is gone would never answer.
      if (context.engine) send(args, context.engine, { type: 'breakers.release', runId });
    },
    decide: ({ context, self }: Args) => {
      context.ledger.decide(nowOf(self));
    },
    /** Reserves the lease of the request whose turn it is, and asks its breaker. */
    ask: (args: Args) => {
      const asked = args.context.ledger.reserveNext(nowOf(args.self));
      const breaker = asked && args.context.breakerOf?.(asked.agent, asked.runId);
      if (breaker)
        send(args, breaker, {
          type: 'permit.request',
          requestId: asked.requestId,
          ...(asked.limitMs === undefined ? undefined : { limitMs: asked.limitMs }),
          ref: args.self as Addressee<BreakerReply>,
        });
    },
    /** Reserves the lease of a request that needs no permit. */
    permitOneself: raise(({ context, self }) => {
      const requestId = context.ledger.reserveNext(nowOf(self))?.requestId ?? '';
      return { type: 'permit.granted' as const, requestId, permitId: '' };
    }),
    grant: (args: Args) => {
      const { context, event, self } = args;
      if (event.type !== 'permit.granted') return;
      const { asked } = context.ledger;
      const now = nowOf(self);
      // A task that ended, or broke, while its breaker was being asked would never give its lease back.
      if (asked && isOver(asked.ref)) context.ledger.withdraw(asked.requestId);
      const lease = context.ledger.grant(now);
      const permitId = event.permitId || null;
      if (lease) {
        const { requestId } = lease.request;
        answer(args, lease.request, { type: 'start.granted', requestId, leaseId: lease.leaseId, permitId, at: now });
        keepPace(args, lease);
      } else if (permitId && asked) {
        returnPermit(args, asked, { permitId, result: 'neutral', kind: null });
      }
      notifyRuns(args);
    },
    refuse: (args: Args) => {
      const { context, event } = args;
      if (event.type !== 'permit.refused') return;
      const request = context.ledger.refuse();
      const { type: _, ...refusal } = event;
      if (request) answer(args, request, { type: 'start.refused', cause: 'circuit_open', ...refusal });
    },
    judge: (args: Args) => judge(args),
    release: (args: Args) => {
      if (args.event.type !== 'lease.release') return;
      judge(args);
      args.context.ledger.release(args.event);
      notifyRuns(args);
    },
  },
  guards: {
    permitIsNeeded: ({ context: { breakerOf, ledger } }) =>
      breakerOf !== undefined && ledger.decision.do === 'ask' && ledger.decision.request.breaker,
    /** Every lease is out, or was given back with the request that had reserved it withdrawn. */
    isFull: ({ context: { ledger } }) => ledger.isFull,
    /** The lease that comes back goes straight to a request that is due and needs a permit. */
    nextIsDueAtOnce: ({ context: { breakerOf, ledger }, event }) =>
      breakerOf !== undefined && event.type === 'lease.release' && ledger.isNextDueAfter(event),
    isNoAnswer: ({ context: { ledger }, event }) => 'requestId' in event && event.requestId !== ledger.asked?.requestId,
    nothingIsAsked: ({ context: { ledger } }) => ledger.asked === null,
    nobodyWaits: ({ context: { ledger } }) => ledger.waiting === 0,
    startIsDue: ({ context }) => context.ledger.decision.do === 'ask',
    startIsAhead: ({ context }) => context.ledger.decision.do === 'pace',
  },
}).createMachine({
  id: 'gate',
  // All of its input has defaults, so an actor may be created without any.
  context: ({ input = {} }) => ({
    ledger: new Ledger({ ...GATE_LIMITS, ...input.limits }, input.paces),
    breakerOf: input.breakerOf,
    engine: input.engine,
    keepPace: input.keepPace,
    withinRun: input.withinRun,
  }),
  initial: 'idle',
  on: {
    'run.opened': { actions: 'openRun' },
    'attempt.judged': { actions: 'judge' },
    'run.closed': { target: '.deciding', actions: 'closeRun' },
    'start.request': [
      { guard: 'isFull', actions: 'enqueue' },
      { target: '.deciding', actions: 'enqueue' },
    ],
    'start.withdraw': { target: '.deciding', actions: 'withdraw' },
    'run.withdraw': { target: '.deciding', actions: 'withdraw' },
    'lease.release': [
      { guard: 'nobodyWaits', actions: 'release' },
      { guard: 'nextIsDueAtOnce', target: '.asking', actions: ['release', 'ask'] },
      { target: '.deciding', actions: 'release' },
    ],
  },
  states: {
    idle: {},
    deciding: {
      entry: 'decide',
      always: [
        { guard: 'permitIsNeeded', target: 'asking', actions: 'ask' },
        { guard: 'startIsDue', target: 'asking', actions: 'permitOneself' },
        { guard: 'startIsAhead', target: 'pacing' },
        { target: 'idle' },
      ],
    },
    pacing: {
      invoke: {
        id: 'pace',
        src: 'sleepUntil',
        input: ({ context: { ledger } }) => ({
          at: ledger.decision.do === 'pace' ? ledger.decision.at : 0,
          shared: true,
        }),
        onDone: 'deciding',
        onError: 'deciding',
      },
    },
    asking: {
      always: { guard: 'nothingIsAsked', target: 'deciding' },
      on: {
        'permit.granted': [
          { guard: 'isNoAnswer' },
          { guard: 'isFull', target: 'idle', actions: 'grant' },
          { target: 'deciding', actions: 'grant' },
        ],
        'permit.refused': [{ guard: 'isNoAnswer' }, { target: 'deciding', actions: 'refuse' }],
        'start.request': { actions: 'enqueue' },
        'start.withdraw': { actions: 'withdraw' },
        'run.withdraw': { actions: 'withdraw' },
        'run.closed': { actions: 'closeRun' },
        'lease.release': { actions: 'release' },
      },
    },
  },
});

withSecondStart(gateMachine, {});

/** Returns the permit to its breaker, and reports to a rate-limited task when its provider is free again. */
function judge(args: Args): void {
  const { event, context } = args;
  if (event.type !== 'attempt.judged' && event.type !== 'lease.release') return;
  const judged = context.ledger.judge(event);
  if (!judged) return;
  keepPace(args, judged.lease);
  if (event.permitId) returnPermit(args, judged.lease.request, { ...event, permitId: event.permitId });
  const { provider } = judged.lease.request.agent;
  const { resumeAt } = judged;
  if (resumeAt !== null && event.rateLimit)
    answer(
      args,
      { ...judged.lease.request, ref: event.rateLimit.ref },
      { type: 'provider.cooled', provider, resumeAt },
    );
}

function keepPace({ context, self }: Args, lease: Lease): void {
  const pace = context.keepPace && context.ledger.paceOf(lease);
  if (pace) context.keepPace?.(lease.request.agent.provider, pace, nowOf(self));
}

/** Sends to a run or one of its tasks in the async context of that run, as the reaction may run code of the user. */
function answer<E extends EventObject>(
  args: Args,
  { runId, ref }: { runId: string; ref: Addressee<E> },
  event: E,
): void {
  send(args, ref, event, args.context.withinRun?.(runId));
}

/** Notifies runs of spent budgets and cooling providers, after the tasks concerned: a task granted the last start must not be skipped. */
function notifyRuns(args: Args): void {
  const { accounts } = args.context.ledger;
  for (const { runId, ref, event } of accounts.notices) answer(args, { runId, ref }, event);
  if (accounts.notices.length > 0) accounts.notices = [];
}

function returnPermit(
  args: Args,
  { agent, runId }: StartRequest,
  { permitId, result, kind }: Pick<Extract<BreakerEvent, { type: 'permit.return' }>, 'permitId' | 'result' | 'kind'>,
): void {
  const { breakerOf, ledger } = args.context;
  // The last lease of a run comes back when the run is over, and the breakers of agents that are its own are gone.
  if (isOfRuns(agent) && !ledger.accounts.runs.has(runId)) return;
  const breaker = breakerOf?.(agent, runId);
  if (breaker) send(args, breaker, { type: 'permit.return', permitId, result, kind, at: nowOf(args.self) });
}
