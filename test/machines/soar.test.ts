import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import type { SoarOutput } from '../../src/machines/soar/events.ts';
import { soarMachine } from '../../src/machines/soar/machine.ts';
import type { Phases, SynthesizeInput } from '../../src/phases/types.ts';
import type { Synthesis } from '../../src/run/phase-outputs.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, task, watch } from '../support/watched-run.ts';

const PHASES = ['assess', 'retrieve', 'decompose', 'route', 'collect', 'synthesize'] as const;

/** Phases that answer at once: two subgoals, the second after the first. */
const phases: Phases = {
  assess: () => ({ complexity: 'medium', score: 15, confidence: 0.8, reasons: [] }),
  retrieve: () => ({ passages: [], budget: 10, searched: 0, notes: [] }),
  decompose: ({ query }) => ({
    goal: query,
    subgoals: [
      { id: 'first', title: 'First', prompt: 'do first', dependsOn: [] },
      { id: 'second', title: 'Second', prompt: 'do second', dependsOn: ['first'] },
    ],
    notes: [],
  }),
  route: ({ decomposition, defaultAgent }) => ({
    plan: {
      tasks: decomposition.subgoals.map(({ id, prompt, dependsOn }) => ({
        id,
        prompt,
        dependsOn,
        agent: defaultAgent ?? '',
      })),
    },
    matches: [],
  }),
  synthesize: ({ outcomes }) => ({
    answer: outcomes.map(({ output }) => output).join(' + '),
    confidence: 0.75,
    sources: [],
  }),
};

function ask(options: Partial<SoarOptions> = {}, clock = new VirtualClock()) {
  const one = scriptedAgent(clock, [{ ms: 100 }]);
  const soar = createSoar({ agents: { one }, random: () => 0.5, phases, ...options, clock });
  return { one, ...watch(soar.ask('Why is it so?', { runId: 'asked' }), clock, soar) };
}

/** A phase that never answers, and how it was asked to stop. */
function stuck() {
  const told: unknown[] = [];
  const phase = (_: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<never>(() => signal.addEventListener('abort', () => told.push(signal.reason)));
  return { phase, told };
}

describe('a query', () => {
  it('goes through all six phases to an answer', async () => {
    const run = ask();
    const result = await run.settled();
    expect(run.of('phase.started').map(({ phase }) => phase)).toEqual(PHASES);
    expect(run.of('phase.completed').map(({ phase }) => phase)).toEqual(PHASES);
    expect(result).toMatchObject({
      runId: 'asked',
      status: 'succeeded',
      query: 'Why is it so?',
      complexity: 'medium',
      answer: 'first by one + second by one',
      confidence: 0.75,
      sources: [],
      metadata: { succeeded: 2, totalDurationMs: 200 },
    });
    expect(result.plan).toMatchObject({ tasks: [{ id: 'first' }, { id: 'second' }] });
  });

  it.each([
    ['an invalid subgoal', null],
    ['a subgoal without its dependencies', { id: 'a', title: 'A', prompt: 'do a' }],
    ['a subgoal without a prompt', { id: 'a', title: 'A', dependsOn: [] }],
  ])('fails by its decompose phase when that gives %s', async (_, subgoal) => {
    const decompose = () => ({ goal: '', subgoals: [subgoal as never], notes: [] });
    const { status, error } = await ask({ phases: { ...phases, decompose } }).settled();
    expect(status).toBe('failed');
    expect(error?.message).toContain(
      'Expected phase decompose to give { goal, subgoals: [{ id, title, prompt, dependsOn',
    );
  });

  it('is given to the agents', async () => {
    const run = ask();
    await run.settled();
    expect(run.one.calls[1]?.request).toMatchObject({
      query: 'Why is it so?',
      question: 'do second',
      dependencies: { first: 'first by one' },
    });
  });

  it('is synthesized also when some of it failed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { first: [{ fail: 'auth' }] });
    const run = ask({ agents: { one } }, clock);
    expect(await run.settled()).toMatchObject({ status: 'partial', answer: ' + second by one' });
  });

  it('is synthesized from what exists when a budget is spent', async () => {
    const result = await ask({ budget: { attempts: 1 } }).settled();
    expect(result).toMatchObject({ status: 'partial', error: { kind: 'budget' }, answer: 'first by one + ' });
  });

  it('that comes to no task at all still has an answer', async () => {
    const decompose = () => ({ goal: '', subgoals: [], notes: [] });
    const result = await ask({ phases: { ...phases, decompose } }).settled();
    expect(result).toMatchObject({ status: 'succeeded', answer: '', outcomes: [] });
  });
});

describe('a phase', () => {
  it('may be an actor logic', async () => {
    const logic = fromPromise(async () => ({ answer: 'from an actor', confidence: 1, sources: [] }));
    expect((await ask({ phases: { ...phases, synthesize: logic } }).settled()).answer).toBe('from an actor');
  });

  it('may be the built-in one', async () => {
    const { retrieve: _, ...others } = phases;
    expect((await ask({ phases: others }).settled()).status).toBe('succeeded');
  });

  it.each(PHASES.filter((phase) => phase !== 'collect'))('%s that throws fails the run, named', async (phase) => {
    const broken = () => {
      throw new Error('it broke');
    };
    const run = ask({ phases: { ...phases, [phase]: broken } });
    const result = await run.settled();
    expect(result).toMatchObject({
      status: 'failed',
      query: 'Why is it so?',
      error: { message: `Phase ${phase} failed: it broke` },
    });
    expect(run.of('phase.started').at(-1)?.phase).toBe(phase);
  });

  it('that fails late keeps what was found before', async () => {
    const synthesize = async () => Promise.reject(new Error('no words'));
    const result = await ask({ phases: { ...phases, synthesize } }).settled();
    expect(result).toMatchObject({ status: 'failed', complexity: 'medium', metadata: { succeeded: 2 } });
    expect(outcomeOf(result, 'second').output).toBe('second by one');
  });

  it('that makes an invalid plan fails the run', async () => {
    const route = () => ({ plan: { tasks: [task('a', { dependsOn: ['a'] })] }, matches: [] });
    const result = await ask({ phases: { ...phases, route } }).settled();
    expect(result).toMatchObject({ status: 'failed', error: { kind: 'invalid_request' } });
  });

  it.each(['assess', 'retrieve', 'decompose', 'route', 'synthesize'] as const)(
    '%s that answers with nonsense fails the run, named',
    async (phase) => {
      const result = await ask({ phases: { ...phases, [phase]: () => null as never } }).settled();
      expect(result).toMatchObject({ status: 'failed', query: 'Why is it so?' });
      expect(result.error?.message).toContain(phase);
    },
  );

  it.each(PHASES.filter((phase) => phase !== 'collect'))('%s is stopped when the run is cancelled', async (phase) => {
    const { phase: waiting, told } = stuck();
    const run = ask({ phases: { ...phases, [phase]: waiting } });
    await run.clock.advance(1000);
    expect(run.of('phase.started').at(-1)?.phase).toBe(phase);
    run.run.cancel('enough');
    const result = await run.settled();
    expect(result).toMatchObject({
      status: 'cancelled',
      query: 'Why is it so?',
      error: { kind: 'cancelled', message: 'enough' },
    });
    expect(told).toHaveLength(1);
    expect(result.outcomes).toHaveLength(phase === 'synthesize' ? 2 : 0);
  });

  it('collect is cancelled from within, and waits for its attempts', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true, dyingMs: 300 }]);
    const run = ask({ agents: { one } }, clock);
    await clock.advance(100);
    run.run.cancel('enough');
    run.run.cancel('again');
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { message: 'enough' }, metadata: { cancelled: 2 } });
    expect(outcomeOf(result, 'first').settledAt).toBe(400);
    expect(result.answer).toBeUndefined();
  });

  it('collect that runs out of time ends the run as cancelled', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ hang: true }]);
    const result = await ask({ agents: { one }, timeoutMs: 5000 }, clock).settled();
    expect(result).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
  });
});

describe('a soar machine as a root of its own', () => {
  it('brings its own engine, answers and finishes', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ ms: 100 }]) };
    const input = { query: 'What is a gate, and what is a breaker?', engine: { agents } };
    const actor = createActor(soarMachine, { input, clock }).start();
    const output = await clock.settle(
      new Promise<SoarOutput>((resolve, reject) => {
        actor.subscribe({ complete: () => resolve(actor.getSnapshot().output as SoarOutput), error: reject });
      }),
    );
    expect(output.status).toBe('succeeded');
    expect(output.outcomes.length).toBeGreaterThan(0);
    expect(agents.one.calls.length).toBe(output.outcomes.length);
    expect(clock.pending).toBe(0);
  });

  it('takes phases by `provide`', async () => {
    const clock = new VirtualClock();
    const machine = soarMachine.provide({
      actors: {
        synthesize: fromPromise<Synthesis, SynthesizeInput>(async () => ({
          answer: 'provided',
          confidence: 1,
          sources: [],
        })),
      },
    });
    const actor = createActor(machine, {
      input: { query: 'Why?', engine: { agents: { one: () => 'x' } } },
      clock,
    }).start();
    await clock.settle(new Promise<void>((resolve) => actor.subscribe({ complete: () => resolve() })));
    expect((actor.getSnapshot().output as SoarOutput).answer).toBe('provided');
  });
});

it('takes an actor logic as a phase that reports by events of its own', async () => {
  const assess = fromCallback(() => {});
  const run = ask({ phases: { ...phases, assess: assess as never } });
  await run.clock.advance(1000);
  run.run.cancel('enough');
  expect((await run.settled()).status).toBe('cancelled');
});
