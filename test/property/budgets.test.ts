import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Budget } from '../../src/policy/budget.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { retrying, start, task } from '../support/watched-run.ts';

const step: fc.Arbitrary<Step> = fc
  .record({ ms: fc.integer({ min: 0, max: 50 }), cents: fc.nat({ max: 40 }), fails: fc.boolean() })
  .map(({ ms, cents, fails }) => {
    const usage = { totalTokens: cents, costUsd: cents / 100 };
    return fails ? { ms, fail: 'transient' as const, details: { usage } } : { ms, usage };
  });

const scenario = fc.record({
  steps: fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 10 }),
  budget: fc.constantFrom<Budget>(
    { costUsd: 0 },
    { costUsd: 0.3 },
    { costUsd: 1 },
    { tokens: 60, costUsd: 0.7 },
    { tokens: 30 },
  ),
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  schedule: fc.constantFrom('wave' as const, 'eager' as const),
});

it('nothing starts once what has ended has spent a budget, and all that was spent is reported', async () => {
  let stopped = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, budget, maxConcurrent, schedule }) => {
      const clock = new VirtualClock();
      const script = Object.fromEntries(steps.map((own, n) => [`t${n}`, own]));
      const plan = steps.map((_, n) => task(`t${n}`, n > 2 ? { dependsOn: [`t${n - 3}`] } : {}));
      const one = scriptedAgent(clock, script);
      const run = start(plan, {
        agents: { one },
        clock,
        maxConcurrent,
        schedule,
        policy: retrying(2, 20),
        run: { budget },
      });
      const { metadata, outcomes, error } = await run.settled();
      const { tokens = Number.POSITIVE_INFINITY, costUsd = Number.POSITIVE_INFINITY } = budget;
      let cents = 0;
      for (const event of run.events) {
        if (event.type === 'attempt.ended') cents += event.usage?.totalTokens ?? 0;
        if (event.type !== 'attempt.started') continue;
        expect(cents).toBeLessThan(tokens);
        expect(cents).toBeLessThan(Math.round(costUsd * 100));
      }
      expect(metadata.usage.totalTokens).toBe(cents);
      expect(metadata.usage.costUsd ?? 0).toBeCloseTo(cents / 100, 8);
      const isSpent = cents >= tokens || cents >= Math.round(costUsd * 100);
      const skipped = outcomes.filter((outcome) => outcome.error?.kind === 'budget');
      if (skipped.length > 0) stopped += 1;
      expect(error?.kind === 'budget').toBe(skipped.length > 0);
      if (!isSpent) expect(skipped).toEqual([]);
      expect(outcomes).toHaveLength(plan.length);
    }),
    { numRuns: 200 },
  );
  expect(stopped).toBeGreaterThan(50);
});
