import { describe, expect, test } from 'vitest';
import { randomCase } from './random-case.ts';
import { runCase } from './run-case.ts';
import { type Simulated, simulate } from './simulator.ts';

const PLANS = Number(process.env.ORACLE_PLANS ?? 500);
const SEED = Number(process.env.ORACLE_SEED ?? 20260);

/** Tasks by the instant they settled at; within an instant the order is nobody's. */
function byInstant({ outcomes, order }: Simulated): string[][] {
  const instants = new Map<number, string[]>();
  for (const taskId of order) {
    const at = outcomes.find((outcome) => outcome.taskId === taskId)?.settledAt ?? -1;
    instants.set(at, [...(instants.get(at) ?? []), taskId].sort());
  }
  return [...instants.values()];
}

describe('the engine', () => {
  test(`does on ${PLANS} random plans what a plain simulation of the design does`, async () => {
    let tied = 0;
    for (let seed = SEED; seed < SEED + PLANS; seed += 1) {
      const given = randomCase(seed);
      const expected = simulate(given);
      const { isTied, ...rest } = expected;
      if (isTied) {
        tied += 1;
        continue;
      }
      const found = await runCase(given);
      expect({ ...found, isTied, order: byInstant(found) }, `ORACLE_SEED=${seed} ORACLE_PLANS=1`).toEqual({
        ...rest,
        isTied,
        order: byInstant(expected),
      });
    }
    console.info(`oracle: ${PLANS - tied} plans compared, ${tied} with ties left out, from seed ${SEED}`);
  }, 600_000);
});
