import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventObject, SnapshotFrom } from 'xstate';
import type { CollectEvent, CollectInput } from '../../src/machines/collect/events.ts';
import { collectMachine } from '../../src/machines/collect/machine.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { Driven, Harness } from '../../src/testing/harness.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import { fakeReport, fakeRoster, fakeServices } from './fakes.ts';

type Collect = SnapshotFrom<typeof collectMachine>;

const machine = collectMachine.provide({ actors: { waves: fakeRoster as never } });
const plan: Plan = {
  tasks: [
    { id: 'one', prompt: '', agent: 'a', critical: true },
    { id: 'two', prompt: '', agent: 'a' },
    { id: 'three', prompt: '', agent: 'a', dependsOn: ['one'] },
  ],
};

const compiledTask = (id: string) => compilePlan(plan).byId.get(id) ?? expect.fail(id);

/** What waves, gate and owner can say; a wave is done only when its tasks have settled. */
function samples({ context: { run, scheduler } }: Collect, history: readonly EventObject[]): CollectEvent[] {
  const { book } = run;
  const waves = [...scheduler.activeWaves].map((wave) => ({ wave, tasks: run.plan.waves[wave - 1] ?? [] }));
  const isNew = (type: CollectEvent['type']) => !history.some((event) => event.type === type);
  const { ending } = run;
  const reopened = ending ? [{ type: 'tasks.settled' as const, wave: 1, reports: [ending] }] : [];
  return [
    ...reopened,
    ...waves.flatMap(({ wave, tasks }): CollectEvent[] => {
      const open = book.unsettled(tasks);
      const id = `wave.${wave}`;
      const settlements = open.flatMap((task) =>
        (['succeeded', 'failed'] as const).map((status) => ({
          type: 'tasks.settled' as const,
          wave,
          reports: [fakeReport(task, status)],
        })),
      );
      const done = { type: 'child.done' as const, id, output: { wave, succeeded: 0, failed: 0, partial: 0 } };
      return [
        ...settlements,
        ...(open.length === 0 ? [done] : []),
        { type: 'child.failed', id, error: new Error('its wave broke') },
      ];
    }),
    ...run.plan.tasks.slice(0, 1).flatMap(({ id }): CollectEvent[] => [
      { type: 'task.queued', taskId: id },
      { type: 'task.dequeued', taskId: id },
    ]),
    ...(isNew('run.cancel') ? [{ type: 'run.cancel' as const, kind: 'cancelled' as const, message: 'enough' }] : []),
    ...(isNew('provider.cooling') ? [{ type: 'provider.cooling' as const, provider: 'a', until: 60_000 }] : []),
    ...(isNew('time.granted') ? [{ type: 'time.granted' as const, ms: 5000 }] : []),
    ...(isNew('budget.spent') ? [{ type: 'budget.spent' as const, what: 'attempts' as const }] : []),
    ...(isNew('xstate.error.actor.waves')
      ? [{ type: 'xstate.error.actor.waves' as const, error: new Error('the roster broke') }]
      : []),
  ];
}

describe('the collect machine', () => {
  const coverage = transitionCoverage(collectMachine);
  const cases: (Omit<CollectInput, 'services'> & { name: string })[] = [
    { name: 'waves one after the other', plan },
    { name: 'all waves at once', plan, settings: { schedule: 'eager', onDependencyFailure: 'skip' } },
    { name: 'an abort when anything fails', plan, settings: { onDependencyFailure: 'abort' } },
    { name: 'an empty plan', plan: { tasks: [] } },
    { name: 'a failure that had ended it before', plan, settled: [fakeReport(compiledTask('one'), 'failed')] },
    { name: 'a plan that cannot be', plan: { tasks: [{ id: 'a', prompt: '', dependsOn: ['a'] }] } },
  ];

  // XState warns of what is sent to a roster that broke.
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));

  test.each(cases)('ends with one outcome a task on every path, with $name', async ({ name, ...input }) => {
    const harness: Harness<typeof machine> = {
      input: () => ({ ...input, services: fakeServices() }),
      events: {
        'xstate.error.actor.waves': ({ actor }: Driven<typeof machine>) =>
          actor.getSnapshot().children.waves?.send({ type: 'roster.break' } as never),
      },
      invariant: ({ actor }: Driven<typeof machine>, event: EventObject | null) => {
        const { status, output, context } = actor.getSnapshot();
        const { book } = context.run;
        const counted = Object.values(book.counts).reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(book.settled);
        // Nothing will come of a roster that broke, so nothing may wait for it.
        if (event?.type === 'xstate.error.actor.waves') expect(status).toBe('done');
        if (status !== 'done') return;
        expect(output?.outcomes.map(({ taskId }) => taskId)).toEqual(context.run.plan.tasks.map(({ id }) => id));
        expect(output?.metadata).toMatchObject(book.counts);
      },
      project: ({ status, value, context: { run, scheduler } }: Collect) => ({
        status,
        value,
        settled: run.book.reports().map(({ outcome }) => `${outcome.taskId} ${outcome.status}`),
        waves: [...scheduler.activeWaves],
        next: scheduler.nextWave,
        stop: scheduler.stopped?.cause,
      }),
    };
    const paths = testPaths(machine, { ...harness, samples, denied: true, replay: true });
    console.info(`collect, ${name}: ${paths.length} paths`);
    for (const path of paths) await runPath(path, machine, { ...harness, inspect: coverage });
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
