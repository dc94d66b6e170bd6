import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { TaskError } from '../../src/types/task.ts';
import { failed, outcome, resultOf } from './results.ts';

const good = outcome({ taskId: 'good', status: 'succeeded' });
const error = (kind: TaskError['kind']): TaskError => ({ kind, message: kind, retryable: false });
const spent = outcome({ taskId: 'spent', status: 'skipped', error: error('budget') });
const missed = outcome({ taskId: 'missed', status: 'skipped', error: error('dependency') });

describe('the exit code', () => {
  it.each([
    ['succeeded', resultOf('succeeded', [good]), 0],
    ['nothing to do', resultOf('succeeded', []), 0],
    ['partial', resultOf('partial', [good, failed('bad', 'exit')]), 3],
    ['failed', resultOf('failed', [failed('bad', 'exit')]), 1],
    ['cancelled by a timeout', resultOf('cancelled', [good], { error: error('timeout') }), 1],
    ['a task skipped for the budget', resultOf('partial', [good, spent]), 4],
    ['a run stopped for the budget', resultOf('succeeded', [good], { error: error('budget') }), 4],
    ['budget before rate limit', resultOf('failed', [failed('bad', 'rate_limited'), spent]), 4],
    ['a phase that failed of a rate limit', resultOf('failed', [], { error: error('rate_limited') }), 75],
    ['a phase that failed otherwise', resultOf('failed', [], { error: error('auth') }), 1],
    ['only rate limits, none succeeded', resultOf('failed', [failed('bad', 'rate_limited')]), 75],
    ['only rate limits, some succeeded', resultOf('partial', [good, failed('bad', 'rate_limited'), missed]), 75],
    ['a rate limit among others', resultOf('partial', [good, failed('a', 'rate_limited'), failed('b', 'exit')]), 3],
    ['a run that was taken over', resultOf('failed', [failed('a', 'rate_limited')], { error: error('internal') }), 1],
    ['skipped alone', resultOf('failed', [missed]), 1],
  ])('of %s is as documented', (_, result, expected) => {
    expect(exitCodeOf(result)).toBe(expected);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('after %s is %i, whatever the result', (interruptedBy, expected) => {
    expect(exitCodeOf(resultOf('failed', [spent]), { interruptedBy })).toBe(expected);
    expect(exitCodeOf(resultOf('succeeded', [good]), { interruptedBy })).toBe(expected);
  });
});
