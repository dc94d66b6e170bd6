import type { Publish, RunEventBody } from '../run/events.ts';
import type { RunLog } from '../run/log.ts';

type Held = [RunEventBody, number][];

/**
 * Publishes an event only once the records that led to it are durable, so no subscriber sees a settlement that could be
 * undone. Events keep their order and their times.
 */
export function journaledPublish(log: RunLog, publish: Publish): Publish {
  let held: { epoch: number; events: Held } | null = null;
  let flushing: Held | null = null;
  const flush = (events: Held) => {
    flushing = events;
    // Events that a subscriber causes are appended, so they follow the one that caused them.
    for (const [body, at] of events) publish(body, at);
    flushing = null;
  };
  return (body, at) => {
    if (!log.isDirty) {
      if (flushing) flushing.push([body, at]);
      else publish(body, at);
      return;
    }
    if (held?.epoch !== log.epoch) {
      const events: Held = [];
      held = { epoch: log.epoch, events };
      log.durable(() => flush(events));
    }
    held.events.push([body, at]);
  };
}
