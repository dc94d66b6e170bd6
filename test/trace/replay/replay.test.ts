import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../src/errors/agent-error.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { intervalsOf } from '../../../src/trace/replay/intervals.ts';
import { createReplay } from '../../../src/trace/replay/replay.ts';
import { criticalTasks, type TaskTrack } from '../../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';
import type { AgentFunction } from '../../../src/types/agent.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';
import { tracedRun } from '../../support/traced-run.ts';

/** Works a while on the clock; fails as its script says, a letter an attempt: `x` fails, `l` is rate-limited. */
function scripted(clock: VirtualClock, scripts: Record<string, string>, workMs = 1000): AgentFunction {
  const calls = new Map<string, number>();
  return ({ taskId }, { signal }) =>
    new Promise((resolve, reject) => {
      const call = calls.get(taskId) ?? 0;
      calls.set(taskId, call + 1);
      signal.addEventListener('abort', () => reject(signal.reason));
      clock.setTimeout(() => {
        const letter = scripts[taskId]?.[call];
        if (letter === 'x') reject(new Error('no'));
        else if (letter === 'l') reject(new AgentError('rate_limited', 'slow', { retryAt: clock.now() + 3000 }));
        else resolve('ok');
      }, workMs);
    });
}

const retry = { retries: 1, strategy: 'fixed', baseDelayMs: 500, jitter: 0 } as const;
const shown = (track: TaskTrack | undefined) =>
  track && intervalsOf(track).map(({ state, from, to, attempt }) => [state, from, to, ...(attempt ? [attempt] : [])]);

async function replayed(
  scripts: Record<string, string>,
  { more = {}, cancelAt = 0, tasks = [] as { id: string; dependsOn?: string[] }[] } = {},
) {
  const clock = new VirtualClock();
  const traced = await tracedRun({
    clock,
    plan: { tasks: (tasks.length > 0 ? tasks : [{ id: 'a' }]).map((task) => ({ prompt: '', ...task })) },
    soar: {
      agents: { main: scripted(clock, scripts), spare: scripted(clock, {}) },
      defaultAgent: 'main',
      policy: { preset: 'patient', retry },
      ...more,
    },
    onRun: (handle) => {
      if (cancelAt) clock.setTimeout(() => handle.cancel('enough'), cancelAt);
    },
  });
  const replay = createReplay(traced.records);
  const run = replay.run('r');
  const track = (id: string) => run?.tasks.find((task) => task.id === id);
  const intervals = (id: string) => intervalsOf(track(id) ?? { actor: null });
  return { ...traced, replay, run, track, intervals };
}

describe('a replay', () => {
  it('shows a retry as running, retrying and running again', async () => {
    const { track } = await replayed({ a: 'x' });
    expect(shown(track('a'))).toEqual([
      ['staggered', 0, 0],
      ['running', 0, 1000, 1],
      ['retrying', 1000, 1500],
      ['staggered', 1500, 1500],
      ['running', 1500, 2500, 2],
    ]);
  });

  it('shows the cooling after a rate limit, and until when', async () => {
    const { intervals } = await replayed({ a: 'l' });
    expect(intervals('a')[2]).toMatchObject({ state: 'cooling', from: 1000, to: 4000, until: 4000 });
  });

  it('shows the fallback with its agent', async () => {
    const { track, intervals } = await replayed({ a: 'xx' }, { more: { fallback: 'spare' } });
    expect(shown(track('a'))?.slice(-2)).toEqual([
      ['fallback.waiting', 2500, 2500],
      ['fallback.running', 2500, 3500, 3],
    ]);
    expect(intervals('a').at(-1)?.agentId).toBe('spare');
  });

  it('shows that a cancelled task was asked to stop', async () => {
    const { track, result } = await replayed({}, { cancelAt: 400 });
    expect(result.status).toBe('cancelled');
    expect(shown(track('a'))).toEqual([
      ['staggered', 0, 0],
      ['running', 0, 400, 1],
      ['cancelling', 400, 400, 1],
    ]);
  });

  it('shows a task that waits for its duplicate as waiting, from when it was held to its answer', async () => {
    const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['b'] }];
    const { replay, track, result, intervals } = await replayed({}, { tasks, more: { cache: true } });
    expect(result.metadata.cacheHits).toBe(1);
    const stateOf = (time: number) => {
      const [run] = replay.at(time).runs;
      const task = run?.tasks.find(({ id }) => id === 'b');
      return { state: task?.state, since: task?.since, status: task?.status, waiting: run?.waiting };
    };
    expect(stateOf(500)).toEqual({ state: 'staggered', since: 0, status: null, waiting: 1 });
    expect(stateOf(1000)).toEqual({ state: 'done', since: 1000, status: 'succeeded', waiting: 0 });
    expect(intervals('b')).toEqual([]);
    expect(track('b')).toMatchObject({ held: { reason: 'waits for `a`, which asks the same' } });
    expect(track('a')?.held).toBeNull();
  });

  it('shows a duplicate that has to ask after all from its start on as any other', async () => {
    const tasks = [{ id: 'a' }, { id: 'b' }];
    const policy = { preset: 'patient', retry, breaker: { enabled: false } };
    const { replay, track } = await replayed({ a: 'xx' }, { tasks, more: { cache: true, policy } });
    expect(replay.at(2000).runs[0]?.tasks[1]).toMatchObject({ state: 'staggered', interval: null });
    expect(replay.at(3000).runs[0]?.tasks[1]?.state).toBe('running');
    expect(shown(track('b'))?.at(-1)).toEqual(['running', 2500, 3500, 1]);
  });

  it('marks where an attempt stalled', async () => {
    const clocks = { startTimeoutMs: null, idleTimeoutMs: 600, maxTimeoutMs: 900_000, onIdle: 'stall' };
    const { intervals } = await replayed({}, { more: { policy: { preset: 'patient', retry, clocks } } });
    expect(intervals('a').at(-1)?.marks).toMatchObject([{ at: 600, what: 'stalled' }]);
  });

  it('knows the state of everything at any instant', async () => {
    const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['a', 'b'] }];
    const { replay } = await replayed({ a: 'x' }, { tasks });
    const at = (time: number) => {
      const [run] = replay.at(time).runs;
      return [run?.tasks.map(({ state }) => state), run?.running, run?.waiting, run?.settled, run?.status];
    };
    expect(at(500)).toEqual([['running', 'running', 'pending'], 2, 0, 0, null]);
    expect(at(1200)).toEqual([['retrying', 'done', 'pending'], 0, 1, 1, null]);
    expect(at(3000)).toEqual([['done', 'done', 'running'], 1, 0, 2, null]);
    expect(at(3500)).toEqual([['done', 'done', 'done'], 0, 0, 3, 'succeeded']);
  });

  it('knows nothing before the first record', async () => {
    const { replay } = await replayed({});
    expect(replay.at(-1)).toEqual({ seq: -1, at: -1, runs: [], actors: [], breakers: {}, gate: null });
  });

  it('follows a breaker as it opens and closes', async () => {
    const breaker = { failureThreshold: 1, resetTimeoutMs: 2000, onOpen: 'wait' };
    const { replay } = await replayed(
      { a: 'x' },
      { more: { policy: { preset: 'patient', retry, breaker }, fallback: undefined } },
    );
    expect(replay.at(500).breakers.main).toMatchObject({ state: 'closed' });
    expect(replay.at(1600).breakers.main).toEqual({ state: 'open', since: 1000, until: 3000 });
    expect(replay.at(3500).breakers.main).toMatchObject({ state: 'halfOpen.probing' });
    expect(replay.at(1600).runs[0]?.tasks[0]?.state).toBe('circuitOpen');
  });

  it('shows the gate pacing starts', async () => {
    const { replay } = await replayed({}, { more: { staggerMs: 400 }, tasks: [{ id: 'a' }, { id: 'b' }] });
    expect(replay.at(100).gate).toEqual({ state: 'pacing', until: 400 });
    expect(replay.at(500).gate).toEqual({ state: 'idle' });
  });

  it('lists the actors that live, each after its parent', async () => {
    const { replay } = await replayed({});
    const ids = replay.at(500).actors.map(({ name }) => name);
    expect(ids).toEqual([
      'engine',
      'gate',
      'executor',
      'run.r',
      'waves',
      'deadline',
      'budget',
      'breaker.main',
      'wave.1',
      'tasks',
      'a',
    ]);
    expect(replay.at(replay.endedAt).actors).toEqual([]);
  });

  it('reports how an actor came into its state', async () => {
    const { replay } = await replayed({ a: 'x' });
    const task = replay.at(1200).actors.find(({ name }) => name === 'a');
    expect(task).toMatchObject({ state: 'retrying', since: 1000, until: 1500 });
    expect(task?.lastMove).toMatchObject({ event: 'attempt.ended', data: { attempt: 1, result: 'failed' } });
  });

  it('shows tasks that never had an actor as settled', async () => {
    const tasks = [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }];
    const { replay, track, intervals } = await replayed({ a: 'xx' }, { tasks, more: { onDependencyFailure: 'skip' } });
    expect(track('b')).toMatchObject({ actor: null, settled: { status: 'skipped' } });
    expect(intervals('b')).toEqual([]);
    expect(replay.at(replay.endedAt).runs[0]).toMatchObject({ failed: 1, skipped: 1, settled: 2, total: 2 });
  });

  it('is the same whether its records come at once or one by one', async () => {
    const { records, replay } = await replayed({ a: 'x' });
    const live = createReplay();
    for (const record of records) live.add(record);
    expect(live.at(1200)).toEqual(replay.at(1200));
    expect(live.runs).toEqual(replay.runs);
  });

  it('takes a record that comes twice once', async () => {
    const { records, replay } = await replayed({ a: 'x' });
    expect(records.map((record) => replay.add(record))).not.toContain(true);
    expect(createReplay(records.flatMap((record) => [record, record])).at(1200)).toEqual(replay.at(1200));
  });

  it('knows the dependencies of a task that is recorded before its plan', () => {
    const task = { agent: 'x', prompt: { ref: '', chars: 0 } };
    const replay = createReplay();
    const held = { agentId: 'x', wave: 1, reason: '' };
    replay.add({ type: 'task.held', seq: 0, at: 0, runId: 'r', taskId: 'b', ...held });
    for (const seq of [1, 2]) {
      const tasks = [
        { id: 'a', ...task },
        { id: 'b', ...task, dependsOn: ['a'] },
      ];
      const schedule = 'wave' as const;
      replay.add({
        type: 'plan.compiled',
        seq,
        at: 0,
        runId: 'r',
        timeoutMs: 1,
        schedule,
        waves: [['a'], ['b']],
        tasks,
      });
    }
    expect(replay.run('r')?.byId.get('b')).toMatchObject({ wave: 2, dependsOn: ['a'], held });
    expect(replay.run('r')?.byId.get('a')?.dependents).toEqual(['b']);
  });

  it('has agents of any name among the breakers', () => {
    const started = { type: 'actor.started', seq: 0, at: 0, actor: 't:1', id: 'b', parent: null } as const;
    const replay = createReplay([{ ...started, machine: 'breaker', agentId: '__proto__', state: 'closed' }]);
    expect(Object.entries(replay.at(0).breakers)).toEqual([['__proto__', { state: 'closed', since: 0 }]]);
  });

  it('gives the chain of tasks that decided how long the run took', async () => {
    const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', dependsOn: ['a', 'b'] }];
    const { run } = await replayed({ b: 'x' }, { tasks });
    expect(run && criticalTasks(run)).toEqual(['b', 'c']);
  });

  it('takes a trace of 10,000 tasks in a moment', () => {
    const records = manyTasks(10_000);
    let replay = createReplay();
    const cpuMs = cpuMsOf(() => {
      replay = createReplay(records);
      for (let i = 0; i < 20; i += 1) replay.at(i * 1000);
    });
    expect(cpuMs).toBeLessThan(5000);
    expect(replay.at(replay.endedAt).runs[0]?.succeeded).toBe(10_000);
  });
});

function manyTasks(n: number): TraceRecord[] {
  const records: TraceRecord[] = [];
  const stamp = () => ({ seq: records.length, at: records.length });
  for (let i = 0; i < n; i += 1) {
    const actor = `t:${i}`;
    const task = `task${i}`;
    records.push({
      type: 'actor.started',
      ...stamp(),
      actor,
      id: task,
      parent: null,
      machine: 'task',
      runId: 'r',
      taskId: task,
      state: 'staggered',
    });
    const event = 'start.granted';
    records.push({ type: 'actor.moved', ...stamp(), actor, state: { running: 'active' }, event, keys: [] });
    const status = 'done' as const;
    records.push({ type: 'actor.moved', ...stamp(), actor, state: 'done', event: 'attempt.ended', keys: [], status });
    records.push({
      type: 'task.settled',
      ...stamp(),
      runId: 'r',
      taskId: task,
      agentId: 'x',
      status: 'succeeded',
      via: 'agent',
      wave: 1,
      error: null,
      attempts: [],
      queuedMs: 0,
      startedAt: 0,
      settledAt: 0,
      settled: i + 1,
      total: n,
    });
  }
  return records;
}
