import { describe, expect, it } from 'vitest';
import { noPaint } from '../../src/cli/paint.ts';
import { frameLines } from '../../src/cli/progress-frame.ts';
import { initialView, type ProgressView, watchEvent } from '../../src/cli/progress-view.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import type { RunEventBody } from '../../src/run/events.ts';
import type { TaskState } from '../../src/run/task-states.ts';
import { outcome } from './results.ts';

const size = { columns: 80, rows: 24 };

function viewOf(...events: (RunEventBody & { at?: number })[]): ProgressView {
  const view = initialView(0);
  for (const event of events) watchEvent(view, { at: 0, runId: 'run', ...event });
  return view;
}

const state = (taskId: string, name: TaskState, more: { at?: number; until?: number } = {}) =>
  ({ type: 'task.state', taskId, agentId: 'sh', wave: 1, state: name, ...more }) as const;
const said = (taskId: string, text: string) =>
  ({ type: 'attempt.output', taskId, agentId: 'sh', stream: 'stdout', text }) as const;
const planned: RunEventBody = { type: 'plan.compiled', waves: [['a', 'b'], ['c']], timeoutMs: 1 };

describe('a frame', () => {
  it('has a header and a line per active task', () => {
    const view = viewOf(
      planned,
      { type: 'wave.started', wave: 1, tasks: 2 },
      state('a', 'running', { at: 1000 }),
      said('a', 'first\nchecking 12 files\n'),
      state('b', 'staggered'),
    );
    expect(frameLines(view, size, 4200, noPaint)).toEqual([
      'wave 1/2 · 0/3 done · 4.2 s',
      '  ● a  sh  running                 3.2 s  checking 12 files',
      '  ○ b  sh  waiting                 4.2 s',
    ]);
  });

  it('reports how long a wait still takes, and why', () => {
    const ended = {
      type: 'attempt.ended',
      taskId: 'a',
      n: 1,
      agentId: 'sh',
      key: 'k',
      startedAt: 0,
      endedAt: 0,
      result: 'failed',
      error: { kind: 'exit', message: 'exited with\ncode 1', retryable: true },
    } as const;
    const view = viewOf(state('a', 'running'), ended, state('a', 'retrying', { until: 5000 }));
    expect(frameLines(view, size, 3000, noPaint)[1]).toMatch(/↻ a {2}sh {2}retrying, 2\.0 s .* exited with code 1$/);
  });

  it('leaves out what has settled, and counts it', () => {
    const settled = {
      type: 'task.settled',
      outcome: outcome({ taskId: 'a', status: 'failed' }),
      settled: 1,
      total: 3,
    } as const;
    const view = viewOf(planned, state('a', 'running'), settled);
    expect(frameLines(view, size, 0, noPaint)).toEqual(['wave 0/2 · 1/3 done · 1 failed · 0.0 s']);
  });

  it('is never as wide as the terminal, whatever stands in it', () => {
    const view = viewOf(
      state('日本語のとても長い識別子の仕事', 'running'),
      said('日本語のとても長い識別子の仕事', '🚀'.repeat(200)),
      state('x'.repeat(300), 'cooling', { until: 9e9 }),
    );
    for (const columns of [12, 20, 40, 80, 200]) {
      for (const line of frameLines(view, { columns, rows: 24 }, 1e9, noPaint)) {
        expect(textWidth(line)).toBeLessThan(columns);
      }
    }
  });

  it('shows what works before what waits when there is no room for all', () => {
    const view = viewOf(...Array.from({ length: 30 }, (_, i) => state(`w${i}`, 'staggered')), state('busy', 'running'));
    const lines = frameLines(view, { columns: 80, rows: 8 }, 0, noPaint);
    expect(lines).toHaveLength(6);
    expect(lines[1]).toContain('● busy');
    expect(lines.at(-1)).toContain('… and 27 more');
  });

  it('takes a stalled task for a running one as soon as it says something', () => {
    const view = viewOf(state('a', 'stalled'), said('a', 'back'));
    expect(frameLines(view, size, 0, noPaint)[1]).toContain('running');
  });

  it('shows no control sequences of an agent', () => {
    const view = viewOf(state('a', 'running'), said('a', '\x1b[2J\x1b[31mred'));
    expect(frameLines(view, size, 0, noPaint)[1]).toMatch(/ red$/);
  });

  it('names the phase of a question, and why a run stops', () => {
    const view = viewOf(
      { type: 'phase.started', phase: 'retrieve' },
      { type: 'run.stopping', kind: 'timeout', reason: 'late' },
    );
    expect(frameLines(view, size, 0, noPaint)[0]).toBe('retrieve · 0.0 s · stopping: late');
  });
});
