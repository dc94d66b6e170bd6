import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../src/errors/agent-error.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { intervalsOf } from '../../../src/trace/replay/intervals.ts';
import { createReplay } from '../../../src/trace/replay/replay.ts';
import type { AgentFunction } from '../../../src/types/agent.ts';
import type { TaskOutcome } from '../../../src/types/task.ts';
import { tracedRun } from '../../support/traced-run.ts';

type Act = 'succeed' | 'fail' | 'limit' | 'deny' | 'hang' | 'atOnce';

const act: fc.Arbitrary<Act> = fc.constantFrom('succeed', 'succeed', 'fail', 'limit', 'deny', 'hang', 'atOnce');
const scenario = fc.record({
  tasks: fc.array(fc.record({ acts: fc.array(act, { maxLength: 4 }), needs: fc.array(fc.nat(20), { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 8,
  }),
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  retries: fc.integer({ min: 0, max: 2 }),
  staggerMs: fc.constantFrom(0, 300),
  schedule: fc.constantFrom('wave' as const, 'eager' as const),
  onDependencyFailure: fc.constantFrom('proceed' as const, 'skip' as const, 'abort' as const),
  fallback: fc.boolean(),
  failureThreshold: fc.integer({ min: 1, max: 5 }),
  onOpen: fc.constantFrom('fail' as const, 'wait' as const),
  cancelAt: fc.option(fc.integer({ min: 0, max: 6000 })),
  attempts: fc.option(fc.integer({ min: 1, max: 6 })),
});

function agent(clock: VirtualClock, actsOf: (taskId: string) => readonly Act[]): AgentFunction {
  const calls = new Map<string, number>();
  return ({ taskId }, { signal }) => {
    const call = calls.get(taskId) ?? 0;
    calls.set(taskId, call + 1);
    const next = actsOf(taskId)[call] ?? 'succeed';
    if (next === 'atOnce') return 'at once';
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => clock.setTimeout(() => reject(signal.reason), 100));
      if (next === 'hang') return;
      clock.setTimeout(() => {
        if (next === 'succeed') resolve('ok');
        else if (next === 'limit') reject(new AgentError('rate_limited', 'slow down', { retryAt: clock.now() + 700 }));
        else reject(next === 'deny' ? new AgentError('auth', 'no') : new Error('no'));
      }, 500);
    });
  };
}

async function run(given: typeof scenario extends fc.Arbitrary<infer S> ? S : never) {
  const clock = new VirtualClock();
  const actsOf = (taskId: string) => given.tasks[Number(taskId.slice(1))]?.acts ?? [];
  const tasks = given.tasks.map(({ needs }, index) => ({
    id: `t${index}`,
    prompt: '',
    dependsOn: index === 0 ? [] : [...new Set(needs.map((need) => `t${need % index}`))],
  }));
  const traced = await tracedRun({
    clock,
    plan: { tasks },
    soar: {
      agents: { main: agent(clock, actsOf), spare: agent(clock, (id) => actsOf(id).slice(2)) },
      defaultAgent: 'main',
      maxConcurrent: given.maxConcurrent,
      staggerMs: given.staggerMs,
      schedule: given.schedule,
      onDependencyFailure: given.onDependencyFailure,
      ...(given.fallback ? { fallback: 'spare' } : {}),
      ...(given.attempts === null ? {} : { budget: { attempts: given.attempts } }),
      policy: {
        preset: 'patient',
        retry: { retries: given.retries, strategy: 'fixed', baseDelayMs: 400, jitter: 0 },
        clocks: { startTimeoutMs: null, idleTimeoutMs: 800, maxTimeoutMs: 2000, onIdle: 'stall' },
        breaker: { failureThreshold: given.failureThreshold, resetTimeoutMs: 1500, onOpen: given.onOpen },
      },
    },
    onRun: (handle) => {
      if (given.cancelAt !== null) clock.setTimeout(() => handle.cancel('enough'), given.cancelAt);
    },
  });
  return { ...traced, replay: createReplay(traced.records) };
}

const OPTIONS = { numRuns: 150 };

describe('a replay of any run', () => {
  it('has intervals without a gap from the admission of a task to its settlement, in accord with its attempts', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { replay, result } = await run(given);
        const tracks = new Map(replay.run('r')?.tasks.map((track) => [track.id, track]));
        for (const outcome of result.outcomes) {
          const track = tracks.get(outcome.taskId);
          const intervals = track ? intervalsOf(track) : [];
          expect(track?.settled?.status).toBe(outcome.status);
          if (track?.actor) {
            expect(intervals.length).toBeGreaterThan(0);
            expect(intervals.at(-1)?.to).toBe(outcome.settledAt);
          } else {
            expect([intervals, outcome.attempts]).toEqual([[], []]);
          }
          for (const [index, { from }] of intervals.entries()) {
            if (index > 0) expect(from).toBe(intervals[index - 1]?.to);
          }
          expect(attemptsIn(intervals)).toEqual(attemptsOf(outcome));
        }
      }),
      OPTIONS,
    );
  });

  it('counts at every record what had settled by then, and at no instant more in flight than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { replay, result, records } = await run(given);
        let settled = 0;
        for (const record of records) {
          if (record.type === 'task.settled') settled += 1;
          const state = replay.atSeq(record.seq).runs[0];
          if (!state) continue;
          expect(state.settled).toBe(settled);
          // Within an instant the next attempt begins a moment before its forerunner's task has heard of the end.
          expect(replay.at(record.at).runs[0]?.running).toBeLessThanOrEqual(given.maxConcurrent);
        }
        const { succeeded, failed, cancelled, skipped } = result.metadata;
        expect(replay.atSeq(replay.lastSeq).runs[0]).toMatchObject({ succeeded, failed, cancelled, skipped });
      }),
      { ...OPTIONS, numRuns: 50 },
    );
  });
});

interface Span {
  n: number | undefined;
  agentId: string | undefined;
  from: number;
  to: number | null;
}

/** An attempt that was asked to stop continues in `cancelling`. */
function attemptsIn(
  intervals: readonly { state: string; attempt?: number; agentId?: string; from: number; to: number | null }[],
) {
  const spans: Span[] = [];
  for (const { state, attempt: n, agentId: by, from, to } of intervals) {
    const last = spans.at(-1);
    if (state === 'cancelling' && last) last.to = to;
    else if (state === 'running' || state === 'fallback.running') spans.push({ n, agentId: by, from, to });
  }
  return spans;
}

function attemptsOf({ attempts }: TaskOutcome): Span[] {
  return attempts.map(({ n, agentId, startedAt, endedAt }) => ({ n, agentId, from: startedAt, to: endedAt }));
}
