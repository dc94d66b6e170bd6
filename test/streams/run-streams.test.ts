import type { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import type { RunProgress } from '../../src/streams/progress.ts';
import type { Heartbeat } from '../../src/streams/run-streams.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { start, task, tasks } from '../support/watched-run.ts';

const chatter = Array.from({ length: 100 }, (_, index) => ({ at: index * 10, output: `line ${index}\n` }));

it('beats at most ten times a second for each task', async () => {
  const clock = new VirtualClock();
  const run = start(tasks(2), { agents: { one: scriptedAgent(clock, [{ ms: 1000, says: chatter }]) }, clock });
  const beats: Heartbeat[] = [];
  run.run.heartbeats$.subscribe((beat) => beats.push(beat));
  await run.settled();
  expect(beats.filter(({ taskId }) => taskId === 't1').map(({ at }) => at)).toEqual([
    0, 100, 200, 300, 400, 500, 600, 700, 800, 900,
  ]);
  expect(beats).toHaveLength(20);
});

it('reports every piece of output, by task and agent', async () => {
  const clock = new VirtualClock();
  const run = start([task('a')], { agents: { one: scriptedAgent(clock, [{ ms: 1000, says: chatter }]) }, clock });
  await run.settled();
  expect(
    run
      .of('attempt.output')
      .map(({ text }) => text)
      .join(''),
  ).toBe(chatter.map(({ output }) => output).join(''));
  expect(run.of('attempt.output')[0]).toMatchObject({ taskId: 'a', agentId: 'one', stream: 'stdout' });
});

it('gives a late subscriber of the progress where the run stands', async () => {
  const clock = new VirtualClock();
  const run = start(tasks(3), { agents: { one: scriptedAgent(clock, [{ ms: 100 }]) }, clock, maxConcurrent: 1 });
  await clock.advance(150);
  const seen: RunProgress[] = [];
  run.run.progress$.subscribe((progress) => seen.push(progress));
  expect(seen).toMatchObject([{ total: 3, settled: 1, succeeded: 1, running: 1, wave: 1, waves: 1, status: null }]);
  await run.settled();
  expect(seen.at(-1)).toMatchObject({ settled: 3, running: 0, status: 'succeeded' });
});

it('completes all three when the run has settled', async () => {
  const clock = new VirtualClock();
  const run = start([task('a')], { agents: { one: scriptedAgent(clock) }, clock });
  const completed: string[] = [];
  for (const name of ['events$', 'progress$', 'heartbeats$'] as const) {
    const stream$: Observable<unknown> = run.run[name];
    stream$.subscribe({ complete: () => completed.push(name) });
  }
  await run.settled();
  expect(completed.sort()).toEqual(['events$', 'heartbeats$', 'progress$']);
});

it('stamps every event with the run and its clock, in order', async () => {
  const clock = new VirtualClock(1_000_000);
  const one = scriptedAgent(clock, [{ ms: 100, fail: 'exit' }]);
  const run = start(tasks(3), { agents: { one }, clock, staggerMs: 30, run: { runId: 'r' } });
  await run.settled();
  expect(new Set(run.events.map(({ runId }) => runId))).toEqual(new Set(['r']));
  const times = run.events.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(run.events[0]).toMatchObject({ type: 'run.started', at: 1_000_000 });
  expect(run.events.at(-1)?.type).toBe('run.settled');
});

it('misses nothing for who subscribes in the turn the run was started in', async () => {
  const clock = new VirtualClock();
  const run = start([task('a')], { agents: { one: () => 'at once' }, clock });
  await run.settled();
  expect(run.events.map(({ type }) => type)).toEqual([
    'run.started',
    'plan.compiled',
    'wave.started',
    'task.state',
    'task.state',
    'attempt.started',
    'attempt.ended',
    'task.settled',
    'wave.settled',
    'run.settled',
  ]);
});
