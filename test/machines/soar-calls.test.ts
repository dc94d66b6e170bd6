import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { PhaseControls } from '../../src/phases/controls.ts';
import type { Phases } from '../../src/phases/types.ts';
import type { AskOptions, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, retrying, watch } from '../support/watched-run.ts';

type Think = (controls: PhaseControls, query: string) => Promise<unknown>;

/** A decompose phase that makes one subgoal of whatever an agent answers. */
function decomposing(think: Think): SoarOptions['phases'] {
  return {
    assess: () => ({ complexity: 'medium', score: 15, confidence: 1, reasons: [] }),
    retrieve: () => ({ passages: [], budget: 10, searched: 0, notes: [] }),
    decompose: async ({ query }, controls) => {
      const said = await think(controls, query);
      return { goal: query, subgoals: [{ id: 'only', title: '', prompt: String(said), dependsOn: [] }], notes: [] };
    },
    synthesize: ({ outcomes }) => ({ answer: outcomes[0]?.output ?? '', confidence: 1, sources: [] }),
  };
}

const askOnce: Think = async ({ call }) =>
  (await call({ name: 'decompose', prompt: 'Take it apart', agentId: 'thinker' })).output;

const CALL = 'phase:decompose';

interface Told extends Partial<SoarOptions> {
  steps?: readonly Step[];
  /** Of other calls than {@link CALL}, by task id. */
  more?: Readonly<Record<string, readonly Step[]>>;
  asked?: AskOptions;
  think?: Think;
}

function ask({ steps = [{ ms: 100, ok: 'do it' }], think = askOnce, asked = {}, more = {}, ...options }: Told = {}) {
  const clock = new VirtualClock();
  const thinker = scriptedAgent(clock, { ...more, [CALL]: steps }, { provider: 'mind' });
  const worker = scriptedAgent(clock, [{ ms: 10 }]);
  const soar = createSoar({
    agents: { worker, thinker },
    random: () => 0.5,
    policy: ONE_TRY,
    phases: decomposing(think),
    ...options,
    clock,
  });
  return { thinker, worker, ...watch(soar.ask('Why is it so?', { ...asked, runId: 'asked' }), clock, soar) };
}

const inFlight = (...agents: ScriptedAgent[]) => agents.reduce((sum, agent) => sum + agent.inFlight, 0);

describe('a call of a phase', () => {
  it('is answered by the agent, who is reported what it is asked and for what', async () => {
    const run = ask();
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', outcomes: [{ taskId: 'only' }] });
    expect(run.worker.calls[0]?.request.question).toBe('do it');
    expect(run.thinker.calls[0]?.request).toMatchObject({
      taskId: CALL,
      agentId: 'thinker',
      prompt: 'Take it apart',
      query: 'Why is it so?',
      key: `asked/${CALL}/1`,
    });
  });

  it('has its turn also after the tasks, of a run that has one attempt at a time', async () => {
    const synthesize: Phases['synthesize'] = async (_, { call }) => {
      const { output } = await call({ name: 'synthesize', prompt: 'Sum it up', agentId: 'thinker' });
      return { answer: output, confidence: 1, sources: [] };
    };
    const more = { 'phase:synthesize': [{ ms: 10, ok: 'summed up' }] };
    const run = ask({ more, phases: { ...decomposing(askOnce), synthesize }, asked: { maxConcurrent: 1 } });
    expect(await run.settled()).toMatchObject({ status: 'succeeded', answer: 'summed up' });
    expect(run.of('attempt.started').map(({ taskId }) => taskId)).toEqual([CALL, 'only', 'phase:synthesize']);
  });

  it('has the breaker of its agent, and its rate limits, in what the run reports itself', async () => {
    const limited: Step = { fail: 'rate_limited', details: { retryAfterMs: 3000 } };
    const synthesize: Phases['synthesize'] = async (_, { call }) => {
      const { output } = await call({ name: 'synthesize', prompt: 'Sum it up', agentId: 'writer' });
      return { answer: output, confidence: 1, sources: [] };
    };
    const clock = new VirtualClock();
    const writer = scriptedAgent(clock, [limited, { ok: 'summed up' }]);
    const thinker = scriptedAgent(clock, [limited, { fail: 'transient' }, { ok: 'do it' }]);
    const worker = scriptedAgent(clock, [limited, {}]);
    const soar = createSoar({
      agents: { worker, thinker, writer, idle: scriptedAgent(clock) },
      policy: { preset: 'patient', retry: { retries: 1, baseDelayMs: 1000, jitter: 0 } },
      phases: { ...decomposing(askOnce), synthesize },
      random: () => 0.5,
      clock,
    });
    const { metadata } = await watch(soar.ask('Why is it so?'), clock, soar).settled();
    expect(metadata.rateLimits.map(({ agentId, taskId }) => [agentId, taskId])).toEqual([
      ['thinker', CALL],
      ['worker', 'only'],
      ['writer', 'phase:synthesize'],
    ]);
    expect(metadata.rateLimits[0]?.resumeAt).toBe(3000);
    expect(Object.keys(metadata.breakers).sort()).toEqual(['thinker', 'worker', 'writer']);
    expect(metadata.breakers.thinker).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('is reported of also in a run that has only planned', async () => {
    const clock = new VirtualClock();
    const thinker = scriptedAgent(clock, [{ ok: 'do it' }]);
    const soar = createSoar({ agents: { worker: () => '', thinker }, phases: decomposing(askOnce), clock });
    const { metadata } = await clock.settle(soar.plan('Why is it so?').result);
    expect(Object.keys(metadata.breakers)).toEqual(['thinker']);
  });

  it('goes through the states of a task, marked with its phase', async () => {
    const run = ask({ policy: retrying(1), steps: [{ fail: 'transient' }, { ms: 100, ok: 'do it' }] });
    await run.settled();
    const states = run.of('task.state').filter(({ taskId }) => taskId === CALL);
    expect(states.map(({ state }) => state)).toEqual(['staggered', 'running', 'retrying', 'staggered', 'running']);
    expect(new Set(states.map(({ phase }) => phase))).toEqual(new Set(['decompose']));
    expect(run.of('attempt.started').map(({ taskId, attempt, phase }) => [taskId, attempt, phase])).toEqual([
      [CALL, 1, 'decompose'],
      [CALL, 2, 'decompose'],
      ['only', 1, undefined],
    ]);
    expect(run.of('call.settled')).toMatchObject([{ phase: 'decompose', taskId: CALL, status: 'succeeded' }]);
  });

  it('is not a task of the plan', async () => {
    const run = ask();
    const { metadata } = await run.settled();
    expect(metadata).toMatchObject({ totalTasks: 1, succeeded: 1, waves: [['only']] });
    expect(run.of('task.settled')).toMatchObject([{ settled: 1, total: 1 }]);
  });

  it('cools when its provider is rate-limited', async () => {
    const steps: Step[] = [{ fail: 'rate_limited', details: { retryAfterMs: 3000 } }, { ok: 'do it' }];
    const run = ask({ steps });
    expect((await run.settled()).status).toBe('succeeded');
    expect(run.states(CALL)).toContain('cooling');
    expect(run.thinker.calls.map(({ at }) => at)).toEqual([0, 3000]);
  });

  it('waits for its turn at the gate', async () => {
    const think: Think = async ({ call }) => {
      const one = call({ name: 'decompose', prompt: 'one', agentId: 'thinker' });
      const two = call({ name: 'decompose-again', prompt: 'two', agentId: 'thinker' });
      return (await Promise.all([one, two])).map(({ output }) => output).join();
    };
    const run = ask({ think, staggerMs: 700 });
    await run.settled();
    expect(run.startTimes()).toEqual([0, 700, 1400]);
  });

  it('is taken over by a fallback that can think, and by no other', async () => {
    const clock = new VirtualClock();
    const agents = {
      worker: scriptedAgent(clock, [{ ok: 'done' }]),
      thinker: scriptedAgent(clock, [{ fail: 'auth' }]),
      spare: scriptedAgent(clock, [{ ok: 'from the spare' }], { kind: 'model' }),
    };
    const by: string[] = [];
    const think: Think = async ({ call }) => {
      const { agentId } = await call({ name: 'decompose', prompt: 'x', agentId: 'thinker' });
      by.push(agentId);
      return '';
    };
    const common = { agents, clock, policy: ONE_TRY, phases: decomposing(think) };
    const soar = createSoar(common);
    await clock.settle(soar.ask('Why?', { fallback: 'spare' }).result);
    const refused = await clock.settle(soar.ask('Why?', { fallback: 'worker' }).result);
    expect(by).toEqual(['spare']);
    expect(refused).toMatchObject({ status: 'failed', error: { kind: 'auth' } });
  });

  it('that gets no answer rejects with what the agent failed of', async () => {
    const kinds: unknown[] = [];
    const think: Think = async ({ call }) => {
      try {
        await call({ name: 'decompose', prompt: 'x', agentId: 'thinker' });
      } catch (error) {
        if (AgentError.isInstance(error)) kinds.push(error.kind, error.message);
      }
      return 'by oneself';
    };
    const run = ask({ think, steps: [{ fail: 'auth', message: 'no key' }] });
    expect((await run.settled()).status).toBe('succeeded');
    expect(kinds).toEqual(['auth', 'no key']);
  });

  it('of an unknown agent, and a second one of the same name, are refused', async () => {
    const errors: string[] = [];
    const think: Think = async ({ call }) => {
      const calls = [
        { name: 'decompose', prompt: 'x', agentId: 'nobody' },
        { name: 'twice', prompt: 'x', agentId: 'thinker' },
        { name: 'twice', prompt: 'x', agentId: 'thinker' },
      ];
      for (const one of calls) await call(one).catch((error: Error) => errors.push(error.message));
      return '';
    };
    await ask({ think }).settled();
    expect(errors).toEqual([
      'There is no agent `nobody` to call.',
      'Phase decompose called `twice` twice. Give each call of a phase a name of its own.',
    ]);
  });

  it('without a prompt is refused, and reported', async () => {
    const think: Think = ({ call }) => call({ name: 'decompose' } as never);
    const result = await ask({ think }).settled();
    expect(result.error?.message).toContain('made a call without a name or a prompt');
  });

  it('that its phase does not wait for is stopped, and waited for', async () => {
    const think: Think = async ({ call }) => {
      call({ name: 'decompose', prompt: 'x', agentId: 'thinker' });
      return 'at once';
    };
    const run = ask({ think, steps: [{ hang: true, dyingMs: 300 }] });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(run.of('phase.completed').find(({ phase }) => phase === 'decompose')?.at).toBe(300);
    expect(run.of('call.settled')).toMatchObject([{ status: 'cancelled' }]);
  });
});

describe('a run that is asked to stop while a phase asks', () => {
  it('waits for the attempt, and leaves nothing behind', async () => {
    const run = ask({ steps: [{ hang: true, dyingMs: 300 }] });
    await run.clock.advance(100);
    run.run.cancel('enough');
    run.run.cancel('again');
    expect(run.run.actor.getSnapshot()).toMatchObject({ value: { decompose: 'cancelling' } });
    const result = await run.settled();
    expect(run.clock.now()).toBe(400);
    expect(result).toMatchObject({
      status: 'cancelled',
      error: { kind: 'cancelled', message: 'enough' },
      outcomes: [],
    });
    expect(run.of('attempt.ended')).toMatchObject([{ taskId: CALL, result: 'cancelled' }]);
    expect(result.metadata.phases.at(-1)).toMatchObject({ phase: 'decompose', calls: 1, attempts: 1 });
    expect(inFlight(run.thinker, run.worker)).toBe(0);
    expect(run.clock.pending).toBe(0);
  });

  it('does not wait for a phase that waits for itself', async () => {
    const think: Think = async (controls, query) => {
      await askOnce(controls, query);
      return new Promise(() => {});
    };
    const run = ask({ think });
    await run.clock.advance(500);
    run.run.cancel('enough');
    expect((await run.settled()).status).toBe('cancelled');
    expect(run.clock.now()).toBe(500);
  });

  it('withdraws what waits in the gate', async () => {
    const run = ask({ policy: retrying(1, 60_000), steps: [{ fail: 'transient' }] });
    await run.clock.advance(100);
    expect(run.state(CALL)).toBe('retrying');
    run.run.cancel('enough');
    expect((await run.settled()).status).toBe('cancelled');
    expect(run.clock.pending).toBe(0);
  });

  it('reaches no agent any more', async () => {
    const late: string[] = [];
    const think: Think = async ({ call, signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await call({ name: 'late', prompt: 'x', agentId: 'thinker' }).catch((error: Error) => late.push(error.message));
      return '';
    };
    const run = ask({ think });
    await run.clock.advance(10);
    run.run.cancel('enough');
    await run.settled();
    await run.clock.advance(10);
    expect(late).toHaveLength(1);
    expect(run.thinker.calls).toEqual([]);
  });
});

describe('a run that is asked to stop at any instant of its phases', () => {
  const policy = {
    preset: 'patient',
    retry: { retries: 2, strategy: 'fixed', baseDelayMs: 200, jitter: 0 },
    breaker: { failureThreshold: 1, resetTimeoutMs: 400, onOpen: 'wait' },
  } as const;
  const steps: Step[] = [
    { ms: 100, fail: 'transient', dyingMs: 30 },
    { ms: 100, fail: 'rate_limited', details: { retryAfterMs: 300 }, dyingMs: 30 },
    { ms: 100, ok: 'do it', dyingMs: 30 },
  ];
  const phases = {
    ...decomposing(async ({ call }) => {
      const calls = ['decompose', 'decompose-two'].map((name) => call({ name, prompt: name, agentId: 'thinker' }));
      return (await Promise.all(calls)).map(({ output }) => output).join();
    }),
    synthesize: async (_: unknown, { call }: PhaseControls) => {
      const { output } = await call({ name: 'write', prompt: 'x', agentId: 'thinker' });
      return { answer: output, confidence: 1, sources: [] };
    },
  };

  /** How far it comes when it is not stopped, in steps of 50 ms; it goes through every wait a task knows. */
  const instants = Array.from({ length: 29 }, (_, n) => 50 * n + 1);

  it.each(instants)('leaves no attempt, timer, lease or permit behind: after %i ms', async (ms) => {
    const run = ask({ phases, policy, steps, maxConcurrent: 2, staggerMs: 20 });
    await run.clock.advance(ms);
    run.run.cancel('enough');
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'enough' } });
    expect(inFlight(run.thinker, run.worker)).toBe(0);
    const { started, ended } = { started: run.of('attempt.started'), ended: run.of('attempt.ended') };
    expect(ended.map(({ key }) => key).sort()).toEqual(started.map(({ key }) => key).sort());
    const { services } = run.soar.actor.getSnapshot();
    const { ledger } = services.gate.getSnapshot().context;
    expect({ leases: ledger.leases.size, waiting: ledger.waiting, runs: ledger.accounts.runs.size }).toEqual({
      leases: 0,
      waiting: 0,
      runs: 0,
    });
    // What a breaker waits for is its own: its next probe.
    const breakerWaits = services.breakerOf({ id: 'thinker' }, 'any').getSnapshot().value === 'open' ? 1 : 0;
    expect(run.clock.pending).toBeLessThanOrEqual(breakerWaits);
  });
});

describe('the limits of a run of a question', () => {
  it('hold from its first phase on: time', async () => {
    const run = ask({ steps: [{ hang: true, dyingMs: 50 }], timeoutMs: 4000 });
    const result = await run.settled();
    expect(run.clock.now()).toBe(4050);
    expect(result).toMatchObject({
      status: 'cancelled',
      error: { kind: 'timeout', message: 'The run did not finish within 4000 ms.' },
    });
  });

  it('hold from its first phase on: time of the plan', async () => {
    const clock = new VirtualClock();
    const agents = {
      worker: scriptedAgent(clock, [{ hang: true }]),
      thinker: scriptedAgent(clock, [{ ms: 3000, ok: 'do it' }]),
    };
    const soar = createSoar({ agents, clock, policy: ONE_TRY, timeoutMs: 4000, phases: decomposing(askOnce) });
    const result = await clock.settle(soar.ask('Why?').result);
    expect(clock.now()).toBe(4000);
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' }, metadata: { cancelled: 1 } });
    expect(clock.pending).toBe(0);
  });

  it('hold from its first phase on: attempts', async () => {
    const run = ask({ budget: { attempts: 1 } });
    expect(await run.settled()).toMatchObject({ error: { kind: 'budget' }, metadata: { skipped: 1 } });
    expect(run.worker.calls).toEqual([]);
  });

  it('hold for what the first phase asks at once', async () => {
    const assess: Phases['assess'] = async (_, { call }) => {
      await call({ name: 'assess', prompt: 'x', agentId: 'thinker' }).catch(() => {});
      return { complexity: 'medium', score: 15, confidence: 1, reasons: [] };
    };
    const run = ask({ budget: { attempts: 0 }, phases: { ...decomposing(async () => 'it'), assess } });
    expect(await run.settled()).toMatchObject({ error: { kind: 'budget' } });
    expect(run.thinker.calls).toEqual([]);
  });

  it('hold from its first phase on: tokens', async () => {
    const run = ask({ budget: { tokens: 100 }, steps: [{ ok: 'do it', usage: { totalTokens: 100 } }] });
    expect(await run.settled()).toMatchObject({ error: { kind: 'budget' }, metadata: { skipped: 1 } });
  });

  it('hold from its first phase on: cost, by the table of prices', async () => {
    const usage = { inputTokens: 400, outputTokens: 100 };
    const prices = { thinker: { inputPerMillion: 1000, outputPerMillion: 6000 } };
    const run = ask({ budget: { costUsd: 1 }, prices, steps: [{ ok: 'do it', usage }] });
    const result = await run.settled();
    expect(result).toMatchObject({ error: { kind: 'budget', message: "The run's budget of cost is spent." } });
    expect(result.metadata).toMatchObject({ skipped: 1, usage: { totalTokens: 500, costUsd: 1 } });
    expect(run.worker.calls).toEqual([]);
  });

  it('let what waits in a phase wait no longer when a budget is spent', async () => {
    const kinds: unknown[] = [];
    const think: Think = async ({ call }) => {
      await call({ name: 'decompose', prompt: 'x', agentId: 'thinker' }).catch(({ kind }) => kinds.push(kind));
      return 'by oneself';
    };
    const steps: Step[] = [{ fail: 'transient' }, { ok: 'late' }];
    const run = ask({ think, steps, policy: retrying(1, 60_000), budget: { timeMs: 5000 } });
    await run.settled();
    expect(run.clock.now()).toBe(5000);
    expect(kinds).toEqual(['budget']);
  });

  it('let what waits in the last phase wait no longer when another call has spent a budget', async () => {
    const kinds: unknown[] = [];
    const phases = {
      ...decomposing(async () => 'do it'),
      synthesize: async (_: unknown, { call }: PhaseControls) => {
        const ask = (name: string) => call({ name, prompt: 'x', agentId: 'thinker' });
        const first = ask('first').catch(({ kind }) => kinds.push(kind));
        await ask('second');
        await first;
        return { answer: 'templated', confidence: 1, sources: [] };
      },
    };
    const clock = new VirtualClock();
    const thinker = scriptedAgent(clock, {
      'phase:synthesize-first': [{ fail: 'transient' }, { ok: 'late' }],
      'phase:synthesize-second': [{ ms: 500, usage: { totalTokens: 100 } }],
    });
    const worker = scriptedAgent(clock, [{ ms: 10 }]);
    const policy = retrying(1, 60_000);
    const soar = createSoar({ agents: { worker, thinker }, clock, policy, phases, budget: { tokens: 100 } });
    expect((await clock.settle(soar.ask('Why?').result)).answer).toBe('templated');
    expect(kinds).toEqual(['budget']);
    expect(clock.now()).toBe(510);
  });

  it('hold to its last phase: attempts', async () => {
    const kinds: unknown[] = [];
    const phases = {
      ...decomposing(async () => 'do it'),
      synthesize: async (_: unknown, { call }: PhaseControls) => {
        await call({ name: 'write', prompt: 'x', agentId: 'thinker' }).catch(({ kind }) => kinds.push(kind));
        return { answer: 'templated', confidence: 1, sources: [] };
      },
    };
    const run = ask({ phases, budget: { attempts: 1 } });
    expect(await run.settled()).toMatchObject({ answer: 'templated', metadata: { succeeded: 1 } });
    expect(kinds).toEqual(['budget']);
    expect(run.thinker.calls).toEqual([]);
  });
});

describe('what is reported of a phase', () => {
  it('is who did it, with what effort', async () => {
    const steps: Step[] = [
      { ms: 100, fail: 'transient' },
      { ms: 100, ok: 'do it', usage: { inputTokens: 10, outputTokens: 5 } },
    ];
    const run = ask({ policy: retrying(1), steps });
    const { metadata } = await run.settled();
    expect(metadata.phases.map(({ phase, by }) => [phase, by])).toEqual([
      ['assess', 'offline'],
      ['retrieve', 'offline'],
      ['decompose', 'thinker'],
      ['route', 'offline'],
      ['synthesize', 'offline'],
    ]);
    expect(metadata.phases[2]).toEqual({
      phase: 'decompose',
      by: 'thinker',
      calls: 1,
      attempts: 2,
      durationMs: 1200,
      usage: { inputTokens: 10, outputTokens: 5 },
    });
    expect(run.of('phase.completed').map(({ by }) => by)).toEqual([
      'offline',
      'offline',
      'thinker',
      'offline',
      undefined,
      'offline',
    ]);
  });

  it('is what it notes, also that it did without its agent in the end', async () => {
    const think: Think = async (controls, query) => {
      await askOnce(controls, query);
      controls.note('The answer was not a plan.', { by: 'offline' });
      controls.note('So it is offline.');
      return '';
    };
    const run = ask({ think });
    const { metadata } = await run.settled();
    expect(run.of('phase.note').map(({ phase, message }) => [phase, message])).toEqual([
      ['decompose', 'The answer was not a plan.'],
      ['decompose', 'So it is offline.'],
    ]);
    expect(metadata.phases[2]).toMatchObject({
      by: 'offline',
      calls: 1,
      note: 'The answer was not a plan. So it is offline.',
    });
  });
});

describe('a run of a question that is resumed', () => {
  function story(think: Think, steps: readonly Step[], policy: SoarOptions['policy'] = ONE_TRY) {
    const clock = new VirtualClock();
    const first = memoryJournal();
    const thinker = scriptedAgent(clock, steps);
    const worker = scriptedAgent(clock, [{ ms: 10 }]);
    const options = { agents: { worker, thinker }, clock, policy, random: () => 0.5 };
    let journal = first;
    const engine = () => createSoar({ ...options, journal, phases: decomposing(think) });
    const soar = engine();
    const begun = watch(soar.ask('Why?', { runId: 'q', budget: { attempts: 4 } }), clock, soar);
    const reborn = () => {
      journal = journal.crash();
      const next = engine();
      return watch(next.resume('q'), clock, next);
    };
    return { clock, thinker, worker, begun, reborn };
  }

  it('asks again what was cut off, with a new number', async () => {
    const { clock, thinker, reborn } = story(askOnce, [{ hang: true }, { ms: 100, ok: 'do it' }]);
    await clock.advance(1000);
    const result = await reborn().settled();
    expect(result.status).toBe('succeeded');
    expect(thinker.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(result.metadata.phases[2]).toMatchObject({ by: 'thinker', calls: 1, attempts: 2 });
  });

  it('has spent what the phase had spent that was under way, however often', async () => {
    const { clock, thinker, worker, reborn } = story(askOnce, [
      { hang: true },
      { hang: true },
      { hang: true },
      { ms: 10 },
    ]);
    for (let crash = 1; crash <= 3; crash += 1) {
      await clock.advance(1000);
      if (crash < 3) reborn();
    }
    const result = await reborn().settled();
    expect(thinker.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(worker.calls).toEqual([]);
    expect(result).toMatchObject({ error: { kind: 'budget' }, metadata: { skipped: 1 } });
  });

  it('after an interrupt asks again, too', async () => {
    const { clock, thinker, begun, reborn } = story(askOnce, [{ hang: true }, { ms: 100, ok: 'do it' }]);
    await clock.advance(1000);
    begun.run.interrupt();
    await begun.settled();
    expect((await reborn().settled()).status).toBe('succeeded');
    expect(thinker.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('after an interrupt waits as long as it would have waited', async () => {
    const steps: Step[] = [{ fail: 'transient' }, { ok: 'do it' }];
    const { clock, thinker, begun, reborn } = story(askOnce, steps, retrying(1, 10_000));
    await clock.advance(1000);
    begun.run.interrupt();
    await begun.settled();
    await reborn().settled();
    expect(thinker.calls.map(({ at, attempt }) => [at, attempt])).toEqual([
      [0, 1],
      [10_000, 2],
    ]);
  });

  it('does not ask again what had its answer, although its phase was not through', async () => {
    const think: Think = async ({ call }) => {
      const { output } = await call({ name: 'decompose', prompt: 'one', agentId: 'thinker' });
      return (await call({ name: 'decompose-repair', prompt: `mend ${output}`, agentId: 'thinker' })).output;
    };
    const { clock, thinker, worker, reborn } = story(think, [{ ms: 100, ok: 'a draft' }]);
    await clock.advance(150);
    const result = await reborn().settled();
    expect(thinker.calls.map(({ taskId, attempt, prompt }) => [taskId, attempt, prompt])).toEqual([
      [CALL, 1, 'one'],
      ['phase:decompose-repair', 1, 'mend a draft'],
      ['phase:decompose-repair', 2, 'mend a draft'],
    ]);
    expect(result.metadata.phases[2]).toMatchObject({ calls: 2, attempts: 3 });
    expect(worker.calls).toHaveLength(1);
  });

  it('still knows whom its phases had asked, and what limited them, whether they were through or not', async () => {
    const limited: Step = { fail: 'rate_limited', details: { retryAfterMs: 50 } };
    const guarded: SoarOptions['policy'] = { preset: 'patient', retry: { retries: 0 } };
    const reached = async (taskId: string, attempts: number, { clock, begun }: ReturnType<typeof story>) => {
      const started = () => begun.of('attempt.started').filter((event) => event.taskId === taskId).length;
      for (let tries = 0; tries < 1000 && started() < attempts; tries += 1) await clock.advance(5);
      expect(started()).toBe(attempts);
    };
    const through = story(askOnce, [limited, { ms: 100, ok: 'do it' }], guarded);
    await reached('only', 1, through);
    const asksAgain = story(askOnce, [limited, { hang: true }, { ms: 100, ok: 'do it' }], guarded);
    await reached(CALL, 2, asksAgain);
    for (const { reborn } of [through, asksAgain]) {
      const { metadata } = await reborn().settled();
      expect(metadata.rateLimits).toEqual([{ taskId: CALL, agentId: 'thinker', resumeAt: 50 }]);
    }
  });

  it('keeps what its phases had spent, and how they were done', async () => {
    const { clock, begun, reborn, worker } = story(askOnce, [{ ms: 100, ok: 'do it' }]);
    await clock.advance(105);
    expect(begun.state('only')).toBe('running');
    const result = await reborn().settled();
    expect(result.metadata.phases.map(({ by }) => by)).toEqual(['offline', 'offline', 'thinker', 'offline', 'offline']);
    expect(worker.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(result.status).toBe('succeeded');
  });
});
