import { Subject } from 'rxjs';
import type { Clock } from '../base/clock.ts';
import { deepFreeze } from '../base/frozen.ts';
import { showValue } from '../errors/show-value.ts';
import type { Publish, RunEvent, RunNews } from '../run/events.ts';
import { GuardedObservable, type RunStream } from './guarded.ts';
import type { RunProgress } from './progress.ts';
import { ProgressStream } from './progress-stream.ts';

/** A sign of life of a running attempt. */
export interface Heartbeat {
  at: number;
  taskId: string;
  agentId: string;
  kind: 'heartbeat' | 'output' | 'progress';
  /** What the agent said about its progress. */
  message?: string;
  done?: number;
  total?: number;
}

export interface RunStreams {
  readonly events$: RunStream<RunEvent>;
  readonly progress$: RunStream<RunProgress>;
  readonly heartbeats$: RunStream<Heartbeat>;
  readonly publish: Publish;
  /** Tells what a spectator threw. */
  readonly onFault: (error: unknown) => void;
  complete(): void;
}

/** At most one heartbeat a task in this time, milliseconds: output may come a thousand times a second. */
export const HEARTBEAT_MS = 100;

/**
 * The three streams of a run. Multicast: every subscriber gets the same events in the same order, also when one of them
 * causes the next event while it gets one. What they get is frozen, since all of them get the same object. A late subscriber of `progress$` gets the present state; all complete at the
 * end. What a subscriber throws becomes a warning in `events$`.
 */
export function createRunStreams(runId: string, clock: Clock): RunStreams {
  const events = new Subject<RunEvent>();
  const heartbeats = new Subject<Heartbeat>();
  const progress = new ProgressStream(clock);
  const lastBeat = new Map<string, number>();
  let waiting: Parameters<typeof tell>[] = [];
  let isTelling = false;
  let isEnding = false;
  let isWarning = false;

  const onFault = (error: unknown) => {
    // The subscriber that threw gets the warning too, and may throw again.
    if (isWarning) return;
    const message = `A subscriber threw: ${error instanceof Error ? error.message : showValue(error)}`;
    send({ type: 'warning', message }, clock.now(), true);
  };

  const tell = (news: RunNews, at: number, isAboutFault: boolean): void => {
    isWarning = isAboutFault;
    if (events.observed) events.next(deepFreeze({ ...news, at, runId } as RunEvent));
    progress.note(news, at);
    if (news.type === 'task.settled') lastBeat.delete(news.outcome.taskId);
    const beat = heartbeats.observed ? heartbeatOf(news, at) : null;
    if (beat && at - (lastBeat.get(beat.taskId) ?? Number.NEGATIVE_INFINITY) >= HEARTBEAT_MS) {
      lastBeat.set(beat.taskId, at);
      heartbeats.next(Object.freeze(beat));
    }
    isWarning = false;
  };

  const send = (news: RunNews, at: number, isAboutFault: boolean): void => {
    if (isTelling) {
      waiting.push([news, at, isAboutFault]);
      return;
    }
    isTelling = true;
    tell(news, at, isAboutFault);
    for (let next = 0; next < waiting.length; next += 1) tell(...(waiting[next] as Parameters<typeof tell>));
    if (waiting.length > 0) waiting = [];
    isTelling = false;
    if (isEnding) end();
  };

  const end = () => {
    events.complete();
    progress.complete();
    heartbeats.complete();
  };

  return {
    events$: new GuardedObservable(events, onFault),
    progress$: new GuardedObservable(progress.progress$, onFault),
    heartbeats$: new GuardedObservable(heartbeats, onFault),
    publish: (news, at) => send(news, at, false),
    onFault,
    complete: () => {
      isEnding = true;
      if (!isTelling) end();
    },
  };
}

function heartbeatOf(news: RunNews, at: number): Heartbeat | null {
  switch (news.type) {
    case 'attempt.heartbeat':
      return { at, taskId: news.taskId, agentId: news.agentId, kind: 'heartbeat' };
    case 'attempt.output':
      return { at, taskId: news.taskId, agentId: news.agentId, kind: 'output' };
    case 'attempt.progress': {
      const { taskId, agentId, message, done, total } = news;
      const said = { ...(message === undefined ? {} : { message }), ...(done === undefined ? {} : { done }) };
      return { at, taskId, agentId, kind: 'progress', ...said, ...(total === undefined ? {} : { total }) };
    }
    default:
      return null;
  }
}
