import { Subject } from 'rxjs';
import type { Clock } from '../base/clock.ts';
import { deepFreeze } from '../base/frozen.ts';
import { showValue } from '../errors/show-value.ts';
import type { Publish, RunEvent, RunEventBody } from '../run/events.ts';
import { CoalescedStream } from './coalesced-stream.ts';
import { GuardedObservable, type RunStream } from './guarded.ts';
import { ProgressTally, type RunProgress } from './progress.ts';
import { TaskTally, type TaskViews } from './task-views.ts';

/** A sign of life of a running attempt. */
export interface Heartbeat {
  at: number;
  taskId: string;
  agentId: string;
  kind: 'heartbeat' | 'output' | 'progress';
  /** Progress that the agent reported. */
  message?: string;
  done?: number;
  total?: number;
}

export interface RunStreams {
  readonly events$: RunStream<RunEvent>;
  readonly progress$: RunStream<RunProgress>;
  readonly heartbeats$: RunStream<Heartbeat>;
  readonly tasks$: RunStream<TaskViews>;
  /** The latest of `tasks$`. */
  readonly snapshot: () => TaskViews;
  readonly publish: Publish;
  /** Reports an error thrown by a subscriber. */
  readonly onFault: (error: unknown) => void;
  complete(): void;
}

/** At most one heartbeat a task in this time, milliseconds: output may come a thousand times a second. */
export const HEARTBEAT_MS = 100;

/**
 * The streams of a run. Multicast: every subscriber gets the same events in the same order, also when one of them
 * causes the next event while it gets one. What they get is frozen, since all of them get the same object. A late subscriber of `progress$` or
 * `tasks$` gets the present state; all complete at the end. What a subscriber throws becomes a warning in `events$`.
 */
export function createRunStreams(runId: string, clock: Clock): RunStreams {
  const events = new Subject<RunEvent>();
  const heartbeats = new Subject<Heartbeat>();
  const progress = new CoalescedStream(clock, new ProgressTally());
  const taskTally = new TaskTally();
  const tasks = new CoalescedStream(clock, taskTally);
  const lastBeat = new Map<string, number>();
  let waiting: Parameters<typeof emit>[] = [];
  let isEmitting = false;
  let isEnding = false;
  let isWarning = false;

  const onFault = (error: unknown) => {
    // The subscriber that threw gets the warning too, and may throw again.
    if (isWarning) return;
    const message = `A subscriber threw: ${error instanceof Error ? error.message : showValue(error)}`;
    send({ type: 'warning', message }, clock.now(), true);
  };

  const emit = (body: RunEventBody, at: number, isAboutFault: boolean): void => {
    isWarning = isAboutFault;
    if (events.observed) events.next(deepFreeze({ ...body, at, runId } as RunEvent));
    progress.note(body, at);
    tasks.note(body, at);
    if (body.type === 'task.settled') lastBeat.delete(body.outcome.taskId);
    const beat = heartbeats.observed ? heartbeatOf(body, at) : null;
    if (beat && at - (lastBeat.get(beat.taskId) ?? Number.NEGATIVE_INFINITY) >= HEARTBEAT_MS) {
      lastBeat.set(beat.taskId, at);
      heartbeats.next(Object.freeze(beat));
    }
    isWarning = false;
  };

  const send = (body: RunEventBody, at: number, isAboutFault: boolean): void => {
    if (isEmitting) {
      waiting.push([body, at, isAboutFault]);
      return;
    }
    isEmitting = true;
    emit(body, at, isAboutFault);
    for (let next = 0; next < waiting.length; next += 1) emit(...(waiting[next] as Parameters<typeof emit>));
    if (waiting.length > 0) waiting = [];
    isEmitting = false;
    if (isEnding) end();
  };

  const end = () => {
    events.complete();
    progress.complete();
    tasks.complete();
    heartbeats.complete();
  };

  return {
    events$: new GuardedObservable(events, onFault),
    progress$: new GuardedObservable(progress.state$, onFault),
    tasks$: new GuardedObservable(tasks.state$, onFault),
    snapshot: () => taskTally.snapshot(),
    heartbeats$: new GuardedObservable(heartbeats, onFault),
    publish: (body, at) => send(body, at, false),
    onFault,
    complete: () => {
      isEnding = true;
      if (!isEmitting) end();
    },
  };
}

function heartbeatOf(body: RunEventBody, at: number): Heartbeat | null {
  switch (body.type) {
    case 'attempt.heartbeat':
      return { at, taskId: body.taskId, agentId: body.agentId, kind: 'heartbeat' };
    case 'attempt.output':
      return { at, taskId: body.taskId, agentId: body.agentId, kind: 'output' };
    case 'attempt.progress': {
      const { taskId, agentId, message, done, total } = body;
      const said = { ...(message === undefined ? {} : { message }), ...(done === undefined ? {} : { done }) };
      return { at, taskId, agentId, kind: 'progress', ...said, ...(total === undefined ? {} : { total }) };
    }
    default:
      return null;
  }
}
