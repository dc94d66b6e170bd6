import { beforeEach, describe, expect, test, vi } from 'vitest';
import { randomCase } from './random-case.ts';
import { runCase } from './run-case.ts';
import type { Simulated } from './simulated-task.ts';
import { simulate } from './simulator.ts';

const PLANS = Number(process.env.ORACLE_PLANS ?? 500);
const SEED = Number(process.env.ORACLE_SEED ?? 20260);

/** Tasks by the instant they settled at; within an instant the order is open. */
function byInstant({ outcomes, order }: Pick<Simulated, 'outcomes' | 'order'>): string[][] {
  const instants = new Map<number, string[]>();
  for (const taskId of order) {
    const at = outcomes.find((outcome) => outcome.taskId === taskId)?.settledAt ?? -1;
    instants.set(at, [...(instants.get(at) ?? []), taskId].sort());
  }
  return [...instants.values()];
}

const comparable = ({ status, outcomes, order }: Simulated) => ({
  status,
  outcomes,
  order: byInstant({ outcomes, order }),
});

describe('the engine', () => {
  // XState warns of what is sent to tasks that have settled at the same instant.
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));

  test(`does on ${PLANS} random plans what a plain simulation of the design does`, async () => {
    let compared = 0;
    let seed = SEED;
    for (; compared < PLANS; seed += 1) {
      const given = randomCase(seed);
      const expected = simulate(given);
      if (expected.isTied) continue;
      compared += 1;
      const repeat = `ORACLE_SEED=${seed} ORACLE_PLANS=1`;
      expect(comparable(await runCase(given)), repeat).toEqual(comparable(expected));
    }
    const left = seed - SEED - compared;
    console.info(`oracle: ${compared} random plans compared from seed ${SEED} on, ${left} with ties left out`);
  }, 600_000);

  test.each([
    ['the run’s time is up while a failure is ending it', 302_361],
    ['a success narrows the gap that decides who is next', 902_999],
    ['a task skipped by its own rule sets another free', 21_071],
  ])('does so, too, where %s', async (_, seed) => {
    const given = randomCase(seed);
    const expected = simulate(given);
    expect(expected.isTied).toBe(false);
    expect(comparable(await runCase(given))).toEqual(comparable(expected));
  });
});
