import { assign, setup } from 'xstate';
import type { BreakerPolicy } from '../../policy/policy.ts';
import { POLICIES } from '../../policy/presets.ts';
import type { BreakerMetrics } from '../../run/result.ts';
import { nowOf, send } from '../../xstate/messaging.ts';
import { isText, requireInput } from '../../xstate/required-input.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import { sleepUntil } from '../../xstate/sleep-until.ts';
import type { BreakerEvent } from './events.ts';
import { counted, type Failure, NO_METRICS, opensOn, probeReason, recentFailures, refusalReason } from './logic.ts';

export interface BreakerInput {
  agentId: string;
  /** Default: the breaker settings of the preset `patient`. */
  policy?: BreakerPolicy;
  /** Judged by the lenient figures. Default false. */
  adHoc?: boolean;
  /** The run that it is of, where its agent was made up by a plan. */
  runId?: string;
  /** Its failures, as another process left them. */
  restored?: { failures: readonly Failure[]; retryAt: number };
}

type Waiter = Pick<Extract<BreakerEvent, { type: 'permit.await' }>, 'ref' | 'followsProbes'>;

export interface BreakerContext {
  agentId: string;
  /** Null when it is of all runs. */
  runId: string | null;
  policy: BreakerPolicy;
  adHoc: boolean;
  /** Failures within the window, oldest first. */
  failures: readonly Failure[];
  /** When an open breaker lets a probe through, epoch milliseconds. */
  retryAt: number;
  /** The permit of the probe in flight. */
  probe: string | null;
  /** When that has ended at the latest, epoch milliseconds. */
  probeUntil: number;
  /** Refused tasks that wait to be called, first come first called; references, so changed in place. */
  waiters: Map<string, Waiter>;
  metrics: Omit<BreakerMetrics, 'state'>;
}

type Args = { context: BreakerContext; event: BreakerEvent; self: unknown; system: unknown };
type GuardArgs = Pick<Args, 'context' | 'event'>;
type Returned = Extract<BreakerEvent, { type: 'permit.return' }>;

const failureIn = (event: BreakerEvent): Failure => ({ at: (event as Returned).at, kind: (event as Returned).kind });

const call = (args: Args, { ref }: Waiter) =>
  send(args, ref, { type: 'permit.available', agentId: args.context.agentId });

const reasonOf = ({ context: { agentId, failures, retryAt }, self }: Args) =>
  refusalReason(agentId, failures.length, retryAt, nowOf(self));

const callOpen = (args: Args, { ref, followsProbes }: Waiter) => {
  if (followsProbes) send(args, ref, { type: 'circuit.opened', agentId: args.context.agentId, reason: reasonOf(args) });
};

/** Circuit breaker of one agent. While half-open it lets one probe through, however many ask. */
export const breakerMachine = setup({
  types: { context: {} as BreakerContext, events: {} as BreakerEvent, input: {} as BreakerInput },
  actors: { sleepUntil },
  actions: {
    grant: (args: Args) => {
      const { event } = args;
      if (event.type !== 'permit.request') return;
      send(args, event.ref, { type: 'permit.granted', requestId: event.requestId, permitId: event.requestId });
    },
    refuse: (args: Args) => {
      const { event } = args;
      if (event.type !== 'permit.request') return;
      const { retryAt } = args.context;
      const { requestId } = event;
      send(args, event.ref, { type: 'permit.refused', requestId, reason: reasonOf(args), retryAt });
    },
    refuseForProbe: (args: Args) => {
      const { event } = args;
      if (event.type !== 'permit.request') return;
      const { agentId, probeUntil } = args.context;
      const { requestId } = event;
      const refusal = { type: 'permit.refused', requestId, reason: probeReason(agentId), retryAt: probeUntil } as const;
      // An overdue probe is waited for no longer.
      send(args, event.ref, probeUntil > nowOf(args.self) ? { ...refusal, probeUntil } : refusal);
    },
    countRefusal: assign(({ context }) => counted(context, 'rejected')),
    countHalfOpen: assign(({ context }) => counted(context, 'halfOpened')),
    countClosed: assign(({ context }) => counted(context, 'closed')),
    countFailure: assign(({ context, event }) => ({
      ...counted(context, 'failures'),
      failures: recentFailures([...context.failures, failureIn(event)], context.policy, failureIn(event).at),
    })),
    openFor: assign(({ context, event, self }) => {
      // One that begins open was opened by another process, until a time that stands.
      if ((event as { type: string }).type === 'xstate.init') return {};
      return { ...counted(context, 'opened'), retryAt: nowOf(self) + context.policy.resetTimeoutMs };
    }),
    forgive: assign({ failures: [] }),
    holdProbe: assign(({ context, event, self }) => {
      if (event.type !== 'permit.request') return {};
      const { requestId, limitMs = context.policy.maxOpenWaitMs } = event;
      return { probe: requestId, probeUntil: nowOf(self) + limitMs };
    }),
    /** Waiters that follow probes now wait for the end of this one. */
    announceProbe: (args: Args) => {
      const { agentId, probeUntil: until, waiters } = args.context;
      for (const { ref, followsProbes } of waiters.values())
        if (followsProbes) send(args, ref, { type: 'probe.started', agentId, until });
    },
    dropProbe: assign({ probe: null }),
    configure: assign({
      policy: ({ context, event }) => (event.type === 'breaker.configure' ? event.policy : context.policy),
    }),
    queue: ({ context, event }: Args) => {
      if (event.type === 'permit.await') context.waiters.set(event.waiterId, event);
    },
    leave: ({ context, event }: Args) => {
      if (event.type === 'permit.forgo') context.waiters.delete(event.waiterId);
    },
    callNow: (args: Args) => {
      if (args.event.type === 'permit.await') call(args, args.event);
    },
    callOpen: (args: Args) => {
      if (args.event.type === 'permit.await') callOpen(args, args.event);
    },
    callAllOpen: (args: Args) => {
      for (const waiter of args.context.waiters.values()) callOpen(args, waiter);
    },
    callNext: (args: Args) => {
      const { context } = args;
      const next = context.waiters.entries().next();
      if (next.done) return;
      const [waiterId, waiter] = next.value;
      context.waiters.delete(waiterId);
      call(args, waiter);
    },
    callAll: (args: Args) => {
      const called = [...args.context.waiters.values()];
      args.context.waiters.clear();
      for (const waiter of called) call(args, waiter);
    },
  },
  guards: {
    opens: ({ context, event }: GuardArgs) =>
      event.type === 'permit.return' &&
      event.result === 'failure' &&
      opensOn(context.failures, failureIn(event), context.policy, context.adHoc),
    failed: ({ event }: GuardArgs) => event.type === 'permit.return' && event.result === 'failure',
    clears: ({ context, event }: GuardArgs) =>
      event.type === 'permit.return' && event.result === 'success' && context.failures.length > 0,
    probeSucceeded: ({ context, event }: GuardArgs) =>
      event.type === 'permit.return' && event.permitId === context.probe && event.result === 'success',
    probeFailed: ({ context, event }: GuardArgs) =>
      event.type === 'permit.return' && event.permitId === context.probe && event.result === 'failure',
    probeReturned: ({ context, event }: GuardArgs) =>
      event.type === 'permit.return' && event.permitId === context.probe,
  },
}).createMachine({
  id: 'breaker',
  context: ({ input }) => {
    requireInput('breaker', input, { agentId: { expected: "an agent's id", isGiven: isText } });
    return {
      agentId: input.agentId,
      runId: input.runId ?? null,
      policy: input.policy ?? POLICIES.patient.breaker,
      adHoc: input.adHoc ?? false,
      failures: input.restored?.failures ?? [],
      retryAt: input.restored?.retryAt ?? 0,
      probe: null,
      probeUntil: 0,
      waiters: new Map(),
      metrics: NO_METRICS,
    };
  },
  initial: 'closed',
  on: {
    'permit.forgo': { actions: 'leave' },
    'breaker.configure': { actions: 'configure' },
    'breaker.reset': { target: '.closed', actions: ['dropProbe', 'forgive', 'countClosed', 'callAll'] },
  },
  states: {
    closed: {
      on: {
        'permit.request': { actions: 'grant' },
        'permit.return': [
          { guard: 'opens', target: 'open', actions: 'countFailure' },
          { guard: 'failed', actions: 'countFailure' },
          { guard: 'clears', actions: 'forgive' },
        ],
        'permit.await': { actions: 'callNow' },
        'breaker.reset': { actions: 'forgive' },
      },
    },
    open: {
      entry: ['openFor', 'callAllOpen'],
      invoke: {
        id: 'reset',
        src: 'sleepUntil',
        input: ({ context }) => ({ at: context.retryAt, background: true, shared: true }),
        onDone: 'halfOpen',
        onError: 'halfOpen',
      },
      on: {
        'permit.request': { actions: ['refuse', 'countRefusal'] },
        // The probe that the waiter was refused for may have failed since.
        'permit.await': { actions: ['queue', 'callOpen'] },
      },
    },
    halfOpen: {
      entry: 'countHalfOpen',
      initial: 'ready',
      states: {
        ready: {
          entry: 'callNext',
          on: {
            'permit.request': { target: 'probing', actions: ['holdProbe', 'grant', 'announceProbe'] },
            'permit.await': { actions: 'callNow' },
            'permit.forgo': { actions: ['leave', 'callNext'] },
          },
        },
        probing: {
          on: {
            'permit.request': { actions: ['refuseForProbe', 'countRefusal'] },
            'permit.await': { actions: 'queue' },
            'permit.return': [
              {
                guard: 'probeSucceeded',
                target: '#breaker.closed',
                actions: ['dropProbe', 'forgive', 'countClosed', 'callAll'],
              },
              { guard: 'probeFailed', target: '#breaker.open', actions: ['dropProbe', 'countFailure'] },
              { guard: 'probeReturned', target: 'ready', actions: 'dropProbe' },
            ],
          },
        },
      },
    },
  },
});

/** Waiters are actors, and a probe in flight is lost: the next request is one. */
withSecondStart(breakerMachine, {
  revive: (snapshot) => ({
    ...snapshot,
    value: typeof snapshot.value === 'object' && 'halfOpen' in snapshot.value ? { halfOpen: 'ready' } : snapshot.value,
    context: { ...snapshot.context, probe: null, waiters: new Map() },
  }),
});
