import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { RunEventBody } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { RunProgress } from '../../src/streams/progress.ts';
import { createRunStreams, type RunStreams } from '../../src/streams/run-streams.ts';
import type { TaskOutcome } from '../../src/types/task.ts';

const BASE = { agentId: 'one', taskId: 't', queuedMs: 0, partialContext: false } as const;

function settled(wave: number, count: number, more: Partial<TaskOutcome> = {}, total = 4): RunEventBody {
  const attempts = [{ n: 1 }] as TaskOutcome['attempts'];
  const outcome = { ...BASE, status: 'succeeded', wave, attempts, durationMs: 10, ...more } as TaskOutcome;
  return { type: 'task.settled', outcome, settled: count, total };
}

const started: RunEventBody = { type: 'attempt.started', taskId: 't', agentId: 'one', attempt: 1, key: 'r/t/1' };
const compiled: RunEventBody = {
  type: 'plan.compiled',
  waves: [
    ['a', 'b', 'c'],
    ['d', 'e'],
  ],
  timeoutMs: 1,
};
const ended: RunEventBody = { type: 'run.settled', result: { status: 'succeeded' } as RunResult };

/** Events for every letter that diagrams may use; the count of settled tasks is what reports states apart. */
const NEWS: Readonly<Record<string, RunEventBody>> = {
  p: { type: 'phase.started', phase: 'collect' },
  a: settled(1, 1),
  b: settled(1, 2),
  c: settled(1, 3),
  d: settled(2, 4),
  o: { type: 'attempt.output', taskId: 't', agentId: 'one', stream: 'stdout', text: 'x' },
  e: ended,
};

/** Runs marbles on RxJS's virtual time; `play` feeds the events of the run, which end the streams with `e`. */
function marbles(
  body: (given: {
    play(diagram: string): RunStreams;
    see(streams: RunStreams, subscription?: string): { toBe(diagram: string): void };
  }) => void,
): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const clock: Clock = {
    now: () => scheduler.now(),
    setTimeout: (fire, ms) => scheduler.schedule(fire, ms),
    clearTimeout: (handle) => (handle as { unsubscribe(): void }).unsubscribe(),
  };
  scheduler.run(({ hot, expectObservable }) => {
    body({
      play(diagram) {
        const streams = createRunStreams('r', clock);
        hot(diagram).subscribe((letter) => {
          streams.publish(NEWS[letter] as RunEventBody, scheduler.now());
          if (letter === 'e') streams.complete();
        });
        return streams;
      },
      see: ({ progress$ }, subscription) =>
        expectObservable(progress$.pipe(map((one) => (one.status === null ? String(one.settled) : 'E'))), subscription),
    });
  });
}

describe('the progress of a run', () => {
  it('is reported at once when nothing was emitted shortly before', () => {
    marbles(({ play, see }) => see(play('  p 99ms a 99ms b 99ms (e|)')).toBe('0 99ms 1 99ms 2 99ms (E|)'));
  });

  it('is reported at most every 50 ms, as it is by then', () => {
    marbles(({ play, see }) => see(play('p 9ms a 9ms b 9ms c 99ms d 9ms (e|)')).toBe('0 49ms 3 79ms 4 9ms (E|)'));
  });

  it('does not wait for further events to report the last', () => {
    marbles(({ play, see }) => see(play('(pa) 996ms (e|)')).toBe('0 49ms 1 949ms (E|)'));
  });

  it('reports the end at once', () => {
    marbles(({ play, see }) => see(play('p 4ms a 4ms (be|)')).toBe('0 9ms (E|)'));
  });

  it('is not emitted again for an event that changes none of it', () => {
    marbles(({ play, see }) => see(play('p 99ms o 99ms o 99ms (e|)')).toBe('0 299ms (E|)'));
  });

  it('begins for a late subscriber with the present state, also one that others wait for', () => {
    marbles(({ play, see }) => {
      const streams = play('      p 19ms a 99ms b 99ms (e|)');
      see(streams).toBe('         0 49ms 1 69ms 2 99ms (E|)');
      see(streams, '29ms ^').toBe('29ms 1      90ms 2 99ms (E|)');
    });
  });

  it('gives a subscriber after the end the last state and the completion', () => {
    marbles(({ play, see }) => see(play('pa 9ms (e|)'), '500ms ^').toBe('500ms (E|)'));
  });

  it('is the same object for every subscriber', () => {
    const streams = createRunStreams('r', { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} });
    const seen: RunProgress[][] = [[], []];
    for (const each of seen) streams.progress$.subscribe((one) => each.push(one));
    streams.publish(compiled, 0);
    streams.publish(settled(1, 1), 100);
    expect(seen[0]).toHaveLength(2);
    expect(seen[1]?.every((one, index) => one === seen[0]?.[index])).toBe(true);
  });

  it('sets a timer only while subscribed, and none after the end', () => {
    const timers = new Set<number>();
    const clock: Clock = {
      now: () => 0,
      setTimeout: () => timers.add(timers.size).size,
      clearTimeout: () => timers.clear(),
    };
    const streams = createRunStreams('r', clock);
    streams.publish(compiled, 0);
    streams.publish(settled(1, 1), 1);
    expect(timers.size).toBe(0);
    streams.progress$.subscribe();
    streams.publish(settled(1, 2), 2);
    streams.publish(settled(1, 3), 3);
    expect(timers.size).toBe(1);
    streams.complete();
    expect(timers.size).toBe(0);
  });
});

/** The state after these events. */
function progressAfter(...body: readonly RunEventBody[]): RunProgress {
  const streams = createRunStreams('r', { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} });
  for (const [at, one] of body.entries()) streams.publish(one, at);
  let last: RunProgress | null = null;
  streams.progress$.subscribe((progress) => {
    last = progress;
  });
  if (!last) throw new Error('There is no progress.');
  return last;
}

describe('the progress of its waves', () => {
  it('counts the tasks of each', () => {
    expect(progressAfter(compiled, settled(1, 1), settled(2, 2), settled(1, 3)).perWave).toEqual([
      { wave: 1, total: 3, settled: 2 },
      { wave: 2, total: 2, settled: 1 },
    ]);
  });

  it('is empty before there is a plan', () => {
    expect(progressAfter({ type: 'phase.started', phase: 'assess' }).perWave).toEqual([]);
  });

  it('keeps earlier values as they were, and what has not changed the same object', () => {
    const streams = createRunStreams('r', { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} });
    const seen: RunProgress[] = [];
    streams.progress$.subscribe((progress) => seen.push(progress));
    streams.publish(compiled, 0);
    streams.publish(settled(1, 1), 100);
    expect(seen[0]?.perWave[0]).toEqual({ wave: 1, total: 3, settled: 0 });
    expect(seen[1]?.perWave[0]).toEqual({ wave: 1, total: 3, settled: 1 });
    expect(seen[1]?.perWave[1]).toBe(seen[0]?.perWave[1]);
  });
});

describe('the estimate of what remains', () => {
  it('is null before a task has run and settled', () => {
    expect(progressAfter(compiled, started).remainingMs).toBeNull();
    expect(
      progressAfter(compiled, settled(1, 1, { status: 'skipped', attempts: [], durationMs: 0 })).remainingMs,
    ).toBeNull();
  });

  it('is the mean duration times the tasks left, over the most that ran at a time', () => {
    const done = [settled(1, 1, { durationMs: 100 }, 5), settled(1, 2, { durationMs: 300 }, 5)];
    expect(progressAfter(compiled, ...done).remainingMs).toBe(600);
    expect(progressAfter(compiled, started, started, ...done).remainingMs).toBe(300);
    const asked = { ...started, phase: 'synthesize' } as const;
    expect(progressAfter(compiled, asked, asked, ...done).remainingMs).toBe(600);
  });

  it('does not take skipped tasks for quick ones', () => {
    const skipped = settled(1, 2, { status: 'skipped', attempts: [], durationMs: 0 }, 5);
    expect(progressAfter(compiled, settled(1, 1, { durationMs: 100 }, 5), skipped).remainingMs).toBe(300);
  });

  it('is 0 when everything has settled, and after the end', () => {
    expect(progressAfter(compiled, settled(1, 5, {}, 5)).remainingMs).toBe(0);
    expect(progressAfter(compiled, settled(1, 1, {}, 5), ended).remainingMs).toBe(0);
  });
});
