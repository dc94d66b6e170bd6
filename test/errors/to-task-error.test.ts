import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/errors/agent-error.ts';
import { toTaskError } from '../../src/errors/to-task-error.ts';

describe('toTaskError', () => {
  it('keeps what an agent error says', () => {
    expect(toTaskError(new AgentError('auth', 'no key'), 0)).toEqual({
      kind: 'auth',
      message: 'no key',
      retryable: false,
    });
    expect(toTaskError(new AgentError('rate_limited', 'slow', { retryAt: 50, retryAfterMs: 9 }), 0)).toMatchObject({
      retryAt: 50,
      retryAfterMs: 9,
    });
    expect(toTaskError(new AgentError('spawn', 'gone', { retryable: false }), 0).retryable).toBe(false);
  });

  it('keeps that a kind may pass, and believes an error of a kind it does not know unless it says no', () => {
    expect(toTaskError(new AgentError('transient', 'soon'), 0).retryable).toBe(true);
    const foreign = (retryable: unknown) => Object.assign(new AgentError('auth', 'odd'), { kind: 'odd', retryable });
    expect(toTaskError(foreign(undefined), 0)).toEqual({ kind: 'other', message: 'odd: odd', retryable: true });
    expect(toTaskError(foreign(false), 0).retryable).toBe(false);
    const known = Object.assign(new AgentError('auth', 'odd'), { retryable: undefined });
    expect(toTaskError(known, 0).retryable).toBe(false);
  });

  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY], ['5'], [null]])('waits for no instant like %s', (at) => {
    const error = new AgentError('rate_limited', 'slow', { retryAt: at as number, retryAfterMs: at as number });
    expect(toTaskError(error, 0)).toEqual({ kind: 'rate_limited', message: 'slow', retryable: true });
    const now = new AgentError('rate_limited', 'slow', { retryAt: 0, retryAfterMs: 0 });
    expect(toTaskError(now, 0)).toMatchObject({ retryAt: 0, retryAfterMs: 0 });
  });

  it('reads from the message of a rate limit when to come back, unless the error itself says', () => {
    expect(toTaskError(new AgentError('rate_limited', 'try again in 3s'), 0).retryAfterMs).toBe(3000);
    expect(toTaskError(new AgentError('rate_limited', 'try again in 3s', { retryAt: 7 }), 0)).not.toHaveProperty(
      'retryAfterMs',
    );
    expect(toTaskError(new AgentError('transient', 'try again in 3s'), 0)).not.toHaveProperty('retryAfterMs');
  });

  it('keeps a kind of the agent’s own in the message', () => {
    const own = (kind: unknown, message = 'no seats') => toTaskError(new AgentError(kind as string, message), 0);
    expect(own('sold_out')).toEqual({ kind: 'other', message: 'sold_out: no seats', retryable: true });
    expect(own('sold_out', 'sold_out: no seats').message).toBe('sold_out: no seats');
    expect(own('\u001b[31mred\u202e').message).toBe('red: no seats');
    expect(own('x'.repeat(5000)).message.length).toBeLessThan(200);
    for (const kind of [undefined, 5, {}, '', ' '])
      expect(own(kind)).toMatchObject({ kind: 'other', message: 'no seats' });
    const forGood = new AgentError('sold_out', 'no seats', { retryable: false });
    expect(toTaskError(forGood, 0).retryable).toBe(false);
  });

  it('takes anything else for a passing internal failure', () => {
    expect(toTaskError(new TypeError('x is not a function'), 0)).toEqual({
      kind: 'internal',
      message: 'x is not a function',
      retryable: true,
    });
  });

  it('adds the cause, where the reason is', () => {
    const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
    expect(toTaskError(error, 0).message).toBe('fetch failed (connect ECONNREFUSED 127.0.0.1:1)');
  });

  it('adds a cause that is a text', () => {
    expect(toTaskError(new Error('no answer', { cause: 'socket hang up' }), 0).message).toBe(
      'no answer (socket hang up)',
    );
  });

  it('adds no reason that the message reports, and gives one alone where there is no message', () => {
    expect(toTaskError(new Error('down: no net', { cause: new Error('no net') }), 0).message).toBe('down: no net');
    expect(toTaskError({ message: ' ', cause: ' no net ' }, 0).message).toBe('(no net)');
    const five = Array.from({ length: 5 }, (_, i) => new Error(`e${i}`));
    expect(toTaskError(new AggregateError(five), 0).message).toBe('AggregateError (e0; e1; e2; e3; e4)');
  });

  it('adds the errors of several, once each and not all of a thousand', async () => {
    const several = [new Error('no key'), 'too late', new Error('no key'), undefined];
    const rejected: unknown = await Promise.any(several.map((one) => Promise.reject(one))).catch((error) => error);
    expect(toTaskError(rejected, 0).message).toBe('All promises were rejected (no key; too late)');
    const many = Array.from({ length: 1000 }, (_, i) => new Error(`e${i}`));
    expect(toTaskError(new AggregateError(many), 0).message).toBe('AggregateError (e0; e1; e2; e3; e4; 995 more)');
  });

  it.each([
    ['a string', 'boom', 'boom'],
    ['an empty string', '', 'It threw an empty string.'],
    ['a large number', 10n, '10'],
    [
      'a function that cannot be shown',
      Object.assign(() => {}, {
        toString() {
          throw new Error('hands off');
        },
      }),
      'It threw something without a message.',
    ],
    ['padding', new Error('  padded '), 'padded'],
    ['null', null, 'It threw null.'],
    ['undefined', undefined, 'It threw undefined.'],
    ['a number', 42, '42'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object', { code: 7 }, '{"code":7}'],
    ['an object that shows nothing', new Response('x'), 'It threw an object without a message.'],
    ['an error without a message', new RangeError(), 'RangeError'],
  ])('gives a message for %s', (_, thrown, message) => {
    expect(toTaskError(thrown, 0).message).toBe(message);
  });

  it('survives objects that throw when they are read', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('hands off');
        },
        ownKeys() {
          throw new Error('hands off');
        },
      },
    );
    for (const thrown of [cyclic, hostile, Object.create(null), { toJSON: () => undefined }]) {
      expect(toTaskError(thrown, 0)).toMatchObject({ kind: 'internal', message: expect.stringMatching(/./) });
    }
  });

  it('reports what can be read of an object that throws when it is read', () => {
    const hands = {
      get() {
        throw new Error('hands off');
      },
    };
    const silent = Object.defineProperties({}, { message: hands, name: { value: 'Odd' } });
    expect(toTaskError(silent, 0).message).toBe('Odd');
    const uncaused = Object.defineProperties({}, { message: { value: 'broke' }, cause: hands });
    expect(toTaskError(uncaused, 0).message).toBe('broke');
  });

  it('keeps a message of 4000 characters whole', () => {
    expect(toTaskError(new Error('m'.repeat(4000)), 0).message).toBe('m'.repeat(4000));
  });

  it('cuts a very long message to 4000 characters, and marks the cut', () => {
    const { message } = toTaskError(new Error('m'.repeat(100_000)), 0);
    expect(message.length).toBeLessThanOrEqual(4000);
    expect(message).toMatch(/m \[… 960\d\d characters cut …\]$/);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const error = toTaskError(thrown, 0);
        expect(error.message.length).toBeGreaterThan(0);
      }),
    );
  });
});
