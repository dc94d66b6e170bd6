import { afterAll, describe, expect, test } from 'vitest';
import type { EventObject, SnapshotFrom } from 'xstate';
import type { WaveEvent, WaveInput, WaveReport } from '../../src/machines/wave/events.ts';
import { waveMachine } from '../../src/machines/wave/machine.ts';
import type { Driven, Harness } from '../../src/testing/harness.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import { addressee, fakeReport, fakeRoster, fakeTask } from './fakes.ts';

type Wave = SnapshotFrom<typeof waveMachine>;

const machine = waveMachine.provide({ actors: { roster: fakeRoster as never } });
const tasks = [fakeTask('one'), fakeTask('two', { index: 1 })];
const stop = { kind: 'cancelled', message: 'enough' } as const;

function samples({ context: { roll } }: Wave, history: readonly EventObject[]): WaveEvent[] {
  const live = [...roll.live.values()];
  const pending = [...roll.pending.values()];
  const count = (type: WaveEvent['type']) => history.filter((event) => event.type === type).length;
  return [
    ...live.flatMap((task): WaveEvent[] => [
      { type: 'child.done', id: task.id, output: fakeReport(task, 'succeeded') },
      { type: 'child.done', id: task.id, output: fakeReport(task, 'failed') },
      { type: 'child.failed', id: task.id, error: new Error('its actor broke') },
    ]),
    ...[...roll.queued].map((taskId) => ({ type: 'task.dequeued' as const, taskId })),
    ...live.filter(({ id }) => !roll.queued.has(id)).map(({ id }) => ({ type: 'task.queued' as const, taskId: id })),
    ...(count('tasks.ready') === 0 && pending.length > 0 ? [{ type: 'tasks.ready' as const, tasks: pending }] : []),
    ...pending.slice(0, 1).map(({ id }) => ({ type: 'tasks.skip' as const, skips: [{ taskId: id, ...stop }] })),
    ...pending.slice(0, 1).map(({ id: taskId }) => ({
      type: 'tasks.answered' as const,
      answers: [{ taskId, agentId: 'a', output: 'known', partialContext: false, readyAt: 0 }],
    })),
    ...(count('wave.stop') < 2
      ? (['skip', 'cancel', 'both'] as const).map((admitted) => ({
          type: 'wave.stop' as const,
          unadmitted: 'cancelled' as const,
          admitted,
          ...(admitted === 'skip' && pending[0] ? { except: new Set([pending[0].id]) } : {}),
          ...stop,
        }))
      : []),
    ...(count('xstate.error.actor.tasks') === 0
      ? [{ type: 'xstate.error.actor.tasks' as const, error: new Error('the roster broke') }]
      : []),
  ];
}

describe('the wave machine', () => {
  const coverage = transitionCoverage(waveMachine);
  const cases = [
    { limit: 1, ready: tasks },
    { limit: null, ready: [] },
    { limit: null, ready: tasks.slice(0, 1) },
  ];

  test.each(cases)('settles every task once on every path, with room for $limit', async ({ limit, ready }) => {
    let parent = addressee();
    const harness: Harness<typeof machine> = {
      input: (): WaveInput => {
        parent = addressee();
        return { wave: 1, tasks, ready, limit, prepare: () => ({}) as never, parent };
      },
      events: {
        'xstate.error.actor.tasks': ({ actor }: Driven<typeof machine>) =>
          actor.getSnapshot().children.tasks?.send({ type: 'roster.break' } as never),
      },
      invariant: ({ actor }: Driven<typeof machine>) => {
        const { context, status } = actor.getSnapshot();
        const reports = (parent.sent as WaveReport[]).flatMap((event) =>
          event.type === 'tasks.settled' ? event.reports : [],
        );
        const settled = reports.map(({ outcome }) => outcome.taskId);
        expect(new Set(settled).size).toBe(settled.length);
        const { pending, live, queued } = context.roll;
        expect([...settled, ...pending.keys(), ...live.keys()].sort()).toEqual(['one', 'two']);
        expect(queued.size).toBeLessThanOrEqual(live.size);
        if (status === 'done') expect(settled).toHaveLength(tasks.length);
      },
      project: ({ status, value, context: { roll } }: Wave) => ({
        status,
        value,
        pending: [...roll.pending.keys()],
        live: [...roll.live.keys()],
        queued: [...roll.queued],
        counts: roll.counts(),
      }),
    };
    const paths = testPaths(machine, { ...harness, samples, denied: true, replay: true });
    console.info(`wave: ${paths.length} paths`);
    for (const path of paths) await runPath(path, machine, { ...harness, inspect: coverage });
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
