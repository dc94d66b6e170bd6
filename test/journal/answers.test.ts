import { describe, expect, it } from 'vitest';
import { ANSWER_TTL_MS, isPlain } from '../../src/journal/answers.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan, TaskSpec } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types/agent.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { start, task } from '../support/watched-run.ts';

/** A journal, and engines that use it one after the other, each with an agent of its own. */
function story() {
  const clock = new VirtualClock(1_000_000);
  const journal = memoryJournal({ mask: (json) => json.replaceAll('hunter22', '«masked:PASSWORD»') });
  let runs = 0;
  return {
    clock,
    journal,
    async run(
      agent: Step & { version?: Agent['version'] },
      plan: readonly TaskSpec[] | Plan = [task('a')],
      options: Partial<SoarOptions> = {},
    ) {
      const { version, ...step } = agent;
      const one: ScriptedAgent = scriptedAgent(clock, [step], version === undefined ? {} : { version });
      runs += 1;
      const all = { agents: { one }, clock, journal, cache: true, ...options };
      const result = await start(plan, { ...all, run: { runId: `r${runs}` } }).settled();
      return { result, outcome: result.outcomes[0], calls: one.calls.length };
    },
  };
}

describe('an answer of an earlier run', () => {
  it('is used again for the same question to the same version of the same agent', async () => {
    const { run } = story();
    const first = await run({ ok: 'forty-two', usage: { totalTokens: 9 }, version: 'v1' });
    const again = await run({ ok: 'forty-three', version: 'v1' }, [task('other', { prompt: 'do a' })]);
    expect([first.calls, again.calls]).toEqual([1, 0]);
    expect(again.outcome).toMatchObject({ taskId: 'other', via: 'cache', output: 'forty-two', attempts: [] });
    expect(again.result.metadata).toMatchObject({ cacheHits: 1, usage: { totalTokens: 0 } });
  });

  it.each<[string, Parameters<ReturnType<typeof story>['run']>]>([
    ['another version', [{ version: 'v2' }]],
    ['no version', [{}]],
    ['a version that is not known now', [{ version: () => null }]],
    [
      'a version that throws',
      [
        {
          version: () => {
            throw new Error('gone');
          },
        },
      ],
    ],
    ['another question', [{ version: 'v1' }, [task('b')]]],
    ['another environment', [{ version: 'v1' }, [task('a', { env: { A: '1' } })]]],
    ['no cache', [{ version: 'v1' }, [task('a')], { cache: false }]],
    ['no journal', [{ version: 'v1' }, [task('a')], { journal: undefined as never }]],
  ])('is not used with %s', async (_, second) => {
    const { run } = story();
    await run({ version: 'v1' });
    const { calls, outcome } = await run(...second);
    expect(calls).toBe(1);
    expect(outcome?.via).toBe('agent');
  });

  it.each<[string, Step, Partial<SoarOptions>?]>([
    ['failed', { fail: 'auth' }],
    ['is empty', { ok: '' }],
    ['held a secret', { ok: 'the password is hunter22' }],
    ['was given without a cache', {}, { cache: false }],
  ])('is not kept when it %s', async (_, step, options) => {
    const { run } = story();
    await run({ ...step, version: 'v1' }, [task('a')], options);
    expect((await run({ version: 'v1' })).calls).toBe(1);
  });

  it('is not kept when what its agent depends on has changed meanwhile', async () => {
    const { run } = story();
    const versions = ['v1', 'v1', 'v2'];
    await run({ version: () => versions.shift() ?? 'v2' });
    expect((await run({ version: 'v1' })).calls).toBe(1);
    expect((await run({ version: 'v2' })).calls).toBe(1);
  });

  it('is used for a week', async () => {
    const { run, clock } = story();
    await run({ ok: 'old', version: 'v1' });
    await clock.advance(ANSWER_TTL_MS - 1);
    expect((await run({ ok: 'new', version: 'v1' })).outcome?.output).toBe('old');
    await clock.advance(1);
    expect((await run({ ok: 'new', version: 'v1' })).outcome?.output).toBe('new');
    expect((await run({ ok: 'newer', version: 'v1' })).outcome?.output).toBe('new');
  });

  it('is looked up once for all duplicates, in both schedules', async () => {
    const duplicates = ['x', 'y', 'z'].map((id) => task(id, { prompt: 'do a' }));
    for (const schedule of ['wave', 'eager'] as const) {
      const { run } = story();
      await run({ ok: 'known', version: 'v1' });
      const { result, calls } = await run({ version: 'v1' }, [...duplicates, task('w', { dependsOn: ['x', 'y'] })], {
        schedule,
      });
      expect(calls).toBe(1);
      expect(result.outcomes.map(({ via }) => via)).toEqual(['cache', 'cache', 'cache', 'agent']);
    }
  });

  it('needs no start where a budget allows none', async () => {
    const { run } = story();
    await run({ ok: 'known', version: 'v1' });
    const { result } = await run({ version: 'v1' }, { tasks: [task('a')], budget: { tokens: 1 } });
    expect(result.status).toBe('succeeded');
  });

  it('is recognized by a place where the task works', async () => {
    const places: unknown[] = [];
    const version: Agent['version'] = (place) => {
      places.push(place);
      return 'v1';
    };
    await story().run({ version }, [task('a', { cwd: 'sub', env: { A: '1' } })]);
    expect(places[0]).toEqual({ cwd: 'sub', env: { A: '1' } });
  });
});

describe('plain data', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;

  it.each([[null], ['text'], [1.5], [[1, { a: [true] }]], [{}]])('is %j', (value) => {
    expect(isPlain(value)).toBe(true);
  });

  it.each([[Number.NaN], [new Date(0)], [new Map()], [() => 1], [10n], [circle], [[undefined]], [new (class A {})()]])(
    'is not %s',
    (value) => {
      expect(isPlain(value)).toBe(false);
    },
  );
});
