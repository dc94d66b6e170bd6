import { type ActorRefFrom, type AnyActorRef, assign, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import { type Addressee, nowOf, type Sender, send } from '../../xstate/messaging.ts';
import { createRoster } from '../../xstate/roster.ts';
import { sleepUntil } from '../../xstate/sleep-until.ts';
import type { WaveOutput } from '../wave/events.ts';
import { waveMachine } from '../wave/machine.ts';
import { conclude } from './conclude.ts';
import type { CollectEvent, CollectInput, CollectOutput } from './events.ts';
import { endsRun } from './logic.ts';
import type { Message } from './messages.ts';
import { closeRun, endingReport, grantTime, holdLimit, openRun } from './open-run.ts';
import type { CollectRun } from './run.ts';
import type { Scheduler } from './scheduler.ts';
import { type StopCause, stopOf } from './stops.ts';

export interface CollectContext {
  readonly run: CollectRun;
  readonly scheduler: Scheduler;
  readonly waves: ActorRefFrom<ReturnType<typeof createRoster>>;
  output: CollectOutput | null;
}

type Of<T extends CollectEvent['type']> = Extract<CollectEvent, { type: T }>;
type GuardArgs = { context: CollectContext; event: CollectEvent };

/** Sends messages in order, once the macrostep is over. */
function deliver(args: Sender & { context: CollectContext }, messages: readonly Message[]): void {
  const { run, waves } = args.context;
  const { gate, engine } = run.services;
  for (const { to, event } of messages) {
    const { children } = (args.self as AnyActorRef).getSnapshot();
    const addressee = to === 'deadline' ? children.deadline : { waves, gate, engine, self: args.self }[to];
    if (addressee) send(args, addressee as Addressee<typeof event>, event);
  }
}

/** An action that sends the messages a verb returns. */
const sends =
  (verb: (context: CollectContext, event: CollectEvent) => readonly Message[]) => (args: Sender & GuardArgs) =>
    deliver(args, verb(args.context, args.event));

const stops = (cause: StopCause) => sends(({ run, scheduler }, event) => scheduler.stop(stopOf(run, cause, event)));

const waveOf = (event: CollectEvent) => Number((event as Of<'child.done' | 'child.failed'>).id.slice('wave.'.length));

/** Actions, guards and actors of the chart of a run. */
export const collectSetup = setup({
  types: {
    context: {} as CollectContext,
    events: {} as CollectEvent,
    input: {} as CollectInput,
    output: {} as CollectOutput,
    tags: {} as 'working' | 'settled',
  },
  actors: { sleepUntil, engine, waves: createRoster(waveMachine) },
  actions: {
    openRun: sends(({ run }) => openRun(run)),
    start: sends(({ scheduler }) => scheduler.start()),
    advance: sends(({ scheduler }) => scheduler.advance()),
    record: sends(({ scheduler }, event) => scheduler.record((event as Of<'tasks.settled'>).reports)),
    /** Sent as an event, because guards of the initial state are asked before its actions run. */
    reportEnding: sends(({ run }) => endingReport(run)),
    release: sends(({ scheduler }) => scheduler.release()),
    settleDuplicates: sends(({ scheduler }) => scheduler.settleDuplicates()),
    enqueue: ({ context, event }) => context.scheduler.enqueue((event as Of<'task.queued'>).taskId),
    dequeue: ({ context, event }) => context.scheduler.dequeue((event as Of<'task.dequeued'>).taskId),
    closeWave: ({ context, event }) =>
      context.scheduler.closeWave(waveOf(event), (event as Of<'child.done'>).output as WaveOutput),
    loseWave: sends(({ scheduler }, event) => scheduler.loseWave(waveOf(event), (event as Of<'child.failed'>).error)),
    loseAllWaves: sends(({ scheduler }, event) =>
      scheduler.loseAllWaves((event as Of<'xstate.error.actor.waves'>).error),
    ),
    cancel: stops('request'),
    cancelForTime: stops('time'),
    abort: stops('failure'),
    exhaust: stops('budget'),
    holdLimit: sends(({ run }, event) => holdLimit(run, (event as Of<'provider.cooling'>).until)),
    grantTime: ({ context, event }) => grantTime(context.run, (event as Of<'time.granted'>).ms),
    conclude: assign({ output: ({ context, self }) => conclude(context.run, context.scheduler.stopped, nowOf(self)) }),
    closeRun: sends(({ run }) => closeRun(run)),
  },
  guards: {
    isInvalid: ({ context }: GuardArgs) => context.run.fault !== null,
    /** The run that this one resumes was ended by a failure. */
    hadEnded: ({ context }: GuardArgs) => context.run.ending !== null,
    endsRun: ({ context: { run }, event }: GuardArgs) =>
      (event as Of<'tasks.settled'>).reports.some((report) => endsRun(run.plan, report, run.settings)),
    isOver: ({ context }: GuardArgs) => context.scheduler.isOver,
  },
});
