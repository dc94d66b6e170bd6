import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, outcomeOf, start, task } from '../support/watched-run.ts';

const HOUR = 3_600_000;

/** A clock that makes sure once a second that the process runs. */
class RealisticClock extends VirtualClock {
  readonly pulseMs = 1000;
}

/** A task under these clocks, in a process that stops for an hour at `stopAt`. */
async function frozen(step: Step, clocks: object, stopAt: number, more: object = {}) {
  const clock = new RealisticClock();
  const one = scriptedAgent(clock, [step]);
  const policy = { ...(ONE_TRY as object), clocks: { mode: 'fixed', onIdle: 'stop', ...clocks } } as never;
  const run = start([task('a')], { agents: { one }, clock, policy, killGraceMs: 2000, ...more });
  await clock.advance(stopAt);
  clock.skip(HOUR);
  const result = await run.settled();
  return { result, outcome: outcomeOf(result, 'a'), now: clock.now() - HOUR };
}

const silent = { startTimeoutMs: null, idleTimeoutMs: null, maxTimeoutMs: 60_000 };

describe('a process that did not run for an hour', () => {
  it.each([
    ['startTimeoutMs', { ...silent, startTimeoutMs: 10_000 }, 'start_timeout', 10_000],
    ['idleTimeoutMs', { ...silent, idleTimeoutMs: 10_000 }, 'idle_timeout', 10_000],
    ['maxTimeoutMs', { ...silent, maxTimeoutMs: 10_000 }, 'timeout', 10_000],
  ])('grants %s the missing time, and no more than a pulse beyond', async (_, clocks, kind, at) => {
    const { outcome, now } = await frozen({ hang: true }, clocks, 4500);
    expect(outcome.error?.kind).toBe(kind);
    expect(now).toBeGreaterThanOrEqual(at);
    expect(now).toBeLessThanOrEqual(at + 1000);
  });

  it('lets an answer count that would have come in time', async () => {
    const { outcome } = await frozen({ ms: 9000, ok: 'here' }, { ...silent, idleTimeoutMs: 10_000 }, 4500);
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'here' });
  });

  it('grants the time limit of a task', async () => {
    const clock = new RealisticClock();
    const one = scriptedAgent(clock, [{ ms: 9000 }]);
    const run = start([task('a', { timeoutMs: 10_000 })], { agents: { one }, clock, policy: ONE_TRY });
    await clock.advance(4500);
    clock.skip(HOUR);
    expect((await run.settled()).status).toBe('succeeded');
  });

  it('grants a suspicion the time in which it can be disproved', async () => {
    const says = [
      { at: 100, suspect: 'rate_limited' as const },
      { at: 3000, output: 'fine' },
    ];
    const { outcome } = await frozen({ ms: 5000, ok: 'fine', says }, silent, 200);
    expect(outcome).toMatchObject({ status: 'succeeded' });
  });

  it('leaves an attempt that is asked to stop its grace', async () => {
    const clocks = { ...silent, maxTimeoutMs: 5000 };
    const { outcome } = await frozen({ hang: true, dyingMs: 1500 }, clocks, 5500);
    expect(outcome.attempts[0]?.result).toBe('failed');
  });

  it('does not count it in a derived limit of the run, and counts it in one that was set', async () => {
    const step = { ms: 100_000 };
    const clocks = { ...silent, maxTimeoutMs: 200_000 };
    expect((await frozen(step, clocks, 4500)).result.status).toBe('succeeded');
    const { result } = await frozen({ hang: true }, clocks, 4500, { run: { timeoutMs: 500_000 } });
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
  });

  it('does not make silences of it', async () => {
    const { result } = await frozen({ ms: 9000 }, silent, 4500);
    expect(result.metadata.heartbeats[0]?.longestSilenceMs).toBeLessThanOrEqual(9000);
  });

  it('keeps the instant at which a rate limit resets', async () => {
    const clock = new RealisticClock();
    const one = scriptedAgent(clock, [{ fail: 'rate_limited', details: { retryAfterMs: 60_000 } }, {}]);
    const run = start([task('a')], { agents: { one }, clock });
    await clock.advance(4500);
    clock.skip(30_000);
    await run.settled();
    expect(run.startTimes()).toEqual([0, 60_000]);
  });
});
