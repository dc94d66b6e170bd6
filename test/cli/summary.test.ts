import { describe, expect, it } from 'vitest';
import { noPaint } from '../../src/cli/paint.ts';
import { answerOf, outputsOf, SHOWN, tableOf } from '../../src/cli/summary.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import type { TaskOutcome } from '../../src/types/task.ts';
import { failed, outcome, resultOf } from './results.ts';

describe('the summary of a run', () => {
  it('shows the error of a failure once, and where it happened in the rows of tasks skipped for it', () => {
    const error = { kind: 'dependency' as const, message: 'dependency `a` failed: no space left', retryable: false };
    const rows = ['b', 'c'].map((taskId) => outcome({ taskId, status: 'skipped', via: null, error }));
    const lines = tableOf(resultOf('failed', [failed('a', 'exit', 'no space left'), ...rows]), 120, noPaint);
    expect(lines.filter((line) => line.includes('no space left'))).toHaveLength(1);
    expect(lines.filter((line) => line.endsWith('skipped: dependency `a` failed'))).toHaveLength(2);
  });

  it('has a line per task', () => {
    const skipped = outcome({
      taskId: 'late',
      status: 'skipped',
      startedAt: null,
      error: { kind: 'budget', message: 'spent', retryable: false },
    });
    const result = resultOf('partial', [
      outcome({ taskId: 'lint', status: 'succeeded', via: 'fallback' }),
      failed('test', 'exit', 'exited with\ncode 3'),
      skipped,
    ]);
    expect(tableOf(result, 80, noPaint)).toEqual([
      'partial · 1 of 3 tasks succeeded · 1 failed · 1 skipped · 1 wave · 1.0 s',
      '',
      '   task  agent  via       attempts  time   error',
      '✓  lint  sh     fallback  0         1.0 s',
      '✗  test  sh     agent     0         1.0 s  exit: exited with code 3',
      '–  late  sh     –         0         –      budget: spent',
    ]);
  });

  it('says what tokens it took, when they were counted', () => {
    const result = resultOf('succeeded', []);
    const counted = { ...result.metadata, usage: { inputTokens: 30, outputTokens: 12, totalTokens: 42 } };
    expect(tableOf({ ...result, metadata: counted }, 80, noPaint)[0]).toMatch(/ · 42 tokens$/);
    expect(tableOf(result, 80, noPaint)[0]).not.toContain('token');
  });

  it.each([
    [0.0042, ' · 42 tokens · $0.0042'],
    [12.5, ' · 42 tokens · $12.50'],
    [0, ' · 42 tokens · $0.00'],
    [0.00001, ' · 42 tokens · under $0.0001'],
  ])('says what it cost when it is known: %s', (costUsd, end) => {
    const result = resultOf('succeeded', []);
    const usage = { inputTokens: 30, outputTokens: 12, totalTokens: 42, costUsd };
    const line = tableOf({ ...result, metadata: { ...result.metadata, usage } }, 80, noPaint)[0];
    expect(line?.endsWith(end)).toBe(true);
  });

  it('fits into the terminal, and says below why tasks failed when that does not', () => {
    const lines = tableOf(resultOf('failed', [failed('日本'.repeat(30), 'exit', 'long '.repeat(20))]), 60, noPaint);
    for (const line of lines.slice(2, 4)) expect(textWidth(line)).toBeLessThanOrEqual(60);
    expect(lines.slice(4)).toEqual(['', `${'日本'.repeat(30)}: exit: ${'long '.repeat(20).trim()}`]);
  });

  it('says why no more tasks failed than one reads', () => {
    const many = Array.from({ length: 30 }, (_, i) => failed(`t${i}`, 'exit', 'long '.repeat(40)));
    expect(tableOf(resultOf('failed', many), 60, noPaint).slice(-2)).toEqual([
      expect.stringMatching(/^t9: exit: long/),
      '… and 20 more.',
    ]);
  });

  it('says what had gone wrong before a task was kept from another attempt, once: in its line, or below it', () => {
    const error = { kind: 'exit', message: 'upstream returned\n500', retryable: true } as const;
    const attempt = { n: 1, agentId: 'sh', key: 'k', startedAt: 0, endedAt: 9, result: 'failed', error } as const;
    const blocked = { ...failed('blocked', 'circuit_open', 'Circuit open for sh'), attempts: [attempt] };
    const plain = { ...failed('plain', 'exit', 'upstream returned\n500'), attempts: [attempt] };
    const result = resultOf('failed', [blocked, plain, failed('never', 'circuit_open')]);
    const why = 'circuit_open: Circuit open for sh (before it: exit: upstream returned 500)';
    expect(tableOf(result, 200, noPaint).slice(3)).toEqual([
      expect.stringContaining(` ${why}`),
      expect.stringMatching(/ exit: upstream returned 500$/),
      expect.stringMatching(/ circuit_open: circuit_open$/),
    ]);
    expect(tableOf(result, 80, noPaint).slice(6)).toEqual(['', `blocked: ${why}`]);
  });

  it('says why the run itself stopped', () => {
    const result = resultOf('cancelled', [], { error: { kind: 'timeout', message: 'too late', retryable: false } });
    expect(tableOf(result, 80, noPaint)).toContain('timeout: too late');
  });
});

describe('the outputs of a run', () => {
  const task = (id: string, dependsOn: string[] = []) => ({ id, prompt: '', dependsOn });
  const said = (taskId: string, output: string) => outcome({ taskId, status: 'succeeded', output });
  const shown = (outcomes: TaskOutcome[], ...tasks: ReturnType<typeof task>[]) =>
    outputsOf(resultOf('partial', outcomes), { tasks }, noPaint, 'soar show r --json');
  const outputs = (output: string) => shown([said('a', output)], task('a'));

  it('are shown whole when they are short, with what to type to see all of them', () => {
    expect(outputs('one\ntwo\n')).toEqual([
      '',
      '── a ──',
      'one\ntwo',
      '',
      'All outputs and attempts: soar show r --json',
    ]);
  });

  it('are shortened by lines and by characters, and say so', () => {
    const many = outputs('line\n'.repeat(100));
    expect(many[2]?.split('\n')).toHaveLength(SHOWN.lines + 1);
    expect(many[2]).toMatch(/… 60 more lines$/);
    const long = outputs('x'.repeat(10_000));
    expect(long[2]).toBe(`${'x'.repeat(SHOWN.chars)}\n… cut here`);
    for (const lines of [many, long]) expect(lines.at(-1)).toMatch(/shortened; .*: soar show r --json$/);
  });

  it('are those of the last tasks that succeeded, when none after them did', () => {
    const outcomes = [said('first', 'x'), said('second', 'y'), failed('leaf', 'exit')];
    const lines = shown(outcomes, task('first'), task('second', ['first']), task('leaf', ['second']));
    expect(lines.filter((line) => line.startsWith('──'))).toEqual(['── second ──']);
  });

  it('are absent for ticked tasks, nor of what others continued with', () => {
    const outcomes = [{ ...said('ticked', ''), via: null }, said('inner', 'x'), said('leaf', 'y')];
    const lines = shown(outcomes, task('ticked'), task('inner'), task('leaf', ['inner']));
    expect(lines.filter((line) => line.startsWith('──'))).toEqual(['── leaf ──']);
  });

  it('can be asked for when every task failed', () => {
    expect(shown([failed('a', 'exit')], task('a'))).toEqual(['', 'All outputs and attempts: soar show r --json']);
  });
});

describe('the answer to a question', () => {
  it('comes with its confidence and its sources, each once', () => {
    const source = { taskId: 'a', path: 'a.md', startLine: 3, endLine: 3 };
    const result = resultOf('succeeded', [], {
      answer: 'Because.\n',
      confidence: 0.8,
      sources: [source, { ...source, taskId: 'b' }, { ...source, endLine: 9 }],
    });
    expect(answerOf(result, noPaint)).toEqual([
      '',
      'Because.',
      '',
      'Confidence 0.80',
      'Sources',
      '  a.md:3',
      '  a.md:3-9',
    ]);
  });
});
