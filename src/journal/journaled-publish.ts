import type { Publish, RunNews } from '../streams/events.ts';
import type { RunLog } from './journal.ts';

/**
 * Holds back what a run tells until the records that led to it are durable: nobody hears of a settlement that a crash
 * could undo. The order stays as it was; what is held back is told at the end of the same turn.
 */
export function journaledPublish(log: RunLog, publish: Publish): Publish {
  let held: [RunNews, number][] = [];
  const tell = () => {
    const told = held;
    held = [];
    for (const [news, at] of told) publish(news, at);
  };
  return (news, at) => {
    if (held.length === 0) {
      if (!log.isDirty) return publish(news, at);
      log.committed(tell);
    }
    held.push([news, at]);
  };
}
