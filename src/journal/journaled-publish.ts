import type { Publish, RunNews } from '../run/events.ts';
import type { RunLog } from '../run/log.ts';

type Told = [RunNews, number][];

/**
 * Holds back what a run tells until the records that led to it are durable: nobody hears of a settlement that could be
 * undone. The order stays as it was, and so does the time of each.
 */
export function journaledPublish(log: RunLog, publish: Publish): Publish {
  let held: { epoch: number; news: Told } | null = null;
  let telling: Told | null = null;
  const tell = (news: Told) => {
    telling = news;
    // What a listener brings about is told after what it was told of.
    for (const [told, at] of news) publish(told, at);
    telling = null;
  };
  return (news, at) => {
    if (!log.isDirty) {
      if (telling) telling.push([news, at]);
      else publish(news, at);
      return;
    }
    if (held?.epoch !== log.epoch) {
      const own: Told = [];
      held = { epoch: log.epoch, news: own };
      log.durable(() => tell(own));
    }
    held.news.push([news, at]);
  };
}
