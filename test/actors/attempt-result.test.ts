import { describe, expect, it } from 'vitest';
import { abandonedResult, failedResult, judgementOf, succeededResult } from '../../src/actors/attempt-result.ts';
import type { InFlight } from '../../src/actors/in-flight.ts';
import { AgentError, type AgentErrorOptions } from '../../src/errors/agent-error.ts';
import type { ErrorKind } from '../../src/types/error-kind.ts';

/** An attempt that began at 1000 and ends at 5000. */
function attempt(more: Partial<InFlight> = {}, requireOutput = false): InFlight {
  const spec = { agent: { id: 'a', requireOutput } };
  const rest = { startedAt: 1000, events: 3, longestSilenceMs: 70, session: null, suspicion: null, stop: null };
  return { spec, ...rest, ...more } as unknown as InFlight;
}
const stop = (kind: ErrorKind, early = false) => ({ kind, reason: `because ${kind}`, early, at: 4000 });
const failing = (kind: ErrorKind, options: AgentErrorOptions = {}, more: Partial<InFlight> = {}) =>
  failedResult(attempt(more), new AgentError(kind, 'no', options), 5000);

describe('an answer', () => {
  it.each([
    ['text', { output: 'text' }],
    [undefined, { output: '' }],
    [null, { output: '' }],
    [7, { output: '7' }],
    [
      { output: 'x', truncated: true, data: { a: 1 } },
      { output: 'x', truncated: true, data: { a: 1 } },
    ],
    [{ output: null }, { output: '' }],
    [
      { output: 8, truncated: 'yes', usage: { totalTokens: 5 } },
      { output: '8', usage: { totalTokens: 5 } },
    ],
  ])('%j is read as %j', (answer, read) => {
    expect(succeededResult(attempt(), answer as never, 5000)).toEqual({
      ...{ status: 'succeeded', error: null, truncated: false, retryAt: null, endedAt: 5000, earlyTermination: null },
      heartbeat: { events: 3, longestSilenceMs: 70 },
      ...read,
    });
  });

  it('counts although the attempt was asked to stop: its work is done, and no termination was early', () => {
    const result = succeededResult(attempt({ stop: stop('timeout', true) }), 'done', 5000);
    expect(result).toMatchObject({ status: 'succeeded', earlyTermination: null });
  });

  it('names the session it was given in', () => {
    expect(succeededResult(attempt({ session: 's' }), '', 5000).session).toBe('s');
    expect(succeededResult(attempt(), '', 5000)).not.toHaveProperty('session');
  });

  it('without a word fails where some are required, and what it used counts', () => {
    const result = succeededResult(attempt({}, true), { output: ' \n', usage: { totalTokens: 9 } } as never, 5000);
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        kind: 'empty',
        message: 'Agent a ended without any output, and it is said to require some.',
        retryable: true,
      },
      usage: { totalTokens: 9 },
    });
    expect(succeededResult(attempt({}, true), 'x', 5000).status).toBe('succeeded');
  });
});

describe('what an agent throws', () => {
  it('is a failure with its kind, its output and what it used', () => {
    const usage = { totalTokens: 12 };
    expect(failing('exit', { output: 'half', truncated: true, usage })).toMatchObject({
      ...{ status: 'failed', error: { kind: 'exit', message: 'no' } },
      ...{ output: 'half', truncated: true, usage, retryAt: null },
    });
    expect(failedResult(attempt(), new Error('odd'), 5000)).toMatchObject({
      ...{ status: 'failed', error: { kind: 'internal', message: 'odd', retryable: true } },
      ...{ output: '', truncated: false },
    });
    expect(failing('exit')).not.toHaveProperty('usage');
  });

  it('is not a failure when it is a rate limit, which ends when it says', () => {
    expect(failing('rate_limited', { retryAt: 90_000 })).toMatchObject({ status: 'rate_limited', retryAt: 90_000 });
    expect(failing('rate_limited', { retryAfterMs: 300 })).toMatchObject({ status: 'rate_limited', retryAt: 5300 });
    expect(failing('rate_limited', { retryAt: 90_000, retryAfterMs: 300 }).retryAt).toBe(90_000);
    expect(failing('rate_limited').retryAt).toBeNull();
    expect(failing('transient', { retryAfterMs: 300 }).retryAt).toBeNull();
  });

  it.each([
    ['cancelled', 'cancelled', false],
    ['rate_limited', 'rate_limited', true],
    ['timeout', 'failed', true],
    ['auth', 'failed', false],
  ] as const)('is the reason it was asked to stop for, once it was: %s', (kind, status, retryable) => {
    const result = failing('exit', { output: 'half' }, { stop: stop(kind) });
    expect(result).toMatchObject({ status, output: 'half', error: { kind, message: `because ${kind}`, retryable } });
  });

  it('reports an early end when and why it was seen', () => {
    const { earlyTermination } = failing('exit', {}, { stop: stop('auth', true) });
    expect(earlyTermination).toEqual({ kind: 'auth', reason: 'because auth', detectedMs: 3000 });
    expect(failing('exit', {}, { stop: stop('timeout') }).earlyTermination).toBeNull();
  });

  it('is explained by what a process wrote before it failed without a reason', () => {
    const suspicion = { kind: 'auth', reason: '401', at: 2000 } as const;
    const seen = failing('exit', {}, { suspicion });
    expect(seen).toMatchObject({ status: 'failed', error: { kind: 'auth', message: 'no (401)', retryable: false } });
    expect(failing('transient', {}, { suspicion }).error?.kind).toBe('transient');
    const limited = failing('exit', {}, { suspicion: { ...suspicion, kind: 'rate_limited' } });
    expect(limited).toMatchObject({ status: 'rate_limited', retryAt: null });
  });
});

describe('an attempt that does not end', () => {
  it('is abandoned for the reason it was asked to stop for', () => {
    expect(abandonedResult(attempt({ stop: stop('idle_timeout') }), 5000)).toMatchObject({
      status: 'abandoned',
      error: {
        kind: 'idle_timeout',
        message: 'because idle_timeout It did not end in time and was abandoned.',
        retryable: true,
      },
    });
    expect(abandonedResult(attempt({ stop: stop('rate_limited') }), 5000).status).toBe('rate_limited');
  });
});

describe('what an end says of its agent', () => {
  const of = (status: string, kind: ErrorKind | null) =>
    judgementOf({} as never, { status, error: kind && { kind, message: '', retryable: true } } as never, 0).result;

  it('is good, bad, or nothing where the agent could not help it', () => {
    expect(of('succeeded', null)).toBe('success');
    for (const kind of ['cancelled', 'budget', 'dependency', 'rate_limited'] as const) {
      expect([kind, of('abandoned', kind)]).toEqual([kind, 'neutral']);
    }
    expect(of('rate_limited', 'rate_limited')).toBe('neutral');
    expect(of('cancelled', 'timeout')).toBe('neutral');
    expect(of('rate_limited', null)).toBe('neutral');
    expect(of('failed', 'timeout')).toBe('failure');
    expect(of('abandoned', 'timeout')).toBe('failure');
    expect(of('failed', null)).toBe('failure');
  });
});
