import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../src/base/timers.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

/** A clock whose input is read when the test says so. */
class FrozenClock extends VirtualClock {
  readonly unread: (() => void)[] = [];
  pulseMs?: number;
  afterInput(fn: () => void): void {
    this.unread.push(fn);
  }
  read(): void {
    for (const fn of this.unread.splice(0)) fn();
  }
}

function setUp(pulseMs?: number) {
  const clock = new FrozenClock();
  if (pulseMs !== undefined) clock.pulseMs = pulseMs;
  const queue = new TimerQueue(clock);
  const log: string[] = [];
  const fired = (name: string) => () => void log.push(`${name} ${clock.now()}`);
  const granted = (ms: number) => void log.push(`granted ${ms}`);
  return { clock, queue, log, fired, granted };
}

describe('a wait that is due while the process does not run', () => {
  it('fires once what arrived meanwhile was read', async () => {
    const { clock, queue, log, fired } = setUp();
    queue.set(10_000, fired('reset'));
    clock.skip(60_000);
    await clock.advance(0);
    expect(log).toEqual([]);
    queue.set(60_000, fired('later'));
    clock.read();
    expect(log).toEqual(['reset 60000', 'later 60000']);
  });

  it('gets the missing time when it is patient, and keeps the order of the others', async () => {
    const { clock, queue, log, fired, granted } = setUp(1000);
    queue.set(10_000, fired('silence'), { granted });
    queue.set(30_000, fired('reset'));
    await clock.advance(4000);
    clock.skip(16_000);
    await clock.advance(0);
    clock.read();
    await clock.advance(20_000);
    expect(log).toEqual(['granted 16000', 'silence 26000', 'reset 30000']);
  });

  it('gets at most a pulse too much', async () => {
    const { clock, queue, log, fired, granted } = setUp(1000);
    queue.set(10_000, fired('silence'), { granted });
    await clock.advance(4900);
    clock.skip(16_000);
    await clock.advance(0);
    clock.read();
    await clock.advance(20_000);
    expect(log).toEqual(['granted 16900', 'silence 26900']);
  });

  it('gets nothing when it begins afterwards', async () => {
    const { clock, queue, log, fired, granted } = setUp();
    queue.set(1000, fired('first'));
    clock.skip(60_000);
    queue.set(65_000, fired('new'), { granted });
    await clock.advance(0);
    clock.read();
    await clock.advance(10_000);
    expect(log).toEqual(['first 60000', 'new 65000']);
  });

  it.each([
    ['a second', 10_000, 1000],
    ['a tenth of the wait', 60_000, 6000],
  ])('is an ordinary delay up to %s', async (_, at, lateMs) => {
    const { clock, queue, log, fired, granted } = setUp();
    queue.set(at, fired('due'), { granted });
    clock.skip(at + lateMs);
    await clock.advance(0);
    expect(log).toEqual([`due ${at + lateMs}`]);
  });

  it('is granted once, by the first to notice', async () => {
    const { clock, queue, log, fired, granted } = setUp(1000);
    queue.set(5000, fired('silence'), { granted });
    clock.skip(60_000);
    expect([queue.noticeMissing(clock.now()), queue.noticeMissing(clock.now())]).toEqual([true, false]);
    await clock.advance(5000);
    clock.read();
    expect(log).toEqual(['granted 60000', 'silence 65000']);
  });

  it('can be cleared before it fires', async () => {
    const { clock, queue, log, fired } = setUp();
    const timer = queue.set(1000, fired('gone'));
    clock.skip(60_000);
    await clock.advance(0);
    queue.clear(timer);
    queue.set(61_000, fired('kept'));
    clock.read();
    await clock.advance(1000);
    expect(log).toEqual(['kept 61000']);
  });
});
