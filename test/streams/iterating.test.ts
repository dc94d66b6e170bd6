import { Readable } from 'node:stream';
import { map, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { iterate } from '../../src/streams/iterate.ts';
import { createRunStreams } from '../../src/streams/run-streams.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { start, tasks } from '../support/watched-run.ts';

async function typesOf(events: AsyncIterable<{ type: string }>): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of events) types.push(type);
  return types;
}

describe('iterating over a stream', () => {
  it('gives every event of a run, from the first to the last', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    const types = typesOf(run.run.events$);
    await run.settled();
    expect(await types).toEqual(run.events.map(({ type }) => type));
    expect((await types).at(-1)).toBe('run.settled');
  });

  it('keeps what comes without a reader', async () => {
    const { events$, publish, complete } = createRunStreams('r', new VirtualClock());
    const events = events$[Symbol.asyncIterator]();
    const first = events.next();
    publish({ type: 'run.started' }, 0);
    publish({ type: 'warning', message: 'one' }, 0);
    expect(await first).toMatchObject({ value: { type: 'run.started' } });
    publish({ type: 'warning', message: 'two' }, 0);
    complete();
    expect(await events.next()).toMatchObject({ value: { message: 'one' } });
    expect(await events.next()).toMatchObject({ value: { message: 'two' } });
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it('is over at once when the run is', async () => {
    const { events$, publish, complete } = createRunStreams('r', new VirtualClock());
    publish({ type: 'run.started' }, 0);
    complete();
    expect(await typesOf(events$)).toEqual([]);
  });

  it('unsubscribes when the loop is left, and hurts no run', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { type } of run.run.events$) {
        seen.push(type);
        if (type === 'attempt.started') run.run.cancel('enough');
        if (type === 'run.stopping') break;
      }
    })();
    expect((await run.settled()).status).toBe('cancelled');
    await loop;
    expect(seen.at(-1)).toBe('run.stopping');
    expect(run.events.at(-1)?.type).toBe('run.settled');
  });

  it('gives the present progress first, and the end last', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    await clock.advance(50);
    const counts = (async () => {
      const seen = [];
      for await (const { settled, status } of run.run.progress$) seen.push([settled, status]);
      return seen;
    })();
    await run.settled();
    expect((await counts)[0]).toEqual([0, null]);
    expect((await counts).at(-1)).toEqual([2, 'succeeded']);
  });

  it('throws what an operator threw', async () => {
    const { events$, publish } = createRunStreams('r', new VirtualClock());
    const broken = events$.pipe(
      map(() => {
        throw new Error('boom');
      }),
    ) as unknown as typeof events$;
    const types = typesOf(broken);
    publish({ type: 'run.started' }, 0);
    await expect(types).rejects.toThrow('boom');
  });

  it('begins when the iterator is made, not when it is first asked', async () => {
    const { events$, publish } = createRunStreams('r', new VirtualClock());
    const events = events$[Symbol.asyncIterator]();
    publish({ type: 'run.started' }, 0);
    expect(await events.next()).toMatchObject({ value: { type: 'run.started' } });
  });

  it('is left at once, also while a reader waits for a value that may never come', async () => {
    const stream = new Subject<number>();
    const numbers = iterate(stream);
    const waiting = [numbers.next(), numbers.next()];
    expect(await numbers.return?.()).toEqual({ value: undefined, done: true });
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ value: undefined, done: true }));
    expect(stream.observed).toBe(false);
    expect(await numbers.next()).toEqual({ value: undefined, done: true });
  });

  it('frees a Node stream that is destroyed while agents are silent', async () => {
    const { events$, publish } = createRunStreams('r', new VirtualClock());
    const body = Readable.from(events$);
    const first = new Promise((resolve) => body.once('data', resolve));
    publish({ type: 'run.started' }, 0);
    expect(await first).toMatchObject({ type: 'run.started' });
    await new Promise((resolve) => body.once('close', resolve).destroy());
    expect(body.closed).toBe(true);
  });

  it('answers everyone who waits in the order of asking, and keeps the order of what is left behind', async () => {
    const stream = new Subject<number>();
    const numbers = iterate(stream);
    const waiting = [numbers.next(), numbers.next()];
    for (let n = 0; n < 100; n += 1) stream.next(n);
    const values = [...(await Promise.all(waiting))];
    stream.complete();
    for (let n = 2; n < 100; n += 1) values.push(await numbers.next());
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(await numbers.next()).toEqual({ value: undefined, done: true });
  });

  it.each([['an error', new Error('boom')], ['undefined'], ['null', null]])(
    'throws %s once that the stream failed with, after what came before',
    async (_, error?: unknown) => {
      const stream = new Subject<number>();
      const numbers = iterate(stream);
      stream.next(1);
      stream.error(error);
      expect(await numbers.next()).toEqual({ value: 1, done: false });
      await expect(numbers.next()).rejects.toBe(error);
      expect(await numbers.next()).toEqual({ value: undefined, done: true });
    },
  );
});
