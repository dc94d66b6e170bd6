import { describe, expect, it } from 'vitest';
import { INTERRUPTED, replay, resultOf } from '../../src/journal/replay.ts';
import type { LogEntry, RunHeader } from '../../src/run/entries.ts';
import { NO_ANSWER, NO_WAITS, type ParkedTask } from '../../src/run/parked-task.ts';
import { COLLECT_SETTINGS } from '../../src/run/settings.ts';
import { NO_NOTES } from '../../src/run/task-report.ts';
import type { AttemptRecord } from '../../src/types/task.ts';
import { fakeReport, fakeTask } from '../model/fakes.ts';

const header: RunHeader = { runId: 'r', startedAt: 1000, settings: COLLECT_SETTINGS, plan: { tasks: [] } };
const NOW = 9000;
const replayed = (entries: readonly LogEntry[], more: Partial<RunHeader> = {}, now = NOW) =>
  replay({ header: { ...header, ...more }, entries }, now);

const started = (taskId: string, n = 1, at = 2000): LogEntry => ({
  type: 'attempt.started',
  taskId,
  agentId: 'a',
  n,
  key: `r/${taskId}/${n}`,
  at,
});
const ended = (n: number, more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  ...{ n, agentId: 'a', key: `k${n}`, startedAt: 2000, endedAt: 3000, result: 'failed', error: null },
  ...more,
});
const parked = (taskId: string, state: ParkedTask['state'], more: Partial<ParkedTask> = {}): LogEntry => ({
  ...{ type: 'task.parked', taskId, state, attempts: [ended(1)] },
  ...{ notes: NO_NOTES, waits: NO_WAITS, error: null, answer: NO_ANSWER },
  ...more,
});
const settled = (id: string, attempts: AttemptRecord[] = []): LogEntry => {
  const report = fakeReport(fakeTask(id), 'succeeded');
  return { type: 'task.settled', report: { ...report, outcome: { ...report.outcome, attempts } } };
};
const call = (attempts: AttemptRecord[], status: 'succeeded' | 'failed' = 'failed'): LogEntry => ({
  ...{ type: 'call.settled', phase: 'decompose', taskId: 'phase:decompose', prompt: 'P', agentId: 'a', status },
  ...{ output: '', error: null, attempts },
});
const usage = (totalTokens: number, costUsd?: number) => ({
  usage: { totalTokens, ...(costUsd === undefined ? {} : { costUsd }) },
});

describe('a run of which nothing is recorded', () => {
  it('has its whole time, when a plan is all there is', () => {
    expect(replayed([])).toMatchObject({
      ...{ startedAt: 1000, deadlineAt: null, budgetAt: null, limitAt: null, isCompiled: false, lastStartAt: null },
      ...{ phases: {}, phaseRecords: [], approved: null, settled: [], processes: [], end: null },
      spent: { attempts: 0, tokens: 0, costUsd: 0 },
    });
  });

  it('is bound from its start, when it is a question', () => {
    const settings = { ...COLLECT_SETTINGS, timeoutMs: 500, budget: { timeMs: 300 } };
    expect(replayed([], { query: 'Why?', settings })).toMatchObject({
      deadlineAt: 1500,
      limitAt: 1500,
      budgetAt: 1300,
    });
    expect(replayed([], { settings })).toMatchObject({ deadlineAt: null, limitAt: null, budgetAt: null });
  });
});

describe('what was done before', () => {
  it('is what its phases gave, and how they did it', () => {
    const record = { phase: 'assess', by: 'offline' } as never;
    const run = replayed([
      { type: 'phase.completed', phase: 'assess', output: { level: 1 }, at: 1100, record },
      { type: 'phase.completed', phase: 'collect', output: 2, at: 1200 },
      { type: 'plan.approved', plan: { tasks: [] }, at: 1300 },
    ]);
    expect(run.phases).toEqual({ assess: { level: 1 }, collect: 2 });
    expect(run.phaseRecords).toEqual([record]);
    expect(run.approved).toEqual({ tasks: [] });
  });

  it('is bound by what was announced with its plan, and by the deadline it was last resumed with', () => {
    const compiled: LogEntry = {
      type: 'plan.compiled',
      at: 1100,
      tasks: 2,
      ticked: 0,
      deadlineAt: 5000,
      budgetAt: 4000,
    };
    const settings = { ...COLLECT_SETTINGS, timeoutMs: 4000 };
    const bounds = { isCompiled: true, deadlineAt: 5000, budgetAt: 4000, limitAt: null };
    expect(replayed([compiled], { settings })).toMatchObject(bounds);
    const resumed = (deadlineAt: number | null): LogEntry => ({ type: 'run.resumed', at: 1200, deadlineAt });
    expect(replayed([compiled, resumed(7000)])).toMatchObject({ deadlineAt: 7000, limitAt: 7000 });
    expect(replayed([compiled, resumed(null)], { settings })).toMatchObject({ deadlineAt: 5000, limitAt: null });
  });

  it('counts no time in which no process worked on it in a derived limit', () => {
    const compiled: LogEntry = {
      ...{ type: 'plan.compiled', at: 1100, tasks: 1, ticked: 0 },
      ...{ deadlineAt: 5000, budgetAt: null },
    };
    const moved: LogEntry = { type: 'limit.moved', at: 1300, deadlineAt: 11_000, heldUntil: 7000 };
    expect(replayed([compiled], {}, 9000)).toMatchObject({ deadlineAt: 5000 + 7900, heldUntil: null });
    // What a provider asked for was granted in advance, and counts once.
    expect(replayed([compiled, moved], {}, 5000)).toMatchObject({ deadlineAt: 11_000, heldUntil: 7000 });
    expect(replayed([compiled, moved], {}, 9000)).toMatchObject({ deadlineAt: 13_000, heldUntil: 7000 });
    const set: LogEntry = { type: 'run.resumed', at: 1400, deadlineAt: 6000 };
    expect(replayed([compiled, moved, set], {}, 9000)).toMatchObject({ deadlineAt: 6000, limitAt: 6000 });
  });

  it('is each settlement once, in order, and nothing else of what settled', () => {
    const run = replayed([parked('a', 'retrying'), started('b'), settled('b'), settled('a'), settled('b')]);
    expect(run.settled.map(({ outcome }) => outcome.taskId)).toEqual(['b', 'a']);
    expect(run.tasks.size).toBe(0);
  });

  it('is what breakers of the run were left as, each as it was last', () => {
    const changed = (state: 'open' | 'closed'): LogEntry => ({
      ...{ type: 'breaker.changed', agentId: 'x', state, failures: [], retryAt: 1 },
    });
    expect(replayed([changed('open'), changed('closed')]).breakers.get('x')).toEqual({
      ...{ agentId: 'x', state: 'closed', failures: [], retryAt: 1 },
    });
  });

  it('is its end, with outcomes in the order of the plan', () => {
    const end = { runId: 'r', status: 'succeeded', metadata: 1 } as never;
    const run = replayed([settled('b'), settled('a'), { type: 'run.settled', at: 3000, result: end }]);
    expect(run.end).toBe(end);
    const result = resultOf(run, end, ['a', 'gone', 'b']);
    expect(result).toMatchObject({ runId: 'r', status: 'succeeded', metadata: 1 });
    expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(['a', 'b']);
  });
});

describe('an attempt whose end is not recorded', () => {
  it('is over, consumed no retry, and its task asks for the next one', () => {
    const { tasks } = replayed([started('a')]);
    expect(tasks.get('a')).toEqual({
      ...{ state: 'staggered', notes: NO_NOTES, waits: NO_WAITS, error: null, answer: NO_ANSWER },
      attempts: [
        {
          ...{ n: 1, agentId: 'a', key: 'r/a/1', startedAt: 2000, endedAt: NOW, result: 'cancelled' },
          error: { kind: 'cancelled', message: INTERRUPTED, retryable: true },
        },
      ],
    });
  });

  it('ended when another process took over, and not before it began', () => {
    const run = replayed([started('a'), { type: 'run.resumed', at: 2500, deadlineAt: null }]);
    expect(run.tasks.get('a')?.attempts).toMatchObject([{ endedAt: 2500 }]);
    const early = replayed([started('a', 1, 2000), { type: 'run.resumed', at: 1500, deadlineAt: null }]);
    expect(early.tasks.get('a')?.attempts).toMatchObject([{ startedAt: 2000, endedAt: 2000 }]);
  });

  it('keeps the session it named, and follows what its task had been through', () => {
    const waits = { ...NO_WAITS, coolingMs: 70 };
    const run = replayed([
      parked('a', 'cooling', { waits }),
      started('a', 2),
      { type: 'attempt.session', key: 'r/a/2', session: 's' },
    ]);
    expect(run.tasks.get('a')).toMatchObject({
      state: 'staggered',
      waits,
      attempts: [{ n: 1 }, { n: 2, session: 's' }],
    });
  });

  it('of a fallback leaves its task in the fallback', () => {
    expect(replayed([parked('a', 'fallback'), started('a', 2)]).tasks.get('a')?.state).toBe('fallback');
  });

  it('keeps its processes over a resume that may not have ended them, until its task settles', () => {
    const found: LogEntry = { type: 'process.started', key: 'r/a/1', pid: 11, started: 't' };
    const resumed: LogEntry = { type: 'run.resumed', at: 2000, deadlineAt: null };
    expect(replayed([started('a'), found, resumed]).processes).toMatchObject([{ pid: 11 }]);
    expect(replayed([started('a'), found, resumed, started('a', 2), settled('a')]).processes).toEqual([]);
  });

  it('leaves processes, which those of a task that has settled are not', () => {
    const process = (key: string, pid: number): LogEntry => ({ type: 'process.started', key, pid, started: 't' });
    const { processes } = replayed([
      started('a'),
      process('r/a/1', 11),
      process('r/a/1', 12),
      settled('a'),
      started('b'),
      process('r/b/1', 21),
      process('r/b/1', 22),
      started('c'),
    ]);
    expect(processes).toEqual([
      { key: 'r/b/1', pid: 21, started: 't' },
      { key: 'r/b/1', pid: 22, started: 't' },
    ]);
  });
});

describe('a task that had begun', () => {
  it('is where it was parked, and no attempt of it is under way', () => {
    const run = replayed([started('a'), parked('a', 'retrying')]);
    expect(run.tasks.get('a')).toMatchObject({ state: 'retrying', attempts: [{ n: 1 }] });
    expect(run.tasks.get('a')).not.toHaveProperty('taskId');
    expect(run.tasks.get('a')).not.toHaveProperty('type');
  });

  it('and was interrupted rests when it ran, and stays where it waited', () => {
    const interrupted: LogEntry = { type: 'task.interrupted', taskId: 'a', attempts: [ended(1), ended(2)] };
    const ran = replayed([parked('a', 'retrying'), started('a', 2), interrupted]).tasks.get('a');
    expect(ran).toMatchObject({ state: 'staggered', attempts: [{ n: 1 }, { n: 2 }] });
    expect(replayed([parked('a', 'retrying'), interrupted]).tasks.get('a')?.state).toBe('retrying');
    expect(replayed([interrupted]).tasks.get('a')?.state).toBe('staggered');
  });

  it('and waited for its breaker asks anew, and its wait counts', () => {
    const waits = { ...NO_WAITS, openMs: 100, since: 6000 };
    const run = replayed([parked('a', 'circuitOpen', { waits }), parked('b', 'cooling', { waits })]);
    expect(run.tasks.get('a')).toMatchObject({ state: 'staggered', waits: { openMs: 3100 } });
    expect(run.tasks.get('b')).toMatchObject({ state: 'cooling', waits: { openMs: 100 } });
  });
});

describe('what was spent', () => {
  it('counts every start, and what every recorded attempt used, wherever it stands', () => {
    const run = replayed([
      started('a', 1, 2000),
      settled('a', [ended(1, usage(10, 0.5))]),
      started('b', 1, 2500),
      parked('b', 'retrying', { attempts: [ended(1, usage(20)), ended(2)] }),
      started('phase:decompose', 1, 2200),
      call([ended(1, usage(40, 0.25))]),
    ]);
    expect(run.spent).toEqual({ attempts: 3, tokens: 70, costUsd: 0.75 });
    expect(run.lastStartAt).toBe(2200);
  });

  it('counts what a call used before it was asked anew, also when that was interrupted', () => {
    const first = [started('phase:decompose'), call([ended(1, usage(40))])];
    const again = [...first, started('phase:decompose', 2)];
    const run = replayed(again);
    expect(run.spent).toMatchObject({ attempts: 2, tokens: 40 });
    expect(run.tasks.get('phase:decompose')?.attempts).toMatchObject([{ n: 1 }, { n: 2, result: 'cancelled' }]);
    expect(run.calls.size).toBe(0);
    const both = replayed([...again, call([ended(1, usage(40)), ended(2, usage(5))], 'succeeded')]);
    expect(both.spent).toMatchObject({ attempts: 2, tokens: 45 });
    expect(both.tasks.size).toBe(0);
    expect(both.calls.get('phase:decompose')).toMatchObject({ status: 'succeeded', attempts: [{ n: 1 }, { n: 2 }] });
  });

  it.each<LogEntry>([
    parked('phase:decompose', 'circuitOpen', { attempts: [ended(1, usage(40))] }),
    { type: 'task.interrupted', taskId: 'phase:decompose', attempts: [ended(1, usage(40))] },
  ])('counts it once, also when nothing had started again: $type', (entry) => {
    const run = replayed([started('phase:decompose'), call([ended(1, usage(40))]), entry]);
    expect(run.spent).toMatchObject({ attempts: 1, tokens: 40 });
    expect(run.tasks.get('phase:decompose')?.attempts).toMatchObject([{ n: 1 }]);
    expect(run.calls.size).toBe(0);
  });

  it('remembers the rate limits of a call that is asked anew', () => {
    const limit = { agentId: 'a', taskId: 'phase:decompose', resumeAt: 4000 };
    const limited = { ...call([ended(1)]), rateLimits: [limit] } as LogEntry;
    const run = replayed([started('phase:decompose'), limited, started('phase:decompose', 2)]);
    expect(run.tasks.get('phase:decompose')?.notes).toEqual({ ...NO_NOTES, rateLimits: [limit] });
  });
});

describe('a clock that was put back', () => {
  const late = fakeReport(fakeTask('a'), 'succeeded');
  const atSix: LogEntry[] = [
    started('a', 1, 6000),
    parked('a', 'retrying', { waits: { ...NO_WAITS, since: 6000 } }),
    { type: 'task.settled', report: { ...late, outcome: { ...late.outcome, settledAt: 6000 } } },
  ];

  it.each(atSix.map((entry) => [entry.type, entry] as const))(
    'is known by the latest instant on record: %s',
    (_, entry) => {
      expect(replayed([started('b', 1, 2000), entry, started('c', 1, 3000)], {}, 1000).startedAt).toBe(-4000);
      expect(replayed([entry], {}, 6000).startedAt).toBe(1000);
    },
  );

  it('moves every instant, so that what was left of a wait is left', () => {
    const waits = { ...NO_WAITS, since: 6000, until: 8000, resumeAt: 7000 };
    const run = replayed(
      [
        { type: 'plan.compiled', at: 1100, tasks: 2, ticked: 0, deadlineAt: 50_000, budgetAt: 40_000 },
        started('a', 1, 2000),
        parked('a', 'retrying', { waits }),
      ],
      {},
      1000,
    );
    expect(run).toMatchObject({
      startedAt: -4000,
      deadlineAt: 45_000,
      budgetAt: 35_000,
      limitAt: null,
      lastStartAt: -3000,
    });
    expect(run.tasks.get('a')?.waits).toMatchObject({ since: 1000, until: 3000, resumeAt: 2000 });
  });
});
