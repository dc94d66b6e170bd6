import { describe, expect, it } from 'vitest';
import { resolveAgents } from '../../src/agents/resolve.ts';
import { RunBook } from '../../src/machines/collect/book.ts';
import { conclude } from '../../src/machines/collect/conclude.ts';
import {
  agentOf,
  doneReports,
  endsRun,
  fallbackOf,
  runTimeoutMs,
  skipsOf,
  statusOf,
  tryCompile,
  withHistory,
} from '../../src/machines/collect/logic.ts';
import { buildMetadata } from '../../src/machines/collect/metadata.ts';
import { createRun } from '../../src/machines/collect/run.ts';
import type { Stop } from '../../src/machines/collect/stops.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import type { CompiledPlan, Plan, Task, TaskSpec } from '../../src/plan/types.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import { NO_WAITS, type ParkedTask } from '../../src/run/parked-task.ts';
import { COLLECT_SETTINGS, type CollectSettings, policiesOf, runBounds } from '../../src/run/settings.ts';
import type { TaskNotes, TaskReport } from '../../src/run/task-report.ts';
import type { AttemptRecord, TaskOutcome } from '../../src/types/task.ts';
import { addressee, fakeReport, fakeServices } from '../model/fakes.ts';

/** Agents by id. */
const known = (...ids: string[]) => ({ agents: resolveAgents(Object.fromEntries(ids.map((id) => [id, () => '']))) });
const one = (id: string, more: Partial<TaskSpec> = {}): TaskSpec => ({ id, prompt: `do ${id}`, ...more });
const planOf = (tasks: TaskSpec[], rest: Partial<Plan> = {}) => compilePlan({ ...rest, tasks });
const taskOf = (plan: CompiledPlan, id: string) => plan.byId.get(id) as Task;
const settingsOf = (changes: Partial<CollectSettings> = {}): CollectSettings => ({ ...COLLECT_SETTINGS, ...changes });

function reportOf(task: Task, outcome: Partial<TaskOutcome> = {}, notes: Partial<TaskNotes> = {}): TaskReport {
  const report = fakeReport(task, outcome.status ?? 'succeeded');
  return { outcome: { ...report.outcome, ...outcome }, notes: { ...report.notes, ...notes } };
}

const attempt = (n: number, result: AttemptRecord['result'], agentId = 'a'): AttemptRecord => ({
  n,
  agentId,
  key: `r/x/${n}`,
  startedAt: 10 * n,
  endedAt: 10 * n + 5,
  result,
  error: null,
});

describe('a plan that is compiled already', () => {
  it('is taken as it is; one that cannot be compiled is an error, not an exception', () => {
    const plan = planOf([one('x')]);
    expect(tryCompile(plan, known('a'))).toBe(plan);
    expect(tryCompile({ tasks: [one('x')] }, known())).toMatchObject({ waves: [[{ id: 'x' }]] });
    expect(tryCompile({ tasks: [one('x', { agent: 'b' })] }, known('a'))).toMatchObject({
      kind: 'invalid_request',
      message: expect.stringContaining('`b`'),
      retryable: false,
    });
    expect(tryCompile({ tasks: [one('x', { dependsOn: ['x'] })] }, known())).toMatchObject({ kind: 'invalid_request' });
    const { waves: _, ...half } = plan;
    expect(tryCompile(half as never, known())).not.toBe(half);
    const broken = {
      get tasks(): never {
        throw new Error('gone');
      },
    };
    expect(tryCompile(broken as never, known())).toEqual({
      kind: 'invalid_request',
      message: 'The plan could not be compiled: Error: gone',
      retryable: false,
    });
  });
});

describe('the policy of a task', () => {
  const policyOf = (spec: Partial<TaskSpec>, plan: Partial<Plan> = {}, settings: Partial<CollectSettings> = {}) => {
    const compiled = planOf([one('x', spec)], plan);
    return policiesOf(compiled, settingsOf(settings))(taskOf(compiled, 'x'));
  };

  it('is its own before the plan’s default before the run’s', () => {
    const defaults = { policy: 'production' as const };
    expect(policyOf({}, {}, { policy: POLICIES.test })).toBe(POLICIES.test);
    expect(policyOf({}, { defaults }, { policy: POLICIES.test })).toBe(POLICIES.production);
    expect(policyOf({ policy: 'fastFail' }, { defaults }, { policy: POLICIES.test })).toBe(POLICIES.fastFail);
    expect(policyOf({ policy: { preset: 'fastFail' } }, { defaults })).toEqual(POLICIES.fastFail);
  });

  it('has the retries of the task before those of the run', () => {
    expect(policyOf({}).retry.retries).toBe(POLICIES.patient.retry.retries);
    expect(policyOf({}, {}, { retries: 7 }).retry.retries).toBe(7);
    expect(policyOf({ retries: 0 }, {}, { retries: 7 }).retry.retries).toBe(0);
  });

  it('is kept in the bounds of the engine, one by one', () => {
    const { breaker, cooling } = POLICIES.patient;
    const bounded = (bounds: CollectSettings['bounds']) => policyOf({}, {}, { bounds });
    expect(bounded({})).toBe(POLICIES.patient);
    expect(bounded({ maxCoolingMs: 1 })).toMatchObject({ cooling: { ...cooling, maxCoolingMs: 1 }, breaker });
    expect(bounded({ maxRateLimits: 1 })).toMatchObject({ cooling: { ...cooling, maxRateLimits: 1 }, breaker });
    expect(bounded({ maxOpenWaitMs: 1 })).toMatchObject({ breaker: { ...breaker, maxOpenWaitMs: 1 }, cooling });
    expect(bounded({ onOpen: 'wait' })).toMatchObject({ breaker: { ...breaker, onOpen: 'wait' }, cooling });
  });

  it('is one object for tasks that say the same, and not for others', () => {
    const policy = { retry: { retries: 3 } };
    const specs = [one('a', { policy }), one('b', { policy }), one('c', { policy, retries: 1 }), one('d'), one('e')];
    const compiled = planOf(specs);
    const of = policiesOf(compiled, settingsOf());
    const [a, b, c, d, e] = compiled.tasks.map((task) => of(task));
    expect(a).toBe(b);
    expect(d).toBe(e);
    expect(new Set([a, c, d]).size).toBe(3);
    expect(c?.retry.retries).toBe(1);
  });
});

describe('the derived timeout of a run', () => {
  const BUFFER = 120_000;
  const policy = { ...POLICIES.test, retry: { ...POLICIES.test.retry, retries: 0 } };
  const limit = policy.clocks.maxTimeoutMs;
  const derived = (
    specs: TaskSpec[],
    settings: Partial<CollectSettings> = {},
    engine = { maxConcurrent: 2, staggerMs: 0 },
  ) => {
    const plan = planOf(specs);
    const all = settingsOf({ policy, ...settings });
    return runTimeoutMs(plan, all, policiesOf(plan, all), engine);
  };
  const three = ['a', 'b', 'c'].map((id) => one(id));

  it('is what was given, when it was', () => {
    expect(derived(three, { timeoutMs: 5 })).toBe(5);
  });

  it('is the longest that its tasks may take, by their own policies and limits', () => {
    expect(derived(three)).toBe(2 * limit + BUFFER);
    const own = one('d', { policy: { preset: 'test', retry: { retries: 0 }, clocks: { maxTimeoutMs: 5 * limit } } });
    expect(derived([...three.slice(1), own])).toBe(2 * 5 * limit + BUFFER);
    expect(derived([own, ...three.slice(1)])).toBe(2 * 5 * limit + BUFFER);
    expect(derived([...three.slice(1), one('d', { timeoutMs: 3 * limit })])).toBe(2 * 3 * limit + BUFFER);
    expect(derived([one('d', { timeoutMs: 3 * limit }), ...three.slice(1)])).toBe(2 * 3 * limit + BUFFER);
  });

  it('counts a fallback where there is one', () => {
    expect(derived(three, { fallback: 'z' })).toBe(2 * 2 * limit + BUFFER);
    expect(
      derived(
        ['a', 'b', 'c'].map((id) => one(id, { fallback: false })),
        { fallback: 'z' },
      ),
    ).toBe(2 * limit + BUFFER);
    expect(derived([...three.slice(1), one('d', { fallback: 'z' })])).toBe(2 * 2 * limit + BUFFER);
    expect(derived([one('d', { fallback: 'z' }), ...three.slice(1)])).toBe(2 * 2 * limit + BUFFER);
  });

  it('goes by the narrower of the run’s lanes and the engine’s, and by the wider of their gaps', () => {
    expect(derived(three, { maxConcurrent: 1 })).toBe(3 * limit + BUFFER);
    expect(derived(three, { maxConcurrent: 9 })).toBe(2 * limit + BUFFER);
    const engine = { maxConcurrent: 3, staggerMs: 1000 };
    expect(derived(three, {}, engine)).toBe(limit + 2 * 1000 + BUFFER);
    expect(derived(three, { staggerMs: 10 }, engine)).toBe(limit + 2 * 1000 + BUFFER);
    expect(derived(three, { staggerMs: 5000 }, engine)).toBe(limit + 2 * 5000 + BUFFER);
  });
});

describe('the agent of a task', () => {
  const agents = resolveAgents({ a: () => '', b: () => '' });
  const only = resolveAgents({ a: () => '' });

  it('is the one it names, else the only one there is', () => {
    const plan = planOf([one('x', { agent: 'b' }), one('y'), one('z', { agent: 'nobody' })]);
    const ids = (all: typeof agents) => plan.tasks.map((task) => agentOf(task, all)?.id ?? null);
    expect(ids(agents)).toEqual(['b', null, null]);
    expect(ids(only)).toEqual([null, 'a', null]);
  });

  it('has the fallback of the task before that of the run', () => {
    const plan = planOf([one('x'), one('y', { fallback: 'a' }), one('z', { fallback: false })]);
    const ids = (fallback: string | null) =>
      plan.tasks.map((task) => fallbackOf(task, settingsOf({ fallback }), agents)?.id ?? null);
    expect(ids(null)).toEqual([null, 'a', null]);
    expect(ids('b')).toEqual(['b', 'a', null]);
    expect(ids('nobody')).toEqual([null, 'a', null]);
  });

  it('that does not exist skips the task, saying so', () => {
    const plan = planOf([one('x', { agent: 'a' }), one('y'), one('z', { agent: 'nobody' })]);
    expect(skipsOf(plan.tasks, new RunBook(plan, 'proceed', 0), agents)).toEqual([
      { taskId: 'y', kind: 'not_found', message: 'The task names no agent.' },
      { taskId: 'z', kind: 'not_found', message: 'There is no agent `nobody`.' },
    ]);
  });
});

describe('a task that was done before', () => {
  it('has succeeded with its output, without an attempt', () => {
    const plan = planOf([one('x', { done: { output: 'before' } }), one('y')]);
    expect(doneReports(plan, 70).map(({ outcome }) => outcome)).toMatchObject([
      { taskId: 'x', status: 'succeeded', output: 'before', attempts: [], settledAt: 70, error: null },
    ]);
  });
});

describe('the report of a task that did not run any more', () => {
  const plan = planOf([one('x')]);
  const report = reportOf(taskOf(plan, 'x'), { status: 'cancelled', settledAt: 100 });
  const parked: ParkedTask = {
    state: 'retrying',
    attempts: [attempt(1, 'failed'), attempt(2, 'failed')],
    notes: { ...report.notes, retries: 1 },
    waits: NO_WAITS,
    error: null,
    answer: { output: 'half', truncated: true },
  };

  it('reports what it went through before', () => {
    expect(withHistory(report, parked)).toEqual({
      outcome: {
        ...report.outcome,
        output: 'half',
        outputTruncated: true,
        startedAt: 10,
        durationMs: 90,
        attempts: parked.attempts,
      },
      notes: parked.notes,
    });
    const early = reportOf(taskOf(plan, 'x'), { settledAt: 3 });
    expect(withHistory(early, parked).outcome.durationMs).toBe(0);
  });

  it('is as it is when there was nothing before, or when it reports its own', () => {
    expect(withHistory(report, undefined)).toBe(report);
    expect(withHistory(report, { ...parked, attempts: [] })).toBe(report);
    const own = reportOf(taskOf(plan, 'x'), { attempts: [attempt(1, 'succeeded')] });
    expect(withHistory(own, parked)).toBe(own);
  });
});

describe('a failure', () => {
  it('ends the run when the task is critical, or, under abort, when others need it', () => {
    const plan = planOf([one('c', { critical: true }), one('x'), one('y', { dependsOn: ['x'] })]);
    const ends = (
      id: string,
      onDependencyFailure: CollectSettings['onDependencyFailure'],
      status = 'failed' as const,
    ) => endsRun(plan, reportOf(taskOf(plan, id), { status }), settingsOf({ onDependencyFailure }));
    expect([ends('c', 'proceed'), ends('x', 'proceed'), ends('y', 'proceed')]).toEqual([true, false, false]);
    expect([ends('c', 'abort'), ends('x', 'abort'), ends('y', 'abort')]).toEqual([true, true, false]);
    expect(ends('c', 'abort', 'cancelled' as never)).toBe(false);
  });
});

describe('the status of a run', () => {
  it('is the first that matches', () => {
    const status = (cancelled: boolean, broke: boolean, succeeded: number, total: number) =>
      statusOf({ cancelled, broke, succeeded, total });
    expect(status(true, true, 1, 1)).toBe('cancelled');
    expect(status(false, true, 1, 1)).toBe('failed');
    expect(status(false, false, 2, 2)).toBe('succeeded');
    expect(status(false, false, 0, 0)).toBe('succeeded');
    expect(status(false, false, 1, 2)).toBe('partial');
    expect(status(false, false, 0, 2)).toBe('failed');
  });
});

describe('the book of a run', () => {
  const plan = planOf([one('x'), one('y'), one('z', { dependsOn: ['x', 'y'] })]);
  const [x, y, z] = ['x', 'y', 'z'].map((id) => taskOf(plan, id)) as [Task, Task, Task];

  it('says who is ready, and since when', () => {
    const book = new RunBook(plan, 'proceed', 5);
    expect([x, y, z].map((task) => book.isReady(task))).toEqual([true, true, false]);
    expect(book.readyAt(x)).toBe(5);
    expect(book.settle(reportOf(x, { settledAt: 20 }))).toEqual([]);
    expect(book.settle(reportOf(y, { settledAt: 30 }))).toEqual([z]);
    expect([book.isReady(z), book.readyAt(z)]).toEqual([true, 30]);
    expect(book.unsettled(plan.tasks)).toEqual([z]);
    expect(book.toJSON()).toEqual({ total: 3, settled: 2, succeeded: 2, failed: 0, cancelled: 0, skipped: 0 });
  });

  it('counts the first report of a task, and none of a stranger', () => {
    const book = new RunBook(plan, 'proceed', 0);
    book.settle(reportOf(x, { status: 'failed' }));
    expect(book.settle(reportOf(x))).toBeNull();
    expect(book.settle(reportOf({ ...x, id: 'stranger' }))).toBeNull();
    expect([book.settled, book.counts.failed, book.counts.succeeded]).toEqual([1, 1, 0]);
    expect(book.report(x)?.outcome.status).toBe('failed');
  });

  it('does not offer a task that settled before its dependencies', () => {
    const book = new RunBook(plan, 'proceed', 0);
    book.settle(reportOf(z, { status: 'cancelled' }));
    book.settle(reportOf(x));
    expect(book.settle(reportOf(y))).toEqual([]);
    expect(book.reports().map(({ outcome }) => outcome.taskId)).toEqual(['x', 'y', 'z']);
  });

  it('says why a task must be skipped, when tasks are skipped', () => {
    const skip = (onFailure: 'skip' | 'proceed', outcome: Partial<TaskOutcome>) => {
      const book = new RunBook(plan, onFailure, 0);
      book.settle(reportOf(x));
      book.settle(reportOf(y, outcome));
      return book.skipOf(z);
    };
    const error = { kind: 'exit' as const, message: 'It broke.', retryable: false };
    expect(skip('proceed', { status: 'failed', error })).toBeNull();
    expect(skip('skip', { status: 'succeeded' })).toBeNull();
    expect(skip('skip', { status: 'failed', error })).toEqual({
      taskId: 'z',
      kind: 'dependency',
      message: 'dependency `y` failed: It broke.',
    });
    expect(skip('skip', { status: 'skipped', error })?.message).toBe('dependency `y` was skipped: It broke.');
    expect(skip('skip', { status: 'cancelled', error: null })?.message).toBe('dependency `y` cancelled');
    expect(new RunBook(plan, 'skip', 0).skipOf(z)).toBeNull();
  });

  it('gives a task what its dependencies produced, and its passages', () => {
    const passages = [{ id: 'p', path: 'a.md', startLine: 1, endLine: 2, text: 'So it is.', score: 1 }];
    const reading = planOf([one('x'), one('y'), one('z', { dependsOn: ['x', 'y'], passages })]);
    const book = new RunBook(reading, 'proceed', 0);
    book.settle(reportOf(taskOf(reading, 'x'), { output: 'from x' }));
    book.settle(reportOf(taskOf(reading, 'y'), { status: 'failed', output: 'half' }));
    const prepared = book.prepare(taskOf(reading, 'z'));
    expect(prepared.dependencies).toEqual({ x: 'from x' });
    expect(prepared.partialContext).toBe(true);
    expect(prepared.prompt).toContain('So it is.');
    expect(book.prepare(taskOf(reading, 'x'))).toMatchObject({
      prompt: 'do x',
      dependencies: {},
      partialContext: false,
    });
  });
});

describe('the metadata of a run', () => {
  const plan = planOf([one('x'), one('y', { dependsOn: ['x'] }), one('z')]);
  const [x, y, z] = ['x', 'y', 'z'].map((id) => taskOf(plan, id)) as [Task, Task, Task];
  const figures = { startedAt: 10, endedAt: 110, peakConcurrency: 2, breakers: {} };

  it('counts what the outcomes and notes of its tasks say', () => {
    const early = { taskId: 'y', agentId: 'a', kind: 'auth' as const, reason: 'seen', detectedMs: 5 };
    const limit = { taskId: 'y', agentId: 'a', resumeAt: 7 };
    const reports = [
      reportOf(x, { agentId: 'a', attempts: [attempt(1, 'failed'), attempt(2, 'abandoned'), attempt(3, 'succeeded')] }),
      reportOf(
        y,
        {
          agentId: 'a',
          status: 'failed',
          attempts: [attempt(1, 'rate_limited'), attempt(2, 'failed'), attempt(3, 'failed', 'b')],
        },
        {
          usedFallback: true,
          circuitBlocked: ['open'],
          earlyTerminations: [early],
          rateLimits: [limit],
          heartbeat: { events: 3, longestSilenceMs: 9 },
        },
      ),
      reportOf(z, { agentId: 'a', via: 'cache' }),
    ];
    expect(buildMetadata(plan, reports, figures)).toMatchObject({
      totalTasks: 3,
      succeeded: 2,
      failed: 1,
      cancelled: 0,
      skipped: 0,
      waves: [['x', 'z'], ['y']],
      fallbackCount: 1,
      cacheHits: 1,
      retriedTasks: [{ taskId: 'x', agentId: 'a', retries: 2 }],
      circuitBlocked: [{ taskId: 'y', agentId: 'a', reason: 'open' }],
      earlyTerminations: [early],
      rateLimits: [limit],
      heartbeats: [
        { taskId: 'x', agentId: 'a', events: 0, longestSilenceMs: 0 },
        { taskId: 'y', agentId: 'a', events: 3, longestSilenceMs: 9 },
      ],
      peakConcurrency: 2,
      totalDurationMs: 100,
      phases: [],
    });
  });

  it('has the longest chain by what its tasks took', () => {
    const path = (...durations: number[]) =>
      buildMetadata(
        plan,
        [x, y, z].map((task, at) => reportOf(task, { durationMs: durations[at] ?? 0 })),
        figures,
      ).criticalPathMs;
    expect(path(30, 20, 40)).toBe(50);
    expect(path(30, 20, 60)).toBe(60);
    expect(buildMetadata(plan, [], figures).criticalPathMs).toBe(0);
  });
});

describe('the bounds of a run', () => {
  it('are what its settings say, from when it began', () => {
    expect(runBounds({}, 100)).toEqual({ deadlineAt: null, budgetAt: null });
    expect(runBounds({ timeoutMs: null, budget: { tokens: 5 } }, 100)).toEqual({ deadlineAt: null, budgetAt: null });
    expect(runBounds({ timeoutMs: 50, budget: { timeMs: 20 } }, 100)).toEqual({ deadlineAt: 150, budgetAt: 120 });
  });
});

describe('what a run comes to', () => {
  const stopped = (cause: Stop['cause'], kind: Stop['kind'] = 'cancelled'): Stop => ({ cause, kind, message: 'So.' });
  const plan = { tasks: [one('x', { agent: 'a', fallback: 'b' }), one('y', { agent: 'a', critical: true })] };

  function concluded(stop: Stop | null, x: TaskOutcome['status'], y: TaskOutcome['status'], given: Plan = plan) {
    const run = createRun(
      { plan: given },
      { ...fakeServices(), breakerMetrics: metricsOf },
      { now: () => 10, ref: addressee() },
    );
    for (const [at, status] of [x, y].entries()) {
      const task = run.plan.tasks[at];
      if (task) run.book.settle(reportOf(task, { status }));
    }
    return conclude(run, stop, 70);
  }
  const asked: string[] = [];
  const metrics = { state: 'closed' as const, failures: 0, opened: 0, halfOpened: 0, closed: 0, rejected: 0 };
  const metricsOf = ({ id: agentId }: { id: string }) => {
    asked.push(agentId);
    return agentId === 'a' ? metrics : null;
  };

  it('is cancelled when it was asked to stop or its time was up, and failed when it broke', () => {
    expect(concluded(stopped('request'), 'succeeded', 'cancelled').status).toBe('cancelled');
    expect(concluded(stopped('time', 'timeout'), 'succeeded', 'cancelled').status).toBe('cancelled');
    expect(concluded(stopped('request', 'internal'), 'succeeded', 'cancelled').status).toBe('failed');
    expect(concluded(stopped('budget', 'budget'), 'succeeded', 'skipped').status).toBe('partial');
    expect(concluded(stopped('budget', 'internal'), 'succeeded', 'skipped').status).toBe('failed');
    expect(concluded(stopped('failure', 'dependency'), 'succeeded', 'cancelled').status).toBe('failed');
  });

  it('is failed by a critical task alone, when nothing was stopped', () => {
    expect(concluded(null, 'succeeded', 'failed').status).toBe('failed');
    expect(concluded(null, 'failed', 'succeeded').status).toBe('partial');
    expect(concluded(null, 'succeeded', 'skipped').status).toBe('partial');
  });

  it('is failed when its plan is not valid', () => {
    const { status, error, outcomes } = concluded(null, 'succeeded', 'succeeded', {
      tasks: [one('x', { agent: 'z' })],
    });
    expect([status, error?.kind, outcomes]).toEqual(['failed', 'invalid_request', []]);
  });

  it('has the error of what stopped it, unless that stopped nothing', () => {
    const moot = concluded(stopped('budget', 'budget'), 'succeeded', 'succeeded');
    expect([moot.status, moot.error]).toEqual(['succeeded', null]);
    expect(concluded(stopped('request'), 'succeeded', 'cancelled').error).toEqual({
      kind: 'cancelled',
      message: 'So.',
      retryable: false,
    });
  });

  it('has the breakers of all agents that were asked, each looked up once', () => {
    asked.length = 0;
    const { metadata } = concluded(null, 'succeeded', 'succeeded');
    expect(metadata.breakers).toEqual({ a: metrics });
    expect(asked).toEqual(['a', 'b']);
    expect(metadata.totalDurationMs).toBe(60);
  });
});
