import { describe, expect, it } from 'vitest';
import { createProgressLog } from '../../src/cli/progress-log.ts';
import type { RunEventBody } from '../../src/run/events.ts';
import type { TaskOutcome } from '../../src/types/task.ts';
import { failed, outcome } from './results.ts';

function linesOf(...events: RunEventBody[]): string[] {
  const log = createProgressLog();
  return events.flatMap((event) => log({ at: 0, runId: 'run', ...event }));
}

describe('the log of a run', () => {
  it('reports who did a phase when that was an agent, and what a phase notes', () => {
    expect(
      linesOf(
        { type: 'phase.completed', phase: 'retrieve', summary: '3 passages', by: 'offline' },
        {
          type: 'attempt.started',
          taskId: 'phase:decompose',
          agentId: 'llm',
          attempt: 1,
          key: 'k',
          phase: 'decompose',
        },
        { type: 'phase.note', phase: 'decompose', message: 'It was not a plan.' },
        { type: 'phase.completed', phase: 'decompose', summary: '4 subgoals', by: 'llm' },
      ),
    ).toEqual([
      'retrieve: 3 passages',
      'start phase:decompose (llm)',
      'decompose: It was not a plan.',
      'decompose (llm): 4 subgoals',
    ]);
  });

  it('says the error of a failure once, and of the tasks skipped for it only where it happened', () => {
    const dependency = {
      kind: 'dependency' as const,
      message: 'dependency `a` failed: no space left',
      retryable: false,
    };
    const skipped = (taskId: string) => outcome({ taskId, status: 'skipped', error: dependency, via: null });
    const settled = (one: TaskOutcome, at: number): RunEventBody => ({
      type: 'task.settled',
      outcome: one,
      settled: at,
      total: 3,
    });
    const lines = linesOf(
      settled(failed('a', 'exit', 'no space left'), 1),
      settled(skipped('b'), 2),
      settled(skipped('c'), 3),
    );
    expect(lines.slice(1)).toEqual([
      'skipped b (2/3 done): dependency `a` failed',
      'skipped c (3/3 done): dependency `a` failed',
    ]);
    expect(lines[0]).toMatch(/^failed a .*: no space left$/);
  });

  it('reports whose answer a task waits for, and nothing of a task that only waits its turn', () => {
    const waits = { type: 'task.state', agentId: 'sh', wave: 1, state: 'staggered' } as const;
    expect(
      linesOf(
        { ...waits, taskId: 'first' },
        { ...waits, taskId: 'second', waitingFor: 'slot', reason: 'waits for one of 4 slots' },
        { ...waits, taskId: 'third', waitingFor: 'gap', reason: 'waits for the gap between starts', until: 200 },
        { ...waits, taskId: 'duplicate', waitingFor: 'duplicate', reason: 'waits for `first`, which asks the same' },
      ),
    ).toEqual(['hold duplicate: it waits for `first`, which asks the same']);
  });

  it('reports waves, starts, retries and ends', () => {
    const ids = { taskId: 'lint', agentId: 'sh' };
    const failure = { kind: 'exit', message: 'exited with code 1', retryable: true } as const;
    const ended = { n: 1, key: 'k', startedAt: 0, endedAt: 9, result: 'failed', error: failure } as const;
    expect(
      linesOf(
        { type: 'plan.compiled', waves: [['lint'], ['b']], timeoutMs: 1 },
        { type: 'wave.started', wave: 1, tasks: 1 },
        { type: 'attempt.started', ...ids, attempt: 1, key: 'k' },
        { type: 'attempt.ended', ...ids, ...ended },
        { type: 'task.state', ...ids, wave: 1, state: 'retrying', until: 2000 },
        { type: 'attempt.started', ...ids, attempt: 2, key: 'k' },
        {
          type: 'task.settled',
          outcome: outcome({ taskId: 'lint', status: 'succeeded', durationMs: 1200 }),
          settled: 1,
          total: 2,
        },
        { type: 'task.settled', outcome: failed('b', 'exit', 'it broke'), settled: 2, total: 2 },
      ),
    ).toEqual([
      'wave 1/2: 1 task',
      'start lint (sh)',
      'retry lint in 2.0 s: exited with code 1',
      'start lint (sh, attempt 2)',
      'done lint 1.2 s (1/2 done)',
      'failed b 1.0 s (2/2 done): it broke',
    ]);
  });

  it('keeps what others wrote on one line, without control characters', () => {
    expect(linesOf({ type: 'warning', message: 'a\n\x1b[31mb' })).toEqual(['warning: a b']);
  });

  it('says nothing of output and heartbeats', () => {
    expect(
      linesOf(
        { type: 'attempt.output', taskId: 'a', agentId: 'sh', stream: 'stdout', text: 'x' },
        { type: 'attempt.heartbeat', taskId: 'a', agentId: 'sh' },
      ),
    ).toEqual([]);
  });

  it('gives the reason of a stop once', () => {
    const reason = 'Run `r` belongs to process 7 on two; this process stops its own attempts and records nothing more.';
    const error = { kind: 'cancelled', message: reason, retryable: false } as const;
    const settled = (taskId: string, more: Pick<TaskOutcome, 'status' | 'error'>) =>
      ({ type: 'task.settled', outcome: outcome({ taskId, ...more }), settled: 1, total: 3 }) as never;
    const lines = linesOf(
      { type: 'warning', message: reason },
      { type: 'run.stopping', kind: 'internal', reason } as never,
      settled('a', { status: 'cancelled', error }),
      settled('b', { status: 'skipped', error }),
      settled('c', { status: 'failed', error: { ...error, message: 'another' } }),
    );
    expect(lines.filter((line) => line.includes('belongs to'))).toEqual([`warning: ${reason}`]);
    expect(lines.join('\n')).toContain('another');
  });
});
