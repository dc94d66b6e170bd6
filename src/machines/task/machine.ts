import { type AnyActorRef, assign, setup } from 'xstate';
import { type Addressee, nowOf, tell } from '../../actors/scope.ts';
import { sleepUntil } from '../../actors/sleep-until.ts';
import type { RunNews } from '../../streams/events.ts';
import type { ParkedTask, StopReason, TaskContext, TaskEvent, TaskInput, TaskReport } from './events.ts';
import * as logic from './logic.ts';

type Args = { context: TaskContext; event: TaskEvent; self: unknown; system: unknown };
type GuardArgs = Pick<Args, 'context' | 'event'>;
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

const SPENT = 'The budget of the run is spent, and another attempt would be needed.';

const resultOf = (event: TaskEvent) => (event as Of<'attempt.ended'>).result;
const after =
  (next: logic.Next) =>
  ({ context, event }: GuardArgs) =>
    logic.nextAfter(context, resultOf(event)) === next;

function request(args: Args, agent: TaskContext['attemptAgent']): void {
  const { context, self, system } = args;
  const wish = logic.startRequest(context, agent, self as Addressee<TaskEvent>);
  tell({ self, system }, context.input.services.gate, wish);
}

function publishState({ context, self }: Args, state: string, until?: number): void {
  const { task, agent, publish } = context.input;
  const news: RunNews = { type: 'task.state', taskId: task.id, agentId: agent.id, wave: task.wave, state };
  publish(until === undefined ? news : { ...news, until }, nowOf(self));
}

/** Records where a task waits, so that it waits there again in a run that is resumed. */
function park({ context }: Args, state: ParkedTask['state']): void {
  const { log, task } = context.input;
  log?.append({ type: 'task.parked', taskId: task.id, ...logic.parked(context, state) });
}

const runningState = ({ attemptAgent, input }: TaskContext) =>
  attemptAgent === input.agent ? 'running' : 'fallback.running';

/** Says that the task now waits in the gate, or no longer does; its wave admits others by that. */
function tellParent(args: Args, type: 'task.queued' | 'task.dequeued'): void {
  const parent = (args.self as AnyActorRef)._parent;
  if (parent) tell(args, parent, { type, taskId: args.context.input.task.id });
}

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
    requestStart: (args: Args) => {
      publishState(args, 'staggered');
      request(args, args.context.input.agent);
    },
    requestFallback: (args: Args) => {
      park(args, 'fallback');
      publishState(args, 'fallback.waiting');
      request(args, args.context.fallback ?? args.context.input.agent);
    },
    withdraw: (args: Args) => {
      const requestId = logic.requestId(args.context);
      tell(args, args.context.input.services.gate, { type: 'start.withdraw', requestId });
    },
    recordStart: assign(({ context, event }) =>
      logic.started(context, event as Of<'start.granted'>, context.input.agent),
    ),
    recordFallbackStart: assign(({ context, event }) =>
      logic.started(context, event as Of<'start.granted'>, context.fallback ?? context.input.agent),
    ),
    startAttempt: (args: Args) => {
      const { context, self } = args;
      const spec = logic.attemptSpec(context, self as Addressee<TaskEvent>);
      publishState(args, runningState(context));
      tell(args, context.input.services.executor, { type: 'attempt.start', spec });
    },
    stopAttempt: (args: Args) => {
      const attemptId = logic.attemptId(args.context);
      const { message: reason } = args.event as Of<'run.cancel'>;
      tell(args, args.context.input.services.executor, { type: 'attempt.stop', attemptId, kind: 'cancelled', reason });
    },
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
    joinBreaker: (args: Args) => {
      park(args, 'circuitOpen');
      const { services, agent } = args.context.input;
      const waiterId = logic.taskKey(args.context);
      const ref = args.self as Addressee<TaskEvent>;
      tell(args, services.breakerOf(agent.id), { type: 'permit.await', waiterId, ref });
    },
    leaveBreaker: (args: Args) => {
      const { notes, input } = args.context;
      if (notes.circuitBlocked.length === 0) return;
      const waiterId = logic.taskKey(args.context);
      tell(args, input.services.breakerOf(input.agent.id), { type: 'permit.forgo', waiterId });
    },
    enterQueue: (args: Args) => tellParent(args, 'task.queued'),
    leaveQueue: (args: Args) => tellParent(args, 'task.dequeued'),
    announceResumed: (args: Args) => publishState(args, runningState(args.context)),
    announce: (args: Args, { state, timed }: { state: string; timed?: boolean }) => {
      if (state === 'retrying' || state === 'cooling') park(args, state);
      publishState(args, state, timed ? args.context.waits.until : undefined);
    },
  },
  guards: {
    isCurrent: ({ context, event }: GuardArgs) => logic.isCurrent(context, event),
    isStale: ({ context, event }: GuardArgs) => !logic.isCurrent(context, event),
    succeeded: ({ event }: GuardArgs) => resultOf(event).status === 'succeeded',
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
        'attempt.ended': [{ guard: 'isStale' }, { target: 'done', actions: 'recordCancelledEnd' }],
      },
    },
    done: { type: 'final', tags: 'settled' },
  },
  output: ({ context, self }) => logic.settle(context, nowOf(self)),
});
