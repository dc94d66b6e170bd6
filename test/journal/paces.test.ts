import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { mergedPace } from '../../src/journal/merged-pace.ts';
import { QUIET_HALF_LIFE_MS, restoredPace } from '../../src/machines/gate/pacing.ts';
import type { StoredPace } from '../../src/run/entries.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, task, tasks, watch } from '../support/watched-run.ts';

/** Processes one after the other on one clock and one journal. */
function processes(script: readonly Step[], options: SoarOptions = {}, profile: { staggerMs?: number } = {}) {
  const clock = new VirtualClock(1000);
  const one = scriptedAgent(clock, script, { provider: 'p', ...profile });
  let journal = memoryJournal();
  const next = () => {
    const soar = createSoar({ agents: { one }, policy: ONE_TRY, random: () => 0.5, ...options, clock, journal });
    return {
      run: (count: number, runId = 'r') => watch(soar.run({ tasks: tasks(count) }, { runId }), clock, soar),
      resume: () => watch(soar.resume('r'), clock, soar),
    };
  };
  return {
    clock,
    one,
    starts: () => one.calls.map(({ at }) => at),
    next,
    die() {
      journal = journal.crash();
    },
    kept: () => journal.paces(),
  };
}

describe('a run that continues in another process', () => {
  it('keeps the gap from its last start', async () => {
    const { clock, next, die, starts } = processes([{ ms: 100 }], { staggerMs: 5000 });
    next().run(3);
    await clock.advance(50);
    die();
    await next().resume().settled();
    expect(starts()).toEqual([1000, 6000, 11_000, 16_000]);
  });

  it('keeps the gap from its last start also where that went to another provider', async () => {
    const clock = new VirtualClock(1000);
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]), two: scriptedAgent(clock) };
    const options = { agents, clock, policy: ONE_TRY, staggerMs: 5000 };
    const journal = memoryJournal();
    const plan = { tasks: [task('a', { agent: 'one' }), task('b', { agent: 'two', dependsOn: ['a'] })] };
    createSoar({ ...options, journal }).run(plan, { runId: 'r' });
    await clock.advance(150);
    await clock.settle(createSoar({ ...options, journal: journal.crash() }).resume('r').result);
    expect([...agents.one.calls, ...agents.two.calls].map(({ at }) => at)).toEqual([1000, 6000]);
  });

  it('keeps the gap of its provider', async () => {
    const { clock, next, die, starts } = processes([{ ms: 100 }], {}, { staggerMs: 2000 });
    next().run(2);
    await clock.advance(50);
    die();
    await next().resume().settled();
    expect(starts()).toEqual([1000, 3000, 5000]);
  });

  it('starts nothing at a provider that cools, also what was never started', async () => {
    const limited: Step = { fail: 'rate_limited', details: { retryAt: 31_000 } };
    const { clock, next, die, starts } = processes([limited, {}], { maxConcurrent: 1 });
    next().run(1);
    await clock.advance(50);
    die();
    const again = next();
    again.run(2, 's');
    await again.resume().settled();
    expect(starts()[0]).toBe(1000);
    expect(Math.min(...starts().slice(1))).toBe(31_000);
  });
});

describe('a new run in another process', () => {
  it('does not burst at a provider that has just been rate-limited', async () => {
    const limited: Step = { ms: 10, fail: 'rate_limited' };
    const { next, die, starts, clock } = processes([limited, limited, {}], { maxConcurrent: 4, maxRateLimits: 0 });
    await next().run(1).settled();
    die();
    const second = next().run(3, 's');
    await second.settled();
    const [first, ...later] = starts();
    expect(first).toBe(1000);
    expect(later[0]).toBe(1010 + 5000);
    const gaps = later.slice(1).map((at, index) => at - (later[index] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(clock.pending).toBe(0);
  });

  it('tries once where the provider asked for more patience than a task has', async () => {
    const limited: Step = { fail: 'rate_limited', details: { retryAt: 9_000_000 } };
    const { next, die, starts } = processes([limited], { maxCoolingMs: 60_000 });
    expect((await next().run(1).settled()).outcomes[0]?.error?.kind).toBe('rate_limited');
    die();
    await next().run(1, 's').settled();
    expect(starts()).toEqual([1000, 61_000]);
  });

  it('waits for nothing at a provider without gap and without fault', async () => {
    const { next, die, starts, kept } = processes([{}]);
    await next().run(3).settled();
    die();
    await next().run(1, 's').settled();
    expect(starts()).toEqual([1000, 1000, 1000, 1000]);
    expect(kept().size).toBe(0);
  });
});

const STORED: StoredPace = {
  provider: 'p',
  lastStart: 1_000_000,
  extraMs: 4000,
  coolUntil: 1_030_000,
  cooledAt: 1_000_000,
  streak: 3,
  at: 1_000_000,
};

describe('a pace that is restored', () => {
  it('is narrower the longer it was idle', () => {
    const later = (ms: number) => restoredPace(STORED, 1_030_000 + ms, 120_000);
    expect(later(0)).toMatchObject({ extraMs: 4000, streak: 3, coolUntil: 1_030_000 });
    expect(later(QUIET_HALF_LIFE_MS)).toMatchObject({ extraMs: 2000, streak: 3 });
    expect(later(24 * 3_600_000)).toMatchObject({ extraMs: 0, streak: 0 });
  });

  it('waits as long as was left when the clock was put back, and not until then', () => {
    const pace = restoredPace(STORED, 400_000, 120_000);
    expect(pace).toMatchObject({ lastStart: 400_000, cooledAt: 400_000, coolUntil: 430_000 });
  });
});

describe('two processes that ask one provider', () => {
  const calm: StoredPace = { ...STORED, extraMs: 0, coolUntil: null, cooledAt: null, streak: 0, at: 1_010_000 };

  it('leave what the other has learned of a later rate limit', () => {
    expect(mergedPace(STORED, { ...calm, lastStart: 1_010_000 })).toEqual({
      ...STORED,
      lastStart: 1_010_000,
      at: 1_010_000,
    });
    const earlier = { ...STORED, cooledAt: 900_000, coolUntil: 905_000, at: 1_010_000 };
    expect(mergedPace(STORED, earlier)).toMatchObject({ cooledAt: 1_000_000, coolUntil: 1_030_000 });
  });

  it('replace it by what they learned later themselves', () => {
    const later = { ...STORED, cooledAt: 1_005_000, coolUntil: 1_006_000, extraMs: 1, at: 1_010_000 };
    expect(mergedPace(STORED, later)).toEqual(later);
    expect(mergedPace(undefined, later)).toEqual(later);
  });

  it('do not believe what a clock that ran ahead has written', () => {
    expect(mergedPace({ ...STORED, cooledAt: 9_000_000, coolUntil: 9_100_000 }, calm)).toEqual(calm);
  });
});
