import { afterAll, describe, expect, test } from 'vitest';
import type { SnapshotFrom } from 'xstate';
import type { CollectOutput } from '../../src/machines/collect/events.ts';
import { buildMetadata } from '../../src/machines/collect/metadata.ts';
import type { SoarEvent, SoarInput } from '../../src/machines/soar/events.ts';
import { soarMachine } from '../../src/machines/soar/machine.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import type { RunStatus } from '../../src/run/result.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { type TestPath, testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
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
  assess: [
    { complexity: 'medium', score: 20, confidence: 1, reasons: [] },
    { complexity: 'simple', score: 1, confidence: 1, reasons: [] },
  ],
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

const enough = { type: 'run.cancel', kind: 'cancelled', message: 'enough' } as const;
const report = { by: 'a', calls: 1, attempts: 2 };
const edited = { tasks: [{ id: 'other', prompt: 'Do another', agent: 'b' }] };
const circular = { tasks: [{ id: 'one', prompt: 'Do one', agent: 'a', dependsOn: ['one'] }] };

/** What phases, the gate and a person may say, beside the ends of what is invoked. */
function samples({ value }: Soar): SoarEvent[] {
  const [phase = ''] = typeof value === 'string' ? [value] : Object.keys(value);
  const told: SoarEvent[] = [enough, { type: 'budget.spent', what: 'tokens' }];
  if (phase === 'approve') {
    const decisions = [undefined, edited, circular].map((plan) => ({ type: 'plan.approve', ...(plan && { plan }) }));
    return [...told, ...(decisions as SoarEvent[]), { type: 'plan.refuse', reason: 'not this' }];
  }
  if (typeof value === 'string' || phase === 'collect') return told;
  const news = ['phase.asking', 'phase.idle', 'phase.reported'].map((type) => ({ type, phase, report }));
  return [...told, ...(news as SoarEvent[])];
}

describe('the soar machine', () => {
  const coverage = transitionCoverage(soarMachine);
  const harnessOf = (more: Partial<SoarInput> = {}) => ({
    input: (): SoarInput => ({
      query: 'Is it so?',
      services: fakeServices(),
      settings: {},
      decompose: 'unlessSimple',
      ...more,
    }),
    project: ({ status, value, context }: Soar) => ({
      status,
      value,
      complexity: context.assessment?.complexity,
      collected: context.collected?.status,
      answer: context.synthesis?.answer,
      subgoals: context.decomposition?.subgoals.length,
      plan: context.routing?.plan.tasks.map(({ id }) => id),
      phases: context.phases.map(({ phase, by }) => `${phase} by ${by}`),
      error: context.error,
    }),
  });
  const harness = harnessOf();
  const paths = testPaths(soarMachine, { ...harness, samples, outputs });

  test.each([
    ['that continues to an answer', {}],
    ['that ends with a plan', { until: 'route' as const }],
    ['that waits for a person', { approve: true }],
  ])('%s does on every path what its chart says', async (_, more) => {
    const own = harnessOf(more);
    for (const path of testPaths(soarMachine, { ...own, samples, outputs })) {
      await runPath(path, soarMachine, { ...own, inspect: coverage });
    }
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

  test('reports a collecting run to stop and waits until it has ended', async () => {
    const ends = 'xstate.done.actor.route → run.cancel → run.cancel';
    const typesOf = ({ steps }: TestPath) => steps.map(({ event }) => event.type).join(' → ');
    const told = paths.filter((path) => typesOf(path).endsWith(ends));
    expect(told.length).toBeGreaterThan(0);
    for (const path of told) {
      const { gates, actor } = await runPath(path, soarMachine, harness);
      expect(gates.told).toEqual([{ id: 'collect', event: enough }]);
      expect(actor.getSnapshot().value).toEqual({ collect: 'cancelling' });
    }
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
