import type { RunEvent } from '../run/events.ts';
import type { MaskStream } from '../text/mask/mask-stream.ts';

type Output = Extract<RunEvent, { type: 'attempt.output' }>;

/** How long output that may be the beginning of a secret waits for more, milliseconds. */
export const PAUSE_MS = 1000;

export interface MaskedEventsOptions {
  stream: () => MaskStream;
  /** Gets the events, output without secrets. */
  tell: (event: RunEvent) => void;
  setTimeout: (call: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
}

interface Held {
  readonly stream: MaskStream;
  last: Output;
  timer: unknown;
}

/**
 * Masks the output of attempts, of which two pieces may share a secret. What may be the beginning of one waits for the next piece
 * of the same task and stream, at most {@link PAUSE_MS}; before any event that ends the attempt all of it is emitted.
 */
export function maskedEvents({
  stream,
  tell,
  setTimeout,
  clearTimeout,
}: MaskedEventsOptions): (event: RunEvent) => void {
  const held = new Map<string, Held>();

  const flush = (key: string) => {
    const one = held.get(key);
    if (!one) return;
    clearTimeout(one.timer);
    one.timer = null;
    if (!one.stream.isHolding) return;
    const text = one.stream.end();
    if (text !== '') tell({ ...one.last, text });
  };
  const end = (isOf: (one: Output) => boolean) => {
    for (const [key, { last }] of held) {
      if (!isOf(last)) continue;
      flush(key);
      held.delete(key);
    }
  };
  const output = (event: Output) => {
    const key = JSON.stringify([event.taskId, event.agentId, event.stream, event.phase ?? null]);
    const one = held.get(key) ?? { stream: stream(), last: event, timer: null };
    held.set(key, one);
    one.last = event;
    clearTimeout(one.timer);
    const text = one.stream.push(event.text);
    one.timer = one.stream.isHolding ? setTimeout(() => flush(key), PAUSE_MS) : null;
    if (text !== '') tell({ ...event, text });
  };

  return (event) => {
    if (event.type === 'attempt.output') return output(event);
    if (event.type === 'attempt.ended' || event.type === 'call.settled') end(({ taskId }) => taskId === event.taskId);
    else if (event.type === 'task.settled') end(({ taskId }) => taskId === event.outcome.taskId);
    else if (event.type === 'run.settled') end(() => true);
    tell(event);
  };
}
