import { afterAll, describe, expect, test } from 'vitest';
import type { SnapshotFrom } from 'xstate';
import type { CollectOutput } from '../../src/machines/collect/events.ts';
import { buildMetadata } from '../../src/machines/collect/metadata.ts';
import { soarMachine } from '../../src/machines/soar/machine.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import type { RunStatus } from '../../src/types.ts';
import { fakeReport, fakeServices } from './fakes.ts';

type Soar = SnapshotFrom<typeof soarMachine>;

const plan = compilePlan({ tasks: [{ id: 'one', prompt: 'Do one', agent: 'a' }] });
const [task] = plan.tasks;
if (!task) throw new Error('The plan has a task.');

function collected(status: RunStatus, error: CollectOutput['error'] = null): CollectOutput {
  const reports = error?.kind === 'invalid_request' ? [] : [fakeReport(task as never, 'succeeded')];
  const figures = { startedAt: 0, endedAt: 0, peakConcurrency: 1, breakers: {} };
  const outcomes = reports.map(({ outcome }) => outcome);
  return { status, outcomes, metadata: buildMetadata(plan, reports, figures), error };
}

const outputs = {
  assess: [{ complexity: 'medium', score: 20, confidence: 1, reasons: [] }],
  retrieve: [{ passages: [], budget: 10, searched: 0, notes: [] }],
  decompose: [{ goal: 'Know', subgoals: [], notes: [] }],
  route: [{ plan: plan.plan, matches: [] }],
  collect: [
    collected('succeeded'),
    collected('failed'),
    collected('failed', { kind: 'invalid_request', message: 'no plan', retryable: false }),
    collected('cancelled'),
  ],
  synthesize: [{ answer: 'So it is.', confidence: 1, sources: [] }],
};

describe('the soar machine', () => {
  const coverage = transitionCoverage(soarMachine);
  const harness = {
    input: () => ({ query: 'Is it so?', services: fakeServices(), settings: {} }),
    project: ({ status, value, context }: Soar) => ({
      status,
      value,
      complexity: context.assessment?.complexity,
      collected: context.collected?.status,
      answer: context.synthesis?.answer,
      error: context.error,
    }),
  };
  const samples = [{ type: 'run.cancel', kind: 'cancelled', message: 'enough' } as const];
  const paths = testPaths(soarMachine, { ...harness, samples, outputs });

  test('does on every path what its chart says', async () => {
    for (const path of paths) await runPath(path, soarMachine, { ...harness, inspect: coverage });
  });

  test('ends every path that ends with a result of that state', async () => {
    for (const path of paths) {
      const { actor } = await runPath(path, soarMachine, harness);
      const { status, output, value } = actor.getSnapshot();
      if (status === 'done')
        expect({ done: ['succeeded'], failed: ['failed'], cancelled: ['cancelled'] }).toMatchObject({
          [String(value)]: [output?.status],
        });
    }
  });

  test('tells a collecting run to stop and waits until it has ended', async () => {
    const told = paths.filter(({ description }) =>
      description.endsWith('xstate.done.actor.route → run.cancel → run.cancel'),
    );
    expect(told).toHaveLength(1);
    for (const path of told) {
      const { gates, actor } = await runPath(path, soarMachine, harness);
      expect(gates.told).toEqual([{ id: 'collect', event: samples[0] }]);
      expect(actor.getSnapshot().value).toEqual({ collect: 'cancelling' });
    }
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
