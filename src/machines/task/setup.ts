import { assign, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import { nowOf } from '../../xstate/messaging.ts';
import { sleepUntil } from '../../xstate/sleep-until.ts';
import * as failure from './after-failure.ts';
import type { TaskAloneInput } from './alone.ts';
import type { Args } from './effects.ts';
import * as effects from './effects.ts';
import type { TaskContext, TaskEvent, TaskInput } from './events.ts';
import * as logic from './logic.ts';

type GuardArgs = Pick<Args, 'context' | 'event'>;
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

const SPENT = 'The budget of the run is spent, and another attempt would be needed.';

const resultOf = (event: TaskEvent) => (event as Of<'attempt.ended'>).result;
const after =
  (next: failure.Next) =>
  ({ context, event }: GuardArgs) =>
    failure.nextAfter(context, resultOf(event)) === next;

/** Actions, guards and actors of the chart of a task. */
export const taskSetup = setup({
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
    /** A stopped task keeps the reason it received, and any output that arrived. */
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
    pause: assign(({ context, event }) => failure.paused(context, resultOf(event))),
    noteRefuted: assign(({ context }) => failure.refuted(context)),
    noteConfirmed: assign(({ context }) => logic.confirmed(context)),
    backOff: assign(({ context, event }) => failure.retrying(context, resultOf(event).endedAt)),
    countOpenWait: assign(({ context, self }) => failure.waitedOpen(context, nowOf(self))),
    joinBreaker: effects.joinBreaker,
    leaveBreaker: effects.leaveBreaker,
    enterQueue: effects.enterQueue,
    leaveQueue: effects.leaveQueue,
    announceResumed: effects.announceResumed,
    announce: effects.announce,
    announceCooling: effects.announceCooling,
    announceRefusal: effects.announceRefusal,
    announceRetry: effects.announceRetry,
    announceVerdict: effects.announceVerdict,
    blameAgent: effects.blameAgent,
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
    shouldPause: after('pause'),
    shouldAwaitVerdict: after('awaitVerdict'),
    shouldAskAgain: after('askAgain'),
    shouldFallBack: after('fallback'),
    isBudgetSpent: ({ event }: GuardArgs) => (event as Of<'start.refused'>).cause === 'budget',
    canAwaitProbe: ({ context, event }: GuardArgs) => failure.canAwaitProbe(context, event as Of<'start.refused'>),
    isOnFallback: ({ context }) => failure.isOnFallback(context),
    hasFallback: ({ context }) => context.fallback !== null && !failure.isOnFallback(context),
    failsWhenOpen: ({ context: { input, waits } }) =>
      input.policy.breaker.onOpen === 'fail' || waits.openMs >= input.policy.breaker.maxOpenWaitMs,
  },
});
