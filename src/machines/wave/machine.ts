import { type ActorRefFrom, setup } from 'xstate';
import { engine } from '../../actors/engine.ts';
import type { Services } from '../../actors/services.ts';
import { elapsedMs } from '../../base/clock.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import { type Addressee, nowOf, send } from '../../xstate/messaging.ts';
import { createRoster, type RosterCommand } from '../../xstate/roster.ts';
import { withSecondStart } from '../../xstate/second-start.ts';
import type { TaskEvent } from '../task/events.ts';
import { taskLogicFor } from '../task/resumed.ts';
import { aloneWave, engineOf, requireWave, type WaveAloneInput } from './alone.ts';
import type { WaveEvent, WaveInput, WaveOutput, WaveReport } from './events.ts';
import { unstartedReport, WaveTasks } from './logic.ts';

export interface WaveContext extends WaveInput {
  /** Of a wave that runs alone. */
  services: Services | null;
  roll: WaveTasks;
  roster: ActorRefFrom<ReturnType<typeof createRoster>>;
}

type Args = { context: WaveContext; event: WaveEvent; self: unknown; system: unknown };

function report(args: Args, reports: readonly TaskReport[]): void {
  const { parent, roll, wave } = args.context;
  for (const one of reports) roll.settled(one);
  if (parent && reports.length > 0) send<WaveReport>(args, parent, { type: 'tasks.settled', wave, reports });
}

function sendToRoster(args: Args, command: RosterCommand): void {
  send(args, args.context.roster as Addressee<RosterCommand>, command);
}

function sendToTasks(args: Args, event: TaskEvent): void {
  sendToRoster(args, { type: 'children.send', event });
}

/** Settles tasks that will never have an actor. */
function settlePending(
  args: Args,
  taskIds: Iterable<string>,
  status: 'cancelled' | 'skipped',
  reason: StopReason,
): void {
  const { roll } = args.context;
  const now = nowOf(args.self);
  const reports: TaskReport[] = [];
  for (const taskId of [...taskIds]) {
    const task = roll.pending.get(taskId);
    if (!task || !roll.pending.delete(taskId)) continue;
    reports.push(unstartedReport(task, status, { kind: reason.kind, message: reason.message }, now));
  }
  report(args, reports);
}

/** Settles tasks whose answers are known. */
function settleAnswered(args: Args): void {
  if (args.event.type !== 'tasks.answered') return;
  const { roll } = args.context;
  const now = nowOf(args.self);
  const reports: TaskReport[] = [];
  for (const { taskId, readyAt, ...answer } of args.event.answers) {
    const task = roll.pending.get(taskId);
    if (!task || !roll.pending.delete(taskId)) continue;
    const extra = { ...answer, via: 'cache' as const, queuedMs: elapsedMs(readyAt, now) };
    reports.push(unstartedReport(task, 'succeeded', null, now, extra));
  }
  report(args, reports);
}

/** Settles as failed a task whose actor broke: no task is lost, whatever happens to us. */
function settleLost(args: Args, taskIds: readonly string[], error: unknown): void {
  const { roll } = args.context;
  const message = `The task's actor failed: ${error instanceof Error ? error.message : String(error)}`;
  const lost = taskIds.flatMap((id) => roll.live.get(id) ?? []);
  report(
    args,
    lost.map((task) => unstartedReport(task, 'failed', { kind: 'internal', message }, nowOf(args.self))),
  );
}

function noteDequeued(args: Args): void {
  const { roll, parent, limit } = args.context;
  if (args.event.type !== 'task.dequeued') return;
  roll.queued.delete(args.event.taskId);
  if (limit === null && parent) send<WaveReport>(args, parent, args.event);
}

/** Starts an actor for each ready task there is room for. */
function admit(args: Args): void {
  const { roll, prepare } = args.context;
  for (let task = roll.admit(); task; task = roll.admit()) {
    sendToRoster(args, { type: 'child.start', id: task.id, input: prepare(task) });
  }
}

/**
 * Runs a topological wave: admits its ready tasks as room comes free, and is done when all of them have settled. Alone, it needs
 * `{ tasks, agents }`.
 */
export const waveMachine = setup({
  types: {
    context: {} as WaveContext,
    events: {} as WaveEvent,
    input: {} as WaveInput | WaveAloneInput,
    output: {} as WaveOutput,
    tags: {} as 'waiting' | 'working' | 'settled',
  },
  actors: { roster: createRoster(taskLogicFor), engine },
  actions: {
    noteReady: ({ context, event }: Args) => {
      if (event.type === 'tasks.ready') context.roll.ready(event.tasks);
    },
    noteQueued: (args: Args) => {
      const { roll, parent, limit } = args.context;
      if (args.event.type !== 'task.queued') return;
      roll.queued.add(args.event.taskId);
      if (limit === null && parent) send<WaveReport>(args, parent, args.event);
    },
    noteDequeued: (args: Args) => noteDequeued(args),
    admit: (args: Args) => admit(args),
    admitNext: (args: Args) => {
      noteDequeued(args);
      admit(args);
    },
    report: (args: Args) => {
      if (args.event.type === 'child.done') report(args, [args.event.output as TaskReport]);
    },
    reportLost: (args: Args) => {
      if (args.event.type === 'child.failed') settleLost(args, [args.event.id], args.event.error);
    },
    reportAllLost: (args: Args) => {
      const { roll } = args.context;
      settlePending(args, roll.pending.keys(), 'skipped', { kind: 'internal', message: 'The wave lost its tasks.' });
      settleLost(args, [...roll.live.keys()], 'its roster ended.');
    },
    skip: (args: Args) => {
      if (args.event.type !== 'tasks.skip') return;
      for (const { taskId, kind, message } of args.event.skips) {
        settlePending(args, [taskId], 'skipped', { kind, message });
      }
    },
    settleAnswered: (args: Args) => settleAnswered(args),
    stopAll: (args: Args) => {
      if (args.event.type !== 'wave.stop') return;
      const { kind, message, unadmitted, admitted, except } = args.event;
      const stopped = [...args.context.roll.pending.keys()].filter((id) => !except?.has(id));
      settlePending(args, stopped, unadmitted, { kind, message });
      if (admitted !== 'cancel') sendToTasks(args, { type: 'task.skip', kind, message });
      if (admitted !== 'skip') sendToTasks(args, { type: 'run.cancel', kind, message });
    },
  },
  guards: {
    isAdmitted: ({ context }) => context.roll.isAdmitted,
    isSettled: ({ context }) => context.roll.isSettled,
  },
}).createMachine({
  id: 'wave',
  context: ({ input, spawn, self }) => {
    const roster = () => spawn('roster', { id: 'tasks' }) as WaveContext['roster'];
    if (input && 'prepare' in input) return { ...input, services: null, roll: new WaveTasks(input), roster: roster() };
    requireWave(input);
    const { services } = spawn('engine', { id: 'engine', input: engineOf(input) }).getSnapshot();
    const own = aloneWave(input, services, () => nowOf(self));
    return { ...own, services, roll: new WaveTasks(own), roster: roster() };
  },
  initial: 'admitting',
  on: {
    'child.done': { actions: 'report' },
    'child.failed': { actions: 'reportLost' },
    'task.queued': { actions: 'noteQueued' },
    'task.dequeued': { actions: 'noteDequeued' },
    'wave.stop': { target: '.stopping', actions: 'stopAll' },
    'xstate.error.actor.tasks': { actions: 'reportAllLost' },
  },
  states: {
    admitting: {
      tags: 'working',
      entry: 'admit',
      always: [
        { guard: 'isSettled', target: 'done' },
        { guard: 'isAdmitted', target: 'draining' },
      ],
      on: {
        'tasks.ready': { actions: ['noteReady', 'admit'] },
        'tasks.skip': { actions: 'skip' },
        'tasks.answered': { actions: 'settleAnswered' },
        'task.dequeued': { actions: 'admitNext' },
      },
    },
    draining: {
      tags: 'working',
      always: { guard: 'isSettled', target: 'done' },
    },
    stopping: {
      tags: 'working',
      always: { guard: 'isSettled', target: 'done' },
      on: {
        'tasks.skip': { actions: 'skip' },
        'tasks.answered': { actions: 'settleAnswered' },
      },
    },
    done: { type: 'final', tags: 'settled' },
  },
  output: ({ context }) => ({ wave: context.wave, ...context.roll.counts() }),
});

withSecondStart(waveMachine, { hasWorked: ({ services }: WaveContext) => services?.hasCalled !== false });
