import { describe, expect, it } from 'vitest';
import type { TaskViews } from '../../src/streams/task-views.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, retrying, start, task, tasks } from '../support/watched-run.ts';

describe('the tasks of a run', () => {
  it('are pending, then in the states of their events, then done with their status', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { a: [{ ms: 100, fail: 'transient' }, { ms: 100 }], b: [{ ms: 100 }] });
    const plan = [task('a'), task('b', { dependsOn: ['a'] })];
    const { run, settled } = start(plan, { agents: { one }, clock, policy: retrying(1) });
    const seen: TaskViews[] = [];
    run.tasks$.subscribe((views) => seen.push(views));
    await settled();
    const states = (id: string) => [...new Set(seen.map((views) => views[id]?.state))];
    expect(states('a')).toEqual(expect.arrayContaining(['pending', 'running', 'retrying', 'done']));
    expect(states('b')).toEqual(['pending', 'running', 'done']);
    expect(seen.find((views) => views.a?.state === 'retrying')?.a).toEqual({
      ...{ taskId: 'a', agentId: 'one', wave: 1, state: 'retrying', since: 100, attempts: 1 },
      ...{ waitingFor: 'backoff', reason: 'waits before its next attempt', until: 1100 },
    });
    expect(run.snapshot().a).toMatchObject({ state: 'done', status: 'succeeded', attempts: 2 });
    expect(run.snapshot().a).not.toHaveProperty('reason');
  });

  it('are coalesced: a thousand that settle at one instant make few states', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{}]);
    const { run, settled } = start(tasks(1000), { agents: { one }, clock, policy: ONE_TRY });
    let count = 0;
    run.tasks$.subscribe(() => {
      count += 1;
    });
    await settled();
    expect(count).toBeLessThan(5);
    expect(Object.values(run.snapshot()).every(({ state }) => state === 'done')).toBe(true);
  });

  it('are the same frozen object until one of them changes, also after the end', async () => {
    const clock = new VirtualClock();
    const { run, settled } = start(tasks(2), { agents: { one: scriptedAgent(clock, [{}]) }, clock });
    expect(run.snapshot()).toBe(run.snapshot());
    await settled();
    const last = run.snapshot();
    let late: TaskViews | null = null;
    run.tasks$.subscribe((views) => {
      late = views;
    });
    expect(late).toBe(last);
    expect(Object.isFrozen(last) && Object.isFrozen(last.t1)).toBe(true);
  });

  it('leave out the calls of phases, and take any id', async () => {
    const clock = new VirtualClock();
    const { run, settled } = start([task('__proto__')], { agents: { one: scriptedAgent(clock, [{}]) }, clock });
    await settled();
    expect(Object.keys(run.snapshot())).toEqual(['__proto__']);
  });
});
