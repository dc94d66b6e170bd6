import { map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AnyActorRef } from 'xstate';
import type { RunEvent } from '../../src/run/events.ts';
import { createRunStreams } from '../../src/streams/run-streams.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { start, tasks } from '../support/watched-run.ts';

const boom = () => {
  throw new Error('boom');
};

function streams() {
  const made = createRunStreams('r', new VirtualClock());
  const events: RunEvent[] = [];
  return { ...made, events, listen: () => made.events$.subscribe((event) => events.push(event)) };
}

const isWarning = ({ type }: RunEvent) => type === 'warning';

describe('a subscriber that throws', () => {
  it('is reported of in a warning, after the event it threw at, and hurts no other', () => {
    const { events$, events, listen, publish } = streams();
    events$.subscribe(boom);
    listen();
    publish({ type: 'run.started' }, 5);
    expect(events).toEqual([
      { type: 'run.started', at: 5, runId: 'r' },
      { type: 'warning', at: 0, runId: 'r', message: 'A subscriber threw: boom' },
    ]);
  });

  it('is reported of with what it threw, also where that is not an error', () => {
    const { events$, events, listen, publish } = streams();
    events$.subscribe(() => {
      throw undefined;
    });
    listen();
    publish({ type: 'run.started' }, 5);
    expect(events.at(-1)).toMatchObject({ type: 'warning', message: 'A subscriber threw: nothing' });
  });

  it('is reported of once when it is async and always rejects', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    let calls = 0;
    run.run.events$.subscribe(async () => {
      calls += 1;
      throw new Error('boom');
    });
    run.run.actor.subscribe(async () => boom());
    expect((await run.settled()).status).toBe('succeeded');
    expect(run.of('warning').map(({ message }) => message)).toEqual([
      'A subscriber threw: boom',
      'A subscriber threw: boom',
    ]);
    expect(calls).toBe(run.events.length);
  });

  it.each([
    ['behind an operator', (source$: Observable<unknown>) => source$.pipe(map((one) => one)).subscribe(boom)],
    ['as an operator', (source$: Observable<unknown>) => source$.pipe(map(boom)).subscribe()],
    ['at the end', (source$: Observable<unknown>) => source$.subscribe({ complete: boom })],
  ])('does not end the process: %s', async (_, subscribe) => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    for (const name of ['events$', 'progress$', 'heartbeats$'] as const) subscribe(run.run[name]);
    // Vitest fails a file in which anything is thrown uncaught.
    expect((await run.settled()).status).toBe('succeeded');
    expect(run.events.filter((event) => !isWarning(event)).at(-1)?.type).toBe('run.settled');
  });
});

describe('a subscriber of the run’s actor that throws', () => {
  it.each([
    ['a function', (actor: AnyActorRef) => actor.subscribe(boom)],
    ['an observer', (actor: AnyActorRef) => actor.subscribe({ next: boom, complete: boom })],
    ['a listener', (actor: AnyActorRef) => actor.on('*', boom)],
  ])('is reported in a warning and ends nothing: %s', async (_, subscribe) => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    subscribe(run.run.actor);
    expect((await run.settled()).status).toBe('succeeded');
    if (_ !== 'a listener') expect(run.of('warning')[0]?.message).toBe('A subscriber threw: boom');
  });

  it('still receives what it subscribed to', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(1), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock });
    const heard: string[] = [];
    const given = {
      heard,
      next(this: { heard: string[] }) {
        this.heard.push('next');
      },
      complete: () => void heard.push('complete'),
    };
    const { unsubscribe } = run.run.actor.subscribe(() => heard.push('unsubscribed'));
    unsubscribe();
    run.run.actor.subscribe(given);
    await run.settled();
    expect(new Set(heard)).toEqual(new Set(['next', 'complete']));
  });
});

describe('events', () => {
  it('come to every subscriber in the same order, also when one of them causes the next', () => {
    const { events$, publish } = streams();
    const seen: string[][] = [[], []];
    events$.subscribe(({ type }) => {
      seen[0]?.push(type);
      if (type === 'run.started') publish({ type: 'phase.started', phase: 'collect' }, 0);
    });
    events$.subscribe(({ type }) => void seen[1]?.push(type));
    publish({ type: 'run.started' }, 0);
    expect(seen).toEqual([
      ['run.started', 'phase.started'],
      ['run.started', 'phase.started'],
    ]);
  });

  it('all come before the completion, also when a subscriber ends the run', () => {
    const { events$, publish, complete } = streams();
    const seen: string[] = [];
    events$.subscribe(({ type }) => {
      if (type !== 'run.started') return;
      publish({ type: 'warning', message: 'last' }, 0);
      complete();
    });
    events$.subscribe({ next: ({ type }) => seen.push(type), complete: () => seen.push('completed') });
    publish({ type: 'run.started' }, 0);
    expect(seen).toEqual(['run.started', 'warning', 'completed']);
  });

  it('keep their order for others when a subscriber cancels the run', async () => {
    const clock = new VirtualClock();
    const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ hang: true }]) }, clock });
    const other: RunEvent[] = [];
    run.run.events$.subscribe(({ type }) => type === 'attempt.started' && run.run.cancel('enough'));
    run.run.events$.subscribe((event) => other.push(event));
    const result = await run.settled();
    expect(result.status).toBe('cancelled');
    expect(other).toEqual(run.events);
    const types = other.map(({ type }) => type);
    expect(types.indexOf('run.stopping')).toBeGreaterThan(types.indexOf('attempt.started'));
    expect(types.at(-1)).toBe('run.settled');
  });

  it('are shared: a late subscriber of events misses those before', () => {
    const { events, listen, publish } = streams();
    publish({ type: 'run.started' }, 0);
    listen();
    publish({ type: 'phase.started', phase: 'collect' }, 1);
    expect(events.map(({ type }) => type)).toEqual(['phase.started']);
  });
});
