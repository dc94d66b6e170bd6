import { describe, expect, it } from 'vitest';
import { unstartedReport, WaveTasks } from '../../src/machines/wave/logic.ts';
import { fakeReport, fakeTask } from '../model/fakes.ts';

describe('the report of a task that had no actor', () => {
  const task = fakeTask('one', { wave: 3 });

  it('says that nothing was done, and why', () => {
    const { outcome, notes } = unstartedReport(task, 'skipped', { kind: 'budget', message: 'Spent.' }, 700);
    expect(outcome).toStrictEqual({
      taskId: 'one',
      agentId: 'a',
      status: 'skipped',
      via: null,
      output: '',
      outputTruncated: false,
      error: { kind: 'budget', message: 'Spent.', retryable: false },
      attempts: [],
      wave: 3,
      partialContext: false,
      queuedMs: 0,
      startedAt: null,
      settledAt: 700,
      durationMs: 0,
    });
    expect(notes).toStrictEqual({
      retries: 0,
      circuitBlocked: [],
      earlyTerminations: [],
      rateLimits: [],
      heartbeat: { events: 0, longestSilenceMs: 0 },
      usedFallback: false,
    });
  });

  it('has the output and the agent it is given, and no error when there is none', () => {
    const { outcome } = unstartedReport(task, 'succeeded', null, 0, { output: 'before', agentId: 'b' });
    expect(outcome).toMatchObject({ output: 'before', agentId: 'b', error: null });
  });
});

describe('the roll of a wave', () => {
  it('shows an inspector who is where', () => {
    const tasks = ['one', 'two', 'three'].map((id) => fakeTask(id));
    const roll = new WaveTasks({ tasks, ready: tasks, limit: 2 });
    roll.admit();
    roll.admit();
    expect(roll.admit()).toBeNull();
    expect(roll.toJSON()).toEqual({
      pending: 1,
      live: ['one', 'two'],
      queued: 2,
      succeeded: 0,
      failed: 0,
      partial: 0,
    });
    roll.settled(fakeReport(tasks[0] as never, 'succeeded'));
    expect(roll.toJSON()).toMatchObject({ live: ['two'], queued: 1, succeeded: 1 });
  });

  it('admits no task twice, nor one that settled before its turn', () => {
    const [one, two] = ['one', 'two'].map((id) => fakeTask(id)) as [never, never];
    const roll = new WaveTasks({ tasks: [one, two], ready: [one, one], limit: null });
    expect(roll.admit()).toBe(one);
    expect(roll.admit()).toBeNull();
    roll.ready([two]);
    expect(roll.isAdmitted).toBe(false);
    expect(roll.admit()).toBe(two);
    expect(roll.isAdmitted).toBe(true);
    expect(roll.isSettled).toBe(false);
  });
});
