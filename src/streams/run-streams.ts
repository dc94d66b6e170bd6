import { Observable, type Observer, ReplaySubject, Subject } from 'rxjs';
import type { Publish, RunEvent, RunNews } from './events.ts';
import { initialProgress, type RunProgress, reduceProgress } from './progress.ts';

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
  readonly events$: Observable<RunEvent>;
  readonly progress$: Observable<RunProgress>;
  readonly heartbeats$: Observable<Heartbeat>;
  readonly publish: Publish;
  complete(): void;
}

/** At most one heartbeat a task in this time, milliseconds: output may come a thousand times a second. */
export const HEARTBEAT_MS = 100;

/** The three streams of a run. Multicast; a late subscriber of `progress$` gets the present state; all complete at the end. */
export function createRunStreams(runId: string): RunStreams {
  const events = new Subject<RunEvent>();
  const progress = new ReplaySubject<RunProgress>(1);
  const heartbeats = new Subject<Heartbeat>();
  const lastBeat = new Map<string, number>();
  let state = initialProgress();
  let isWarning = false;
  const warn = (error: unknown) => {
    // The subscriber that threw gets the warning too, and may throw again.
    if (isWarning) return;
    isWarning = true;
    const message = `A subscriber threw: ${error instanceof Error ? error.message : 'not an Error'}`;
    events.next({ type: 'warning', at: state.at, runId, message });
    isWarning = false;
  };

  const publish = (news: RunNews, at: number): void => {
    const event = { ...news, at, runId } as RunEvent;
    if (events.observed) events.next(event);
    const next = reduceProgress(state, event);
    if (next !== state) {
      state = next;
      progress.next(state);
    }
    if (event.type === 'task.settled') lastBeat.delete(event.outcome.taskId);
    const beat = heartbeats.observed ? heartbeatOf(event) : null;
    if (beat && at - (lastBeat.get(beat.taskId) ?? Number.NEGATIVE_INFINITY) >= HEARTBEAT_MS) {
      lastBeat.set(beat.taskId, at);
      heartbeats.next(beat);
    }
  };
  return {
    events$: guarded(events, warn),
    progress$: guarded(progress, warn),
    heartbeats$: guarded(heartbeats, warn),
    publish,
    complete: () => {
      events.complete();
      progress.complete();
      heartbeats.complete();
    },
  };
}

function heartbeatOf(event: RunEvent): Heartbeat | null {
  switch (event.type) {
    case 'attempt.heartbeat':
      return { at: event.at, taskId: event.taskId, agentId: event.agentId, kind: 'heartbeat' };
    case 'attempt.output':
      return { at: event.at, taskId: event.taskId, agentId: event.agentId, kind: 'output' };
    case 'attempt.progress': {
      const { at, taskId, agentId, message, done, total } = event;
      const said = { ...(message === undefined ? {} : { message }), ...(done === undefined ? {} : { done }) };
      return { at, taskId, agentId, kind: 'progress', ...said, ...(total === undefined ? {} : { total }) };
    }
    default:
      return null;
  }
}

/** RxJS rethrows what a subscriber throws as an uncaught exception; a run must outlive its spectators. */
function guarded<T>(source: Observable<T>, warn: (error: unknown) => void): Observable<T> {
  const safe = new Observable<T>((subscriber) => source.subscribe(subscriber));
  const subscribe = safe.subscribe.bind(safe);
  safe.subscribe = ((observer?: Partial<Observer<T>> | ((value: T) => void) | null, ...rest: unknown[]) => {
    const given: Partial<Observer<T>> =
      typeof observer === 'function'
        ? { next: observer, error: rest[0] as Observer<T>['error'], complete: rest[1] as Observer<T>['complete'] }
        : (observer ?? {});
    // An operator passes its own subscriber on: its errors travel down the pipe and are not ours to catch.
    if (given && 'closed' in given) return subscribe(given);
    const attempt = (call: () => void) => {
      try {
        call();
      } catch (error) {
        warn(error);
      }
    };
    return subscribe({
      next: (value) => attempt(() => given.next?.(value)),
      error: (error) => attempt(() => given.error?.(error)),
      complete: () => attempt(() => given.complete?.()),
    });
  }) as typeof safe.subscribe;
  return safe;
}
