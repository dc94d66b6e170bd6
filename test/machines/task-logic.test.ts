import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../src/actors/attempt.ts';
import { resolveAgent } from '../../src/agents/resolve.ts';
import { blocked, cooling, coolingEnd, nextAfter } from '../../src/machines/task/after-failure.ts';
import type { TaskContext, TaskInput } from '../../src/machines/task/events.ts';
import {
  attemptSpec,
  ended,
  fallbackBlocked,
  initialContext,
  isCurrent,
  parked,
  settle,
} from '../../src/machines/task/logic.ts';
import type { Task } from '../../src/plan/types.ts';
import type { PolicyInput } from '../../src/policy/policy.ts';
import { resolvePolicy } from '../../src/policy/presets.ts';
import type { RunLog } from '../../src/run/log.ts';
import type { ParkedTask } from '../../src/run/parked-task.ts';
import type { AttemptRecord, TaskError } from '../../src/types/task.ts';
import { addressee, fakeServices, fakeTask } from '../model/fakes.ts';

const agent = resolveAgent('a', () => '');
const standIn = resolveAgent('b', () => '');
const busy: TaskError = { kind: 'transient', message: 'busy', retryable: true };

interface Given extends Partial<TaskInput> {
  settings?: Exclude<PolicyInput, string>;
  isSpent?: boolean;
}

function contextOf({ settings, isSpent = false, ...input }: Given = {}, rest: Partial<TaskContext> = {}): TaskContext {
  const context = initialContext({
    task: fakeTask('one'),
    runId: 'run',
    agent,
    fallback: null,
    policy: resolvePolicy(settings),
    prepared: { prompt: 'Do one', dependencies: {}, partialContext: false },
    readyAt: 0,
    services: fakeServices({ isSpent }),
    publish: () => {},
    ...input,
  });
  return { ...context, ...rest };
}

function resultOf(changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    status: 'failed',
    output: '',
    truncated: false,
    error: busy,
    retryAt: null,
    endedAt: 1000,
    heartbeat: { events: 0, longestSilenceMs: 0 },
    earlyTermination: null,
    ...changes,
  };
}

const record = (n: number): AttemptRecord => ({
  n,
  agentId: 'a',
  key: `run/one/${n}`,
  startedAt: 100 * n,
  endedAt: 100 * n + 50,
  result: 'failed',
  error: busy,
});

describe('a task that is resumed', () => {
  const stood: ParkedTask = {
    state: 'retrying',
    attempts: [record(3), record(1)],
    notes: { ...contextOf().notes, retries: 2 },
    waits: { ...contextOf().waits, until: 900 },
    error: busy,
    answer: { output: 'half', truncated: true },
  };

  it('stands where it stood, and numbers its attempts from the highest on', () => {
    const context = contextOf({ resumed: stood });
    expect(context.attempt).toBe(3);
    expect(parked(context, 'retrying')).toEqual(stood);
  });
});

describe('what the executor is reported of an attempt', () => {
  const specOf = (input: Given) => attemptSpec(contextOf(input, { attempt: 2 }), addressee());

  it('has nothing that was not said', () => {
    expect(specOf({}).request).toStrictEqual({
      prompt: 'Do one',
      question: 'Do one',
      taskId: 'one',
      agentId: 'a',
      runId: 'run',
      attempt: 2,
      key: 'run/one/2',
      dependencies: {},
    });
    expect(specOf({}).log).toBeNull();
  });

  it('has the query, the passages, the environment, the directory and the journal', () => {
    const log = {} as RunLog;
    const passages = [{ id: 'p', path: 'a.md', startLine: 1, endLine: 2, text: 'So it is.', score: 1 }];
    const more = { passages, env: { A: '1' }, cwd: '/tmp' };
    const task: Task = fakeTask('one', { spec: { id: 'one', prompt: 'Do one', ...more } });
    const spec = specOf({ task, query: 'Why?', log });
    expect(spec.request).toMatchObject({ query: 'Why?', ...more });
    expect(spec.log).toBe(log);
  });
});

describe('an attempt that ended', () => {
  const before = { answer: { output: 'old', truncated: true } };

  it('leaves the best answer so far when it failed with none of its own', () => {
    expect(ended(contextOf({}, before), resultOf()).answer).toEqual(before.answer);
  });

  it('leaves its own answer when it has one, or when it succeeded with an empty one', () => {
    const own = (result: Partial<AttemptResult>) => ended(contextOf({}, before), resultOf(result)).answer?.output;
    expect(own({ output: 'new' })).toBe('new');
    expect(own({ status: 'succeeded', error: null })).toBe('');
  });

  it('is recorded with the reported usage, and without an unreported one', () => {
    const usage = { totalTokens: 7 };
    expect(ended(contextOf(), resultOf({ usage })).attempts?.at(-1)?.usage).toEqual(usage);
    expect(ended(contextOf(), resultOf()).attempts?.at(-1)).not.toHaveProperty('usage');
  });
});

describe('after an attempt that failed', () => {
  it('there is no retry without an error that allows one', () => {
    expect(nextAfter(contextOf(), resultOf())).toBe('retry');
    expect(nextAfter(contextOf(), resultOf({ error: null }))).toBe('fail');
    expect(nextAfter(contextOf(), resultOf({ error: { ...busy, retryable: false } }))).toBe('fail');
  });

  it('what was stopped early is retried as the policy says for that, and a timeout as it says for timeouts', () => {
    const early = resultOf({ earlyTermination: { kind: 'transient', reason: 'seen', detectedMs: 1 } });
    const late = resultOf({ error: { kind: 'idle_timeout', message: 'silent', retryable: true } });
    const next = (result: AttemptResult, retry: object) => nextAfter(contextOf({ settings: { retry } }), result);
    expect(next(early, { retryOnEarlyTermination: true, retryOnTimeout: false })).toBe('retry');
    expect(next(early, { retryOnEarlyTermination: false, retryOnTimeout: true })).toBe('fail');
    expect(next(late, { retryOnEarlyTermination: true, retryOnTimeout: false })).toBe('fail');
    expect(next(late, { retryOnEarlyTermination: false, retryOnTimeout: true })).toBe('retry');
  });

  it('a spent budget takes the place of a retry, a cooling or a fallback, and of nothing else', () => {
    const limited = resultOf({ status: 'rate_limited', error: { ...busy, kind: 'rate_limited' } });
    const refused = resultOf({ error: { kind: 'auth', message: 'who?', retryable: false } });
    expect(nextAfter(contextOf({ isSpent: true }), resultOf())).toBe('giveUp');
    expect(nextAfter(contextOf({ isSpent: true }), limited)).toBe('giveUp');
    expect(nextAfter(contextOf({ isSpent: true, fallback: standIn }), refused)).toBe('giveUp');
    expect(nextAfter(contextOf({ isSpent: true }), refused)).toBe('fail');
  });
});

describe('cooling', () => {
  const bounds = { maxRateLimits: 3, maxCoolingMs: 10_000, defaultCoolingMs: 4000 };
  const limited = (retryAt: number | null) =>
    resultOf({ status: 'rate_limited', error: { ...busy, kind: 'rate_limited' }, retryAt });
  const waiting = (waits: Partial<TaskContext['waits']>) =>
    contextOf({ settings: { cooling: bounds } }, { waits: { ...contextOf().waits, ...waits } });

  it('ends when the provider says, else when the gate estimates, else after the default', () => {
    expect(coolingEnd(waiting({ resumeAt: 3000 }), limited(9000))).toBe(9000);
    expect(coolingEnd(waiting({ resumeAt: 3000 }), limited(null))).toBe(3000);
    expect(coolingEnd(waiting({}), limited(null))).toBe(5000);
  });

  it('never ends before the attempt did', () => {
    expect(coolingEnd(waiting({}), limited(500))).toBe(1000);
  });

  it('is borne up to the longest time, over all times together', () => {
    expect(nextAfter(waiting({ coolingMs: 6000 }), limited(5000))).toBe('cool');
    expect(nextAfter(waiting({ coolingMs: 6000 }), limited(5001))).toBe('fail');
  });

  it('is added to what was borne before, and counts the rate limit', () => {
    const cooled = cooling(waiting({ coolingMs: 6000, rateLimited: 1, resumeAt: 2000 }), limited(4000));
    expect(cooled.waits).toMatchObject({
      coolingMs: 9000,
      rateLimited: 2,
      since: 1000,
      until: 4000,
      resumeAt: null,
    });
  });
});

describe('a breaker that refuses', () => {
  const open = (openMs: number) =>
    blocked(
      contextOf({ settings: { breaker: { maxOpenWaitMs: 500 } } }, { waits: { ...contextOf().waits, openMs } }),
      'It is open.',
      1000,
    );

  it('is waited for as long as there is time left of the longest wait', () => {
    expect(open(0).waits).toMatchObject({ since: 1000, until: 1500 });
    expect(open(200).waits?.until).toBe(1300);
    expect(open(900).waits?.until).toBe(1000);
  });

  it('is an error that no retry mends', () => {
    expect(open(0).error).toEqual({ kind: 'circuit_open', message: 'It is open.', retryable: false });
  });

  it('fails a task whose fallback it refuses by what the task failed of, or else by itself', () => {
    const refused = (error: TaskError | null) => fallbackBlocked(contextOf({ fallback: standIn }, { error }), 'Open.');
    expect(refused(busy).error).toEqual({
      kind: 'transient',
      message: 'busy (fallback b refused: Open.)',
      retryable: false,
    });
    expect(refused(null).error).toEqual({
      kind: 'circuit_open',
      message: 'fallback b refused: Open.',
      retryable: false,
    });
  });
});

describe('the outcome', () => {
  it('has no error when the task succeeded, whatever it failed of before', () => {
    expect(settle(contextOf({}, { status: 'succeeded', error: busy }), 5).outcome.error).toBeNull();
    expect(settle(contextOf({}, { status: 'failed', error: busy }), 5).outcome.error).toBe(busy);
  });

  it('has the data of the answer, and none when there was none', () => {
    const withData = contextOf({}, { answer: { output: '', truncated: false, data: { a: 1 } } });
    expect(settle(withData, 5).outcome.data).toEqual({ a: 1 });
    expect(settle(contextOf(), 5).outcome).not.toHaveProperty('data');
  });

  it('took no time when no attempt began, and waited until it settled', () => {
    expect(settle(contextOf({ readyAt: 100 }), 700).outcome).toMatchObject({
      startedAt: null,
      durationMs: 0,
      queuedMs: 600,
    });
    const begun = contextOf({ readyAt: 30 }, { attempts: [record(1)] });
    expect(settle(begun, 700).outcome).toMatchObject({ startedAt: 100, durationMs: 600, queuedMs: 70 });
  });
});

describe('an event', () => {
  it('concerns the task when it names the request or the attempt under way, or neither', () => {
    const context = contextOf({}, { attempt: 2 });
    const granted = { type: 'start.granted', leaseId: 'l', permitId: null, at: 0 } as const;
    const stalled = { type: 'attempt.stalled', taskId: 'one' } as const;
    expect(isCurrent(context, { ...granted, requestId: 'run/one#2.0' })).toBe(true);
    expect(isCurrent(context, { ...granted, requestId: 'run/one#1.0' })).toBe(false);
    expect(isCurrent(context, { ...stalled, attemptId: 'run/one/2' })).toBe(true);
    expect(isCurrent(context, { ...stalled, attemptId: 'run/one/1' })).toBe(false);
    expect(isCurrent(context, { type: 'permit.available', agentId: 'a' })).toBe(true);
  });
});
