import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import type { SoarOptions } from '../../src/soar.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { start, startOn, task, tasks } from '../support/watched-run.ts';

describe('closing an engine', () => {
  it('cancels what runs, waits for it and leaves no timer', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { t1: [{ hang: true, dyingMs: 500 }], t2: [{ fail: 'transient' }] });
    const run = start(tasks(3), {
      agents: { one },
      clock,
      policy: { retry: { retries: 3 }, breaker: { failureThreshold: 1 } },
    });
    await clock.advance(100);
    const closing = run.soar.close();
    const result = await run.settled();
    await closing;
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'The engine was closed.' } });
    expect(clock.now()).toBe(600);
    expect(clock.pending).toBe(0);
  });

  it('refuses all that comes after', async () => {
    const clock = new VirtualClock();
    const run = start([], { agents: { one: scriptedAgent(clock) }, clock });
    await run.settled();
    await run.soar.close();
    await run.soar.close();
    expect(() => startOn(run.soar, clock, [])).toThrow(expect.objectContaining({ code: 'engine-closed' }));
    expect(() => run.soar.ask('Why?')).toThrow(expect.objectContaining({ code: 'engine-closed' }));
  });
});

describe('bad options', () => {
  it.each([
    ['maxConcurrent 0', { maxConcurrent: 0 }],
    ['a negative gap', { staggerMs: -1 }],
    ['a negative grace', { killGraceMs: -1 }],
    ['NaN', { maxCoolingMs: Number.NaN }],
    ['an unknown preset', { policy: 'hasty' as never }],
    ['an unknown option', { maxConcurent: 3 } as never],
    ['an unknown phase', { phases: { synthesise: () => '' } as never }],
    ['a phase that is none', { phases: { route: 'by hand' as never } }],
    ['a journal that is none', { journal: './runs' as never }],
    ['an unknown fallback', { fallback: 'nobody' }],
    ['an agent that is none', { agents: { one: 'a string' as never } }],
  ])('are errors at the call: %s', (_, options) => {
    expect(() => createSoar({ agents: { one: () => '' }, ...(options as SoarOptions) })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });

  it.each([
    ['maxConcurrent 0', { maxConcurrent: 0 }],
    ['a timeout of nothing', { timeoutMs: 0 }],
    ['half a retry', { retries: 0.5 }],
    ['an unknown schedule', { schedule: 'lazy' as never }],
    ['a negative budget', { budget: { attempts: -1 } }],
  ])('of a run are errors at its call: %s', (_, run) => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock);
    expect(() => start([task('a')], { agents: { one }, clock, run })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
    expect(one.calls).toEqual([]);
  });

  it('include the id of a run under way', async () => {
    const clock = new VirtualClock();
    const run = start([task('a')], {
      agents: { one: scriptedAgent(clock, [{ ms: 10 }]) },
      clock,
      run: { runId: 'same' },
    });
    expect(() => startOn(run.soar, clock, [], { runId: 'same' })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
    await run.settled();
    expect((await startOn(run.soar, clock, [], { runId: 'same' }).settled()).status).toBe('succeeded');
  });
});

describe('spectators that throw', () => {
  const uncaught = vi.fn();
  afterEach(() => {
    process.off('uncaughtException', uncaught);
    uncaught.mockClear();
  });

  it.each(['events$', 'progress$', 'heartbeats$'] as const)('hurt no run: a subscriber of %s', async (stream) => {
    process.on('uncaughtException', uncaught);
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ ms: 1000, says: [{ at: 100, beat: true }] }]);
    const run = start(tasks(3), { agents: { one }, clock });
    const stream$: Observable<unknown> = run.run[stream];
    stream$.subscribe(() => {
      throw new Error('mine');
    });
    const others: string[] = [];
    run.run.events$.subscribe(({ type }) => others.push(type));
    expect((await run.settled()).status).toBe('succeeded');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(others).toContain('run.settled');
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('hurt no run: an inspector', async () => {
    const clock = new VirtualClock();
    const inspect = () => {
      throw new Error('mine');
    };
    expect((await start(tasks(3), { agents: { one: scriptedAgent(clock) }, clock, inspect }).settled()).status).toBe(
      'succeeded',
    );
  });

  it('hurt no run: a source of random numbers', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const random = () => {
      calls += 1;
      if (calls > 1) throw new Error('mine');
      return 0.5;
    };
    const one = scriptedAgent(clock, [{ fail: 'transient' }, {}]);
    const policy = { retry: { retries: 1 }, breaker: { enabled: false } };
    const result = await start([task('a')], { agents: { one }, clock, random, policy, run: { runId: 'r' } }).settled();
    expect(result.outcomes).toHaveLength(1);
  });
});
