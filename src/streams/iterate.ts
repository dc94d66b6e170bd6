import type { Observable } from 'rxjs';

const DONE = { value: undefined, done: true } as const;

/**
 * What a stream tells from now on, each value kept until it is asked for. Leaving it is at once, also while somebody waits for a
 * value: with agents that say nothing for an hour, the next one may be an hour away.
 */
export function iterate<T>(stream: Observable<T>): AsyncIterableIterator<T, undefined> {
  type Asked = PromiseWithResolvers<IteratorResult<T, undefined>>;
  let kept: T[] = [];
  let head = 0;
  let asked: Asked[] = [];
  let isOver = false;
  let failure: { error: unknown } | null = null;

  const take = (): T => {
    const value = kept[head] as T;
    head += 1;
    // Each value is moved once at most on average, however many are kept.
    if (head * 2 > kept.length) {
      kept = kept.slice(head);
      head = 0;
    }
    return value;
  };
  /** The first who waits hears of a failure; if nobody does, who asks next. */
  const finish = (why: { error: unknown } | null) => {
    isOver = true;
    failure = why;
    const left = asked;
    asked = [];
    for (const one of left) answer(one);
  };
  const answer = ({ resolve, reject }: Asked) => {
    if (head < kept.length) resolve({ value: take(), done: false });
    else if (failure) {
      reject(failure.error);
      failure = null;
    } else resolve(DONE);
  };
  const subscription = stream.subscribe({
    next: (value) => {
      const first = asked.shift();
      if (first) first.resolve({ value, done: false });
      else kept.push(value);
    },
    error: (error) => finish({ error }),
    complete: () => finish(null),
  });

  return {
    next() {
      const one: Asked = Promise.withResolvers();
      if (isOver || head < kept.length) answer(one);
      else asked.push(one);
      return one.promise;
    },
    async return() {
      subscription.unsubscribe();
      kept = [];
      head = 0;
      finish(null);
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
