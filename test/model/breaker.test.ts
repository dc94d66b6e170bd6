import { afterAll, describe, test } from 'vitest';
import type { SnapshotFrom } from 'xstate';
import type { BreakerEvent } from '../../src/machines/breaker/events.ts';
import { breakerMachine } from '../../src/machines/breaker/machine.ts';
import { resolvePolicy } from '../../src/policy/presets.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import { addressee } from './fakes.ts';

type Breaker = SnapshotFrom<typeof breakerMachine>;

const { breaker: policy } = resolvePolicy('patient');

function samples({ context }: Breaker): BreakerEvent[] {
  const permits = [context.probe ?? 'granted while closed', 'a permit of old'];
  const returns = permits.flatMap((permitId) =>
    (['success', 'failure', 'neutral'] as const).map((result) => ({
      type: 'permit.return' as const,
      permitId,
      result,
      kind: 'transient' as const,
      at: 0,
    })),
  );
  return [
    { type: 'permit.request', requestId: 'asked', ref: addressee() },
    ...returns,
    { type: 'permit.await', waiterId: 'waiting', ref: addressee() },
    { type: 'permit.forgo', waiterId: 'waiting' },
    { type: 'breaker.configure', policy },
    { type: 'breaker.reset' },
  ];
}

describe('the breaker machine', () => {
  const coverage = transitionCoverage(breakerMachine);

  test.each([false, true])('does on every path what its chart says (ad hoc: %o)', async (adHoc) => {
    const harness = {
      input: { agentId: 'a', policy, adHoc },
      project: ({ status, value, context: { failures, probe } }: Breaker) => ({
        status,
        value,
        // More than the threshold is as good as the threshold.
        failures: Math.min(failures.length, policy.adHocFailureThreshold),
        probe,
      }),
    };
    for (const path of testPaths(breakerMachine, { ...harness, samples, denied: true })) {
      await runPath(path, breakerMachine, { ...harness, inspect: coverage });
    }
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
