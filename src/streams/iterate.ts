import type { Observable } from 'rxjs';
import { Queue } from '../base/queue.ts';

const DONE = { value: undefined, done: true } as const;

/**
 * Iterates over a stream from now on; each value is kept until it is read. Leaving takes effect at once, also while a reader waits for a
 * value: with agents that say nothing for an hour, the next one may be an hour away.
 */
export function iterate<T>(stream: Observable<T>): AsyncIterableIterator<T, undefined> {
  type Asked = PromiseWithResolvers<IteratorResult<T, undefined>>;
  const kept = new Queue<T>();
  let asked: Asked[] = [];
  let isOver = false;
  let failure: { error: unknown } | null = null;

  /** The first waiting reader receives a failure; without one, the next reader does. */
  const finish = (why: { error: unknown } | null) => {
    isOver = true;
    failure = why;
    const left = asked;
    asked = [];
    for (const one of left) answer(one);
  };
  const answer = ({ resolve, reject }: Asked) => {
    if (kept.size > 0) resolve({ value: kept.take() as T, done: false });
    else if (failure) {
      reject(failure.error);
      failure = null;
    } else resolve(DONE);
  };
  const subscription = stream.subscribe({
    next: (value) => {
      const first = asked.shift();
      if (first) first.resolve({ value, done: false });
      else kept.add(value);
    },
    error: (error) => finish({ error }),
    complete: () => finish(null),
  });

  return {
    next() {
      const one: Asked = Promise.withResolvers();
      if (isOver || kept.size > 0) answer(one);
      else asked.push(one);
      return one.promise;
    },
    async return() {
      subscription.unsubscribe();
      kept.clear();
      finish(null);
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
