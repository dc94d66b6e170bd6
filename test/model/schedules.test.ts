import { describe, expect, test } from 'vitest';
import { type Case, randomCase } from '../oracle/random-case.ts';
import { runCase } from '../oracle/run-case.ts';

const CASES = 150;

/** A case whose outcomes do not depend on when a task runs: nothing shared between tasks, no end from outside. */
function timeless(seed: number): Case {
  const given = randomCase(seed);
  const tasks = given.tasks.map((task) => ({
    ...task,
    critical: false,
    ...(task.onDependencyFailure === 'abort' ? { onDependencyFailure: 'skip' as const } : {}),
    script: task.script.map((one) => (one.does === 'limit' ? { ...one, does: 'transient' as const } : one)),
  }));
  const onDependencyFailure = given.onDependencyFailure === 'abort' ? 'proceed' : given.onDependencyFailure;
  const breaker = { ...given.breaker, enabled: false };
  return { ...given, tasks, onDependencyFailure, breaker, cancelAt: null, timeoutMs: null, budgetAttempts: null };
}

describe('the schedules', () => {
  test('give the same outcomes by the same attempts', async () => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const given = timeless(seed);
      const [wave, eager] = await Promise.all(
        (['wave', 'eager'] as const).map(async (schedule) => {
          const { status, outcomes } = await runCase({ ...given, schedule });
          return {
            status,
            outcomes: outcomes.map(({ settledAt: _, attempts, ...outcome }) => ({
              ...outcome,
              attempts: attempts.map(({ n, agentId, result }) => ({ n, agentId, result })),
            })),
          };
        }),
      );
      expect(eager, `seed ${seed}`).toEqual(wave);
    }
  });
});
