import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
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

  it('keeps what comes while nobody asks', async () => {
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
});
