import { describe, expect, it } from 'vitest';
import { createActor, fromTransition } from 'xstate';
import { createRun, type Engine, engine } from '../../src/actors/engine.ts';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { ringSink } from '../../src/trace/ring-sink.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, onceSettled, outcomeOf, startOn, task } from '../support/watched-run.ts';

/** One failure opens the breaker of a made-up agent, too. */
const FRAGILE = fragile({ adHocFailureThreshold: 1 });
const agents = { poet: { kind: 'adHoc', base: 'llm', role: 'poet' } } as const;
const planOf = (...tasks: Plan['tasks']): Plan => ({ agents, tasks: tasks.map((one) => ({ agent: 'poet', ...one })) });

function story(
  script: Record<string, readonly Step[]> = {},
  options: Partial<SoarOptions> = {},
  clock = new VirtualClock(1_000_000),
) {
  const llm = scriptedAgent(clock, script);
  const soar = createSoar({ agents: { llm }, policy: FRAGILE, clock, random: () => 0.5, ...options });
  const services = soar.actor.getSnapshot().services as Engine;
  return { clock, llm, soar, services, run: (plan: Plan, runId: string) => startOn(soar, clock, plan, { runId }) };
}

const CALM = { state: 'closed', failures: 0, opened: 0, rejected: 0 };
const OPEN = { state: 'open', failures: 1, opened: 1 };

describe('the breaker of an agent that a plan makes up', () => {
  it('ends with its run: however many there are, nothing piles up', async () => {
    const { run, services, clock, soar } = story({
      bad: [{ fail: 'transient' }],
      usage: [{ usage: { totalTokens: 1 } }],
    });
    const idle = services.children().length;
    const mixed = [task('good'), task('bad'), task('usage'), task('more', onceSettled('bad'))];
    for (let n = 0; n < 50; n += 1) {
      const id = `poet${n}`;
      const plan = { agents: { [id]: agents.poet }, defaults: { agent: id } };
      const failing = await run({ ...plan, tasks: mixed }, `failing${n}`).settled();
      expect(failing.metadata.breakers).toMatchObject({ [id]: OPEN });
      const calm = await run({ ...plan, tasks: [task('good')] }, `calm${n}`).settled();
      expect(calm.metadata.breakers).toMatchObject({ [id]: CALM });
    }
    expect(services.children()).toHaveLength(idle);
    expect(clock.pending).toBe(0);
    await soar.close();
  });

  it('is another one in another run, also while both continue', async () => {
    const { run } = story({ bad: [{ fail: 'transient' }], slow: [{ ms: 500 }] });
    const slow = run(planOf(task('slow'), task('after', { dependsOn: ['slow'] })), 'a');
    const bad = await run(planOf(task('bad'), task('blocked', onceSettled('bad'))), 'b').settled();
    expect(outcomeOf(bad, 'blocked').error?.kind).toBe('circuit_open');
    expect(bad.metadata.breakers).toMatchObject({ poet: { ...OPEN, rejected: 1 } });
    const result = await slow.settled();
    expect(result.status).toBe('succeeded');
    expect(result.metadata.breakers).toMatchObject({ poet: CALM });
  });

  it('says in a trace which run it is of, and when it has ended', async () => {
    const ring = ringSink();
    const { run, clock, soar } = story({}, { trace: { sinks: [ring] } });
    await run(planOf(task('good')), 'a').settled();
    const started = ring.records().filter((record) => record.type === 'actor.started');
    const own = started.find(({ id }) => id === 'breaker.poet');
    expect(own).toMatchObject({ machine: 'breaker', agentId: 'poet', runId: 'a' });
    const actor = own?.actor;
    expect(ring.records()).toContainEqual(expect.objectContaining({ type: 'actor.ended', actor, status: 'stopped' }));
    await clock.settle(soar.close());
  });

  it('has answered its gate before it ends, when its run ends in the middle of that', async () => {
    // Two providers whose gaps end at one instant: the gate reports one run of its spent budget, and asks for the other, at once.
    const clock = new VirtualClock();
    const gap = { staggerMs: 100 };
    const both = { llm: scriptedAgent(clock, [{}], gap), other: scriptedAgent(clock, [{}], gap) };
    const { run } = story({}, { agents: both }, clock);
    await run({ tasks: [task('a', { agent: 'llm' }), task('b', { agent: 'other' })] }, 'before').settled();
    const plan = { tasks: [task('first'), task('never')].map((one) => ({ ...one, agent: 'other' })) };
    const spent = run({ ...plan, budget: { attempts: 1 } }, 'spent');
    const ended = run(planOf(task('asked')), 'ended');
    spent.run.events$.subscribe(({ type }) => {
      if (type === 'run.stopping') ended.run.cancel();
    });
    await clock.advance(100);
    expect([spent, ended].map(({ states }) => states('first').concat(states('asked')).at(-1))).toEqual([
      'running',
      'staggered',
    ]);
    expect((await ended.settled()).status).toBe('cancelled');
    expect((await run(planOf(task('good')), 'next').settled()).status).toBe('succeeded');
  });

  it('of an agent of the engine stays', async () => {
    const { run, services } = story({ bad: [{ fail: 'transient' }] });
    await run({ tasks: [task('bad', { agent: 'llm' })] }, 'a').settled();
    expect(services.breakerMetrics({ id: 'llm' }, 'any')).toMatchObject(OPEN);
  });

  it('is as it was left when its run is resumed, and unknown to every other run', async () => {
    const journal = memoryJournal();
    const first = story({ bad: [{ fail: 'transient' }], slow: [{ hang: true }] }, { journal });
    const plan = planOf(
      task('bad'),
      task('slow', { agent: 'llm', ...onceSettled('bad') }),
      task('late', onceSettled('slow')),
    );
    const cut = first.run(plan, 'cut');
    await first.clock.advance(100);
    cut.run.interrupt();
    await cut.settled();
    await first.clock.settle(first.soar.close());
    expect([...journal.breakers().keys()]).not.toContain('poet');

    const llm = scriptedAgent(first.clock);
    const soar = createSoar({ agents: { llm }, policy: FRAGILE, clock: first.clock, journal });
    const other = await startOn(soar, first.clock, planOf(task('good')), { runId: 'other' }).settled();
    expect(other.metadata.breakers).toMatchObject({ poet: CALM });
    const result = await first.clock.settle(soar.resume('cut').result);
    expect(outcomeOf(result, 'late').error?.kind).toBe('circuit_open');
    expect(result.metadata.breakers).toMatchObject({ poet: { state: 'open', rejected: 1 } });
    expect(llm.calls.map(({ taskId }) => taskId)).toEqual(['good', 'slow']);
    await first.clock.settle(soar.close());
  });
});

describe('an agent with parts to play', () => {
  it('has no more in flight than its own limit, or that of the engine, allows for all of them', async () => {
    const parts = { ...agents, critic: { kind: 'adHoc', base: 'llm', role: 'critic' } } as const;
    const ids = ['llm', 'poet', 'critic', 'poet'];
    const plan: Plan = { agents: parts, tasks: ids.map((agent, at) => task(`t${at}`, { agent })) };
    const peakWith = async (profile: { maxConcurrent?: number }, options: Partial<SoarOptions>) => {
      const clock = new VirtualClock();
      const llm = scriptedAgent(clock, [{ ms: 100 }], profile);
      expect(
        (
          await story({}, { agents: { llm }, ...options }, clock)
            .run(plan, 'r')
            .settled()
        ).status,
      ).toBe('succeeded');
      return llm.peak;
    };
    expect(await peakWith({}, {})).toBe(4);
    expect(await peakWith({ maxConcurrent: 1 }, {})).toBe(1);
    expect(await peakWith({}, { limits: { perAgent: { llm: 2 } } })).toBe(2);
  });
});

describe('a run whose own actor breaks', () => {
  it('leaves nothing behind in its engine', () => {
    const clock = new VirtualClock();
    const root = createActor(engine, { id: 'engine', input: {}, clock }).start();
    const { services } = root.getSnapshot();
    const broken = fromTransition((state: object, event: { type: string }) => {
      if (event.type === 'break') throw new Error('broken');
      return state;
    }, {});
    const run = createRun(root, 'x', broken, undefined);
    run.subscribe({ error: () => {} });
    run.start();
    services.gate.send({
      type: 'run.opened',
      ...{ runId: 'x', maxConcurrent: null, staggerMs: null, budget: null, ref: { send: () => {} } },
    });
    services.breakerOf({ id: 'poet', base: 'llm' }, 'x');
    run.send({ type: 'break' });
    expect(services.gate.getSnapshot().context.ledger.accounts.runs.size).toBe(0);
    expect(services.children().map(({ id }) => id)).toEqual(['executor', 'gate']);
    root.stop();
  });
});
