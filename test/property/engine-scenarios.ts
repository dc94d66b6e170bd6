import fc from 'fast-check';
import type { TaskSpec } from '../../src/plan/types.ts';
import type { RunOptions, SoarOptions } from '../../src/soar-types.ts';
import type { Step } from '../support/scripted-agent.ts';

/** A plan, what its agents do, and the settings it runs under: plain data, so that a failing one can be read. */
export interface Scenario {
  tasks: (TaskSpec & { agent: 'one' | 'two' })[];
  script: Record<string, Step[]>;
  fallbackScript: Step[];
  options: SoarOptions;
  run: RunOptions;
  cancelAt: number | null;
}

const ms = fc.integer({ min: 0, max: 4000 });

const okStep: fc.Arbitrary<Step> = fc
  .tuple(ms, fc.constantFrom(0, 50))
  .map(([at, totalTokens]) => (totalTokens === 0 ? { ms: at } : { ms: at, usage: { totalTokens } }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: okStep },
  { weight: 3, arbitrary: ms.map((at) => ({ ms: at, fail: 'transient' as const })) },
  { weight: 1, arbitrary: ms.map((at) => ({ ms: at, fail: 'auth' as const })) },
  { weight: 1, arbitrary: ms.map((at) => ({ ms: at, throws: 'a string' })) },
  { weight: 2, arbitrary: ms.map((at) => ({ ms: at, fail: 'rate_limited' as const })) },
  {
    weight: 1,
    arbitrary: fc.tuple(ms, ms).map(([at, retryAfterMs]) => ({
      ms: at,
      fail: 'rate_limited' as const,
      details: { retryAfterMs },
    })),
  },
  { weight: 1, arbitrary: ms.map((dyingMs) => ({ hang: true, dyingMs })) },
  { weight: 1, arbitrary: fc.constant<Step>({ deaf: true }) },
  { weight: 1, arbitrary: ms.map((at) => ({ hang: true, says: [{ at, suspect: 'connection' as const }] })) },
);

function plan(of: fc.Arbitrary<Step>): fc.Arbitrary<Pick<Scenario, 'tasks' | 'script'>> {
  return fc
    .array(
      fc.record({
        agent: fc.constantFrom('one' as const, 'two' as const),
        needs: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
        critical: fc.integer({ min: 0, max: 11 }).map((roll) => roll === 0),
        hasLimit: fc.boolean(),
        done: fc.integer({ min: 0, max: 11 }).map((roll) => roll === 0),
        steps: fc.array(of, { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 12 },
    )
    .map((drawn) => ({
      tasks: drawn.map(({ agent, needs, critical, hasLimit, done }, index) => ({
        id: `t${index}`,
        prompt: `do ${index}`,
        agent,
        dependsOn: [...new Set(needs.filter((need) => need < index))].map((need) => `t${need}`),
        ...(critical ? { critical } : {}),
        ...(hasLimit ? { timeoutMs: 3000 } : {}),
        ...(done ? { done: { output: 'before' } } : {}),
      })),
      script: Object.fromEntries(drawn.map(({ steps }, index) => [`t${index}`, steps])),
    }));
}

const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 2, nil: undefined });

const settings = fc.record({
  schedule: fc.constantFrom('wave' as const, 'eager' as const),
  staggerMs: fc.constantFrom(undefined, 0, 250, 1000),
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  perAgent: fc.constantFrom<Record<string, number>>({}, { one: 1 }, { one: 2, two: 1 }),
  onOpen: fc.constantFrom('fail' as const, 'wait' as const),
  onDependencyFailure: fc.constantFrom('proceed' as const, 'skip' as const, 'abort' as const),
  retries: fc.integer({ min: 0, max: 2 }),
  hasFallback: fc.boolean(),
  breaker: fc.constantFrom(
    { enabled: false },
    { failureThreshold: 1, resetTimeoutMs: 3000 },
    { failureThreshold: 3, resetTimeoutMs: 20_000 },
  ),
});

function optionsOf(drawn: typeof settings extends fc.Arbitrary<infer T> ? T : never): SoarOptions {
  const { hasFallback, breaker, retries, perAgent, staggerMs, ...others } = drawn;
  return {
    ...others,
    ...(staggerMs === undefined ? {} : { staggerMs }),
    ...(hasFallback ? { fallback: 'three' } : {}),
    limits: { perAgent },
    killGraceMs: 1500,
    policy: {
      clocks: { mode: 'fixed', maxTimeoutMs: 8000, idleTimeoutMs: 2000 },
      retry: { retries, baseDelayMs: 700, maxDelayMs: 5000 },
      termination: { confirmMs: 1000 },
      breaker: { ...breaker, maxOpenWaitMs: 9000 },
    },
  };
}

export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    work: plan(step),
    settings,
    // Takes its time, so that a fallback that were repeated for ever would run into the run's timeout.
    fallbackScript: fc.array(
      step.map((one) => ({ ...one, ms: 100 + (one.ms ?? 0) })),
      { minLength: 1, maxLength: 2 },
    ),
    cancelAt: rarely(fc.integer({ min: 0, max: 20_000 })),
    timeoutMs: rarely(fc.integer({ min: 1, max: 30_000 })),
    budget: rarely(fc.record({ attempts: fc.nat({ max: 12 }), tokens: fc.constantFrom(50, 200, 1000) })),
    timeBudget: rarely(fc.integer({ min: 0, max: 20_000 })),
  })
  .map(({ work, settings: drawn, fallbackScript, cancelAt, timeoutMs, budget, timeBudget }) => ({
    ...work,
    fallbackScript,
    options: optionsOf(drawn),
    run: {
      runId: 'r',
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(budget || timeBudget !== undefined
        ? { budget: { ...budget, ...(timeBudget === undefined ? {} : { timeMs: timeBudget }) } }
        : {}),
    },
    cancelAt: cancelAt ?? null,
  }));

/** Where nothing fails, nothing hangs and nothing stops it. */
export const calmScenario: fc.Arbitrary<Scenario> = fc
  .record({ work: plan(okStep.map(({ ms: at = 0 }) => ({ ms: at % 2900 }))), settings })
  .map(({ work, settings: drawn }) => ({
    ...work,
    fallbackScript: [{}],
    options: optionsOf(drawn),
    run: { runId: 'r' },
    cancelAt: null,
  }));
