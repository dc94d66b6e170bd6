import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { RunResult } from '../../src/run/result.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { retrying, start, task } from '../support/watched-run.ts';

const HOUR = 3_600_000;

/** A user's clock that reads the wall, which is set back after a while. */
class WallClock extends VirtualClock {
  setBackAt = Number.POSITIVE_INFINITY;
  override now(): number {
    const now = super.now();
    return now >= this.setBackAt ? now - HOUR : now;
  }
}

/** Every number that a result calls a duration, and every attempt's. */
function durationsOf({ outcomes, metadata }: RunResult): number[] {
  const { totalDurationMs, criticalPathMs, earlyTerminations, heartbeats } = metadata;
  return [
    ...[totalDurationMs, criticalPathMs],
    ...earlyTerminations.map(({ detectedMs }) => detectedMs),
    ...heartbeats.map(({ longestSilenceMs }) => longestSilenceMs),
    ...outcomes.flatMap(({ queuedMs, durationMs }) => [queuedMs, durationMs]),
    ...outcomes.flatMap(({ attempts }) => attempts.map(({ startedAt, endedAt }) => endedAt - startedAt)),
  ];
}

const says = [{ at: 100, suspect: 'transient' as const }];
const plan = [task('a'), task('b', { dependsOn: ['a'] }), task('c')];

it('gives no negative durations when the clock is set back while a run continues', async () => {
  const clock = new WallClock(2 * HOUR);
  clock.setBackAt = 2 * HOUR + 450;
  const one = scriptedAgent(clock, { a: [{ ms: 500 }], c: [{ hang: true, says }, { ms: 200 }] });
  const run = start(plan, { agents: { one }, clock, policy: retrying(1), run: { timeoutMs: 10 * HOUR } });
  const result = await run.settled();
  expect(Math.min(...durationsOf(result))).toBeGreaterThanOrEqual(0);
  expect(result.outcomes.map(({ attempts }) => attempts.length)).toEqual([1, 1, 2]);
});

it('gives none when it is set back between two processes', async () => {
  const journal = memoryJournal();
  const options = (clock: VirtualClock) => ({
    agents: { one: scriptedAgent(clock, { a: [{ ms: 500 }], b: [{ ms: 9000 }], c: [{ fail: 'transient' }, {}] }) },
    ...{ clock, policy: retrying(1) },
  });
  const before = new VirtualClock(365 * 24 * HOUR);
  createSoar({ ...options(before), journal }).run({ tasks: plan }, { runId: 'r' });
  await before.advance(5000);
  const after = new VirtualClock(HOUR);
  const soar = createSoar({ ...options(after), journal: journal.crash() });
  const result = await after.settle(soar.resume('r').result);
  expect(result.status).toBe('succeeded');
  expect(Math.min(...durationsOf(result))).toBeGreaterThanOrEqual(0);
});
