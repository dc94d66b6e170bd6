import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/actors/engine.ts';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { AgentSpec, CommandAgentSpec, Plan } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, ONE_TRY, onceSettled, outcomeOf, retrying, startOn, task, watch } from '../support/watched-run.ts';

type Script = Record<string, readonly Step[]>;

/** An engine whose plans describe agents by the names of scripts; each answers with its name and its task. */
function story(scripts: Record<string, Script> = {}, options: Partial<SoarOptions> = {}) {
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock(1_000_000);
  const made: Record<string, ScriptedAgent[]> = {};
  const agentFromSpec = (_: string, spec: AgentSpec) => {
    const { command, maxConcurrent, provider } = spec as CommandAgentSpec;
    const name = command[0] as string;
    const answering = (steps: readonly Step[], of: string) =>
      steps.map((step) => ({ ok: `${of} by ${name}`, ...step }));
    const script = Object.entries({ other: [{}], ...scripts[name] });
    const steps = Object.fromEntries(script.map(([id, of]) => [id, answering(of, id)]));
    const agent = scriptedAgent(clock, steps, { maxConcurrent, provider });
    made[name] = [...(made[name] ?? []), agent];
    return agent;
  };
  const spare = scriptedAgent(clock, [{ ok: 'by the spare of the engine' }], { kind: 'model', staggerMs: 0 });
  const common = { agents: { spare }, random: () => 0.5, policy: ONE_TRY, agentFromSpec };
  const soar = createSoar({ ...common, ...options, clock });
  const services = soar.actor.getSnapshot().services as Engine;
  const calls = (name: string) => (made[name] ?? []).flatMap((agent) => agent.calls.map(({ taskId }) => taskId));
  const run = (plan: Plan, runId: string) => startOn(soar, clock, plan, { runId });
  return { clock, soar, services, spare, calls, run };
}

const does = (name: string, more: Partial<CommandAgentSpec> = {}): AgentSpec => ({
  kind: 'command',
  command: [name],
  ...more,
});

/** A plan whose agent `worker` is the one of that name. */
const planOf = (name: string, ...tasks: Plan['tasks']): Plan => ({
  agents: { worker: does(name) },
  tasks: tasks.map((one) => ({ agent: 'worker', ...one })),
});

const OPEN = { state: 'open', failures: 1, opened: 1 };
const CALM = { state: 'closed', failures: 0, opened: 0, rejected: 0 };

describe('an agent that a plan describes', () => {
  it('is its run’s alone, whatever a run that begins meanwhile calls by its id', async () => {
    const slow = { first: [{ ms: 100 }], other: [{ ok: 'late' }] };
    const { run, calls, clock } = story({ one: slow }, { policy: retrying(1) });
    const a = run(planOf('one', task('first'), task('other', { dependsOn: ['first'] })), 'a');
    await clock.advance(10);
    const b = run(planOf('two', task('other')), 'b');
    expect((await b.settled()).outcomes).toMatchObject([{ agentId: 'worker', output: 'other by two' }]);
    expect((await a.settled()).outcomes).toMatchObject([
      { agentId: 'worker', output: 'first by one' },
      { agentId: 'worker', output: 'late' },
    ]);
    expect([calls('one'), calls('two')]).toEqual([['first', 'other'], ['other']]);
  });

  it('is tried again, and stands in for others, in its own run', async () => {
    const failsOnce: Script = { other: [{ ms: 10, fail: 'transient' }, { ok: 'second try' }] };
    const scripts = { one: failsOnce, bad: { other: [{ ms: 50, fail: 'forbidden' as const }] } };
    const { run, clock } = story(scripts, { policy: retrying(1) });
    const retried = run(planOf('one', task('other')), 'a');
    const fallsBack = run(
      {
        agents: { worker: does('bad'), helper: does('good') },
        fallback: 'helper',
        tasks: [task('other', { agent: 'worker' })],
      },
      'b',
    );
    await clock.advance(20);
    const third = { agents: { worker: does('two'), helper: does('worse') } };
    const later = run({ ...third, tasks: [task('other', { agent: 'helper' })] }, 'c');
    expect((await later.settled()).outcomes).toMatchObject([{ output: 'other by worse' }]);
    expect((await retried.settled()).outcomes).toMatchObject([{ output: 'second try' }]);
    expect((await fallsBack.settled()).outcomes).toMatchObject([{ via: 'fallback', output: 'other by good' }]);
  });

  it('comes before the agent of the engine of that id, and leaves it to other runs', async () => {
    const { run } = story();
    const own = run({ agents: { spare: does('one') }, tasks: [task('other', { agent: 'spare' })] }, 'own');
    const others = run({ tasks: [task('other', { agent: 'spare' })] }, 'others');
    expect((await own.settled()).outcomes).toMatchObject([{ output: 'other by one' }]);
    expect((await others.settled()).outcomes).toMatchObject([{ output: 'by the spare of the engine' }]);
  });

  it('is unknown to the plans of other runs', async () => {
    const { run, soar } = story();
    await run(planOf('one', task('other')), 'a').settled();
    expect(() => soar.run({ tasks: [task('other', { agent: 'worker' })] })).toThrow(/no agent `worker`/);
  });

  it('plays its parts in its own run', async () => {
    const { run, clock } = story({ one: { first: [{ ms: 100 }] } });
    const parts: Plan = {
      agents: { worker: does('one'), poet: { kind: 'adHoc', base: 'worker', role: 'poet' } },
      tasks: [task('first', { agent: 'worker' }), task('other', { agent: 'poet', dependsOn: ['first'] })],
    };
    const a = run(parts, 'a');
    await clock.advance(10);
    await run(planOf('two', task('other')), 'b').settled();
    expect(outcomeOf(await a.settled(), 'other').output).toBe('other by one');
  });

  it('is the run’s that is resumed, however long another one uses its id', async () => {
    const journal = memoryJournal();
    const { run, clock, soar } = story({ one: { first: [{ hang: true }] } }, { journal });
    const cut = run(planOf('one', task('first'), task('other', { dependsOn: ['first'] })), 'cut');
    await clock.advance(10);
    cut.run.interrupt();
    await cut.settled();
    await clock.settle(soar.close());
    const next = story({ two: { first: [{ ms: 500 }] } }, { journal, clock });
    const two = next.run(planOf('two', task('first'), task('other', { dependsOn: ['first'] })), 'two');
    await clock.advance(10);
    const resumed = watch(next.soar.resume('cut'), clock, next.soar);
    expect(outcomeOf(await resumed.settled(), 'other').output).toBe('other by one');
    expect(outcomeOf(await two.settled(), 'other').output).toBe('other by two');
  });
});

describe('an agent that a question brings along', () => {
  const phases: SoarOptions['phases'] = {
    assess: () => ({ complexity: 'medium', score: 15, confidence: 1, reasons: [] }),
    decompose: async ({ query }, { call }) => {
      const { output } = await call({ name: 'decompose', prompt: 'Take it apart', agentId: 'thinker' });
      return { goal: query, subgoals: [{ id: 'other', title: '', prompt: output, dependsOn: [] }], notes: [] };
    },
    synthesize: async ({ outcomes }, { call }) => {
      const { output } = await call({ name: 'synthesize', prompt: 'Sum it up', agentId: 'thinker' });
      return { answer: `${outcomes[0]?.output}, ${output}`, confidence: 1, sources: [] };
    },
  };
  const CALLS = { 'phase:decompose': [{ ms: 50 }], 'phase:synthesize': [{ ms: 50 }] };

  it('answers its own run’s phases and tasks', async () => {
    const options = { phases, defaultAgent: 'worker', policy: fragile(), agents: {} };
    const { soar, clock, services } = story({ one: CALLS, two: CALLS }, options);
    const ask = (name: string) => {
      const agents = { worker: does(name), thinker: does(name) };
      return watch(soar.ask('Why?', { agents, phaseAgent: false, runId: name }), clock, soar);
    };
    const idle = services.children().length;
    const one = ask('one');
    await clock.advance(10);
    const two = ask('two');
    const [first, second] = [await one.settled(), await two.settled()];
    expect(first.answer).toBe('other by one, phase:synthesize by one');
    expect(second.answer).toBe('other by two, phase:synthesize by two');
    expect(first.metadata.breakers).toMatchObject({ worker: CALM, thinker: CALM });
    expect(services.children()).toHaveLength(idle);
  });

  it('and one that an edited plan brings are both known to the run', async () => {
    const { soar, clock } = story({ one: CALLS }, { phases, approve: true });
    const agents = { worker: does('one'), thinker: does('one') };
    const run = watch(soar.ask('Why?', { agents, phaseAgent: false }), clock, soar);
    await clock.advance(60);
    expect(run.run.actor.getSnapshot().value).toBe('approve');
    run.run.approve({
      agents: { mine: does('mine') },
      tasks: [task('other', { agent: 'mine' }), task('more', { agent: 'worker' })],
    });
    const result = await run.settled();
    expect(result.outcomes).toMatchObject([{ output: 'other by mine' }, { status: 'succeeded', agentId: 'worker' }]);
    expect(result.answer).toBe('other by mine, phase:synthesize by one');
    expect(() => run.run.approve({ tasks: [task('other', { agent: 'mine' })] })).toThrow(/no agent `mine`/);
  });
});

describe('the breaker of an agent that a plan describes', () => {
  const bad: Script = { bad: [{ fail: 'transient' }], slow: [{ ms: 500 }] };
  const scripts = { one: bad, two: { slow: [{ ms: 500 }] } };
  const blocked = [task('bad'), task('other', onceSettled('bad'))];
  const waits = [task('slow'), task('other', { dependsOn: ['slow'] })];

  it('is another one for another agent of the same id, also while both are at work', async () => {
    const { run } = story(scripts, { policy: fragile() });
    const two = run(planOf('two', ...waits), 'two');
    const one = await run(planOf('one', ...blocked), 'one').settled();
    expect(outcomeOf(one, 'other').error?.kind).toBe('circuit_open');
    expect(one.metadata.breakers).toMatchObject({ worker: { ...OPEN, rejected: 1 } });
    const result = await two.settled();
    expect(result.status).toBe('succeeded');
    expect(result.metadata.breakers).toMatchObject({ worker: CALM });
  });

  it('is one for all plans that say the same, and outlives the run that opened it', async () => {
    const { run, calls } = story(scripts, { policy: fragile() });
    const waiting = run(planOf('one', ...waits), 'waiting');
    await run(planOf('one', task('bad')), 'bad').settled();
    const said = { command: ['one'], kind: 'command' } as const;
    const same = await run({ agents: { worker: said }, tasks: [task('other', { agent: 'worker' })] }, 'same').settled();
    expect(same.outcomes).toMatchObject([{ error: { kind: 'circuit_open' } }]);
    expect(outcomeOf(await waiting.settled(), 'other').error?.kind).toBe('circuit_open');
    expect(calls('one')).toEqual(['slow', 'bad']);
  });

  it('begins as the last run left it, in this process or in the next one', async () => {
    const journal = memoryJournal();
    const before = story(scripts, { policy: fragile(), journal });
    await before.run(planOf('one', task('bad')), 'a').settled();
    const { clock } = before;
    const refusesOneAlone = async ({ run }: typeof before, at: string) => {
      const same = await run(planOf('one', task('other')), `same ${at}`).settled();
      expect(same.outcomes).toMatchObject([{ error: { kind: 'circuit_open' }, attempts: [] }]);
      expect((await run(planOf('two', task('other')), `other ${at}`).settled()).status).toBe('succeeded');
    };
    await refusesOneAlone(before, 'here');
    const next = story(scripts, { policy: fragile(), journal: journal.crash(), clock });
    await refusesOneAlone(next, 'there');
    await clock.advance(60_000);
    const probe = await next.run(planOf('one', task('other')), 'probe').settled();
    expect(probe.metadata.breakers).toMatchObject({ worker: { state: 'closed', closed: 1 } });
  });

  it('takes the record of the last run of many that use it, also of a probe', async () => {
    const { run, clock } = story(scripts, { policy: fragile() });
    await run(planOf('one', task('bad')), 'bad').settled();
    await clock.advance(60_000);
    const probe = run(planOf('one', task('slow')), 'probe');
    await clock.advance(10);
    // It waits for the probe of the other run, and starts once that has closed the circuit.
    expect((await run(planOf('one', task('other')), 'waiting').settled()).status).toBe('succeeded');
    expect((await probe.settled()).metadata.breakers).toMatchObject({ worker: { state: 'closed', closed: 1 } });
    expect((await run(planOf('one', task('other')), 'next').settled()).status).toBe('succeeded');
  });
});

describe('a limit of attempts in flight', () => {
  const slow: Script = { other: [{ ms: 100 }] };
  const startsOf = async (names: readonly string[], more: Partial<CommandAgentSpec>, options: Partial<SoarOptions>) => {
    const { run, clock } = story({ one: slow, two: slow }, options);
    const runs = names.map((name, at) =>
      run({ agents: { worker: does(name, more) }, tasks: [task('other', { agent: 'worker' })] }, `r${at}`),
    );
    await clock.advance(0);
    const atOnce = runs.filter(({ state }) => state('other') === 'running').length;
    for (const one of runs) expect((await one.settled()).status).toBe('succeeded');
    return atOnce;
  };

  it('is shared by the runs whose plans say the same of the agent, and by no others', async () => {
    expect(await startsOf(['one', 'one'], { maxConcurrent: 1 }, {})).toBe(1);
    expect(await startsOf(['one', 'two'], { maxConcurrent: 1 }, {})).toBe(2);
  });

  it('that the engine sets by id holds for each agent of that id, and for a provider over all of them', async () => {
    expect(await startsOf(['one', 'one'], {}, { limits: { perAgent: { worker: 1 } } })).toBe(1);
    expect(await startsOf(['one', 'two'], {}, { limits: { perAgent: { worker: 1 } } })).toBe(2);
    expect(await startsOf(['one', 'two'], { provider: 'p' }, { limits: { perProvider: { p: 1 } } })).toBe(1);
  });
});

describe('an engine of many runs with agents of their own', () => {
  it('keeps none of them, nor their breakers and counts', async () => {
    const script: Script = { bad: [{ fail: 'transient' }] };
    const scripts = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`script${n}`, script]));
    const { run, services, clock, soar } = story(scripts, { policy: fragile({ resetTimeoutMs: 1000 }) });
    const idle = services.children().length;
    const { ledger } = services.gate.getSnapshot().context;
    for (let n = 0; n < 1000; n += 1) {
      const id = n % 2 === 0 ? 'worker' : `worker${n}`;
      const isGood = n % 4 < 2;
      const tasks = [task('other', { agent: id }), ...(isGood ? [] : [task('bad', { agent: id })])];
      const result = await run({ agents: { [id]: does(`script${n}`) }, tasks }, `r${n}`).settled();
      expect(result.metadata.breakers).toMatchObject({ [id]: isGood ? CALM : OPEN });
      await clock.advance(10_000);
    }
    expect(services.children()).toHaveLength(idle);
    expect([...services.agents.keys()]).toEqual(['spare']);
    expect(ledger.accounts.runs.size).toBe(0);
    expect(ledger.toJSON()).toEqual({
      ...{ waiting: 0, out: [], asked: null, lastStart: expect.any(Number) },
      outBy: { agent: {}, provider: {} },
    });
    expect(clock.pending).toBe(0);
    await soar.close();
  });
});
